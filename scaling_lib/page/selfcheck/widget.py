"""Show self-check questions in a notebook."""

import pathlib

import anywidget
import traitlets

from scaling_lib.page.explorers.explorer import MIME
from scaling_lib.page.selfcheck.markup import selfcheck_html, selfcheck_markdown
from scaling_lib.page.selfcheck.questions import load

HERE = pathlib.Path(__file__).parent


class SelfCheck(anywidget.AnyWidget):
    """A set of questions, as returned by `self_check`."""

    _esm = HERE / "view.js"
    _css = HERE / "view.css"
    html = traitlets.Unicode().tag(sync=True)

    def __init__(self, spec):
        self.spec = spec
        super().__init__(html=selfcheck_html(spec))

    def _repr_mimebundle_(self, **kwargs):
        """Return the live widget and, for whoever has no kernel, the questions themselves."""
        live = super()._repr_mimebundle_(**kwargs)
        data, metadata = live if isinstance(live, tuple) else (live or {}, {})
        asks = [q["ask"] for q in self.spec["questions"]]
        still = {
            MIME: self.spec,
            "text/markdown": selfcheck_markdown(self.spec),
            "text/plain": "Self-check: " + " / ".join(asks),
        }
        return {**data, **still}, metadata


def self_check(chapter, *ids):
    """Show the self-check questions of a chapter.

    Parameters
    ----------
    chapter : str
        Name of a file in `scaling_lib/selfcheck/bank`, without its ending.
    *ids : str
        The questions wanted, in this order; default: all of the chapter.

    Returns
    -------
    SelfCheck
        Show it as the last line of a cell. Answers are kept by the reader's browser and sent
        nowhere.

    Raises
    ------
    ValueError
        If there is no such chapter or question.
    """
    return SelfCheck(
        {"component": "self-check", "chapter": chapter, "questions": load(chapter, *ids)}
    )
