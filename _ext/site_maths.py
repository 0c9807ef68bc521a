"""Typeset the formulas while the book is built, so that a page needs no script to show them.

One Node.js process runs KaTeX for the whole build and is asked over its pipes. Without Node.js the
reader's browser does it, with the KaTeX that `sphinxcontrib-katex` brings, as MathML.
"""

from __future__ import annotations

import json
import subprocess
from functools import cache

from docutils import nodes
from site_vendor import NODE_MODULES, has_node
from sphinx.application import Sphinx
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

log = logging.getLogger(__name__)


class Typesetter:
    """KaTeX in a process of its own, started at the first formula."""

    def __init__(self) -> None:
        self.process: subprocess.Popen | None = None
        self.typeset = cache(self._ask)

    def _ask(self, tex: str, display: bool) -> dict:
        if self.process is None:
            self.process = subprocess.Popen(
                ["node", NODE_MODULES.parent / "katex.mjs"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
            )
        self.process.stdin.write(json.dumps({"tex": tex, "display": display}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait()
            self.process.stdout.close()
            self.process = None


typesetter = Typesetter()


def _html(node: nodes.Element, display: bool) -> str:
    answer = typesetter.typeset(node.astext().strip(), display)
    if "error" in answer:
        log.warning("formula not understood: %s", answer["error"], location=node)
    return answer.get("html", "")


def visit_inline(writer, node: nodes.math) -> None:
    """Write a formula in a line of text."""
    writer.body.append(writer.starttag(node, "span", "", CLASS="math"))
    writer.body.append(_html(node, display=False) + "</span>")
    raise nodes.SkipNode


def visit_block(writer, node: nodes.math_block) -> None:
    """Write a displayed formula and its number."""
    writer.body.append(writer.starttag(node, "div", CLASS="math"))
    writer.body.append(_html(node, display=True))
    if node["number"]:
        number = get_node_equation_number(writer, node)
        writer.body.append(f'<span class="eqno">({number})')
        writer.add_permalink_ref(node, _("Link to this equation"))
        writer.body.append("</span>")
    writer.body.append("</div>")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict:
    """Register the renderer, or the browser's."""
    if has_node():
        app.add_html_math_renderer("typeset", (visit_inline, None), (visit_block, None))
        app.connect("build-finished", lambda app, exception: typesetter.close())
    else:
        app.setup_extension("sphinxcontrib.katex")
    return {"parallel_read_safe": True, "parallel_write_safe": False}
