"""Put explorers, snippets to try, self-check questions and fields for predictions on the page.

Notebooks store what these are; here they become HTML that is complete before any script runs. The
scripts are bundled by `web/build.mjs` and loaded only by the pages that have something to move.
Without Node.js the figures stand still and the answers are in a fold.
"""

import html
import json
from collections.abc import Iterator
from pathlib import Path

import parsed_body
from bs4 import BeautifulSoup, Tag
from docutils import nodes
from myst_nb.core import render
from node_scripts import ROOT, has_node, run_node
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging

from scaling_lib.page.explorer import MIME, embedded_json, explorer_html
from scaling_lib.page.quiz import selfcheck_html

log = logging.getLogger(__name__)

WEB = ROOT / "web"
PAGE = ROOT / "scaling_lib" / "page"
STYLES = [PAGE / f"{name}.css" for name in ("shared", "explorer", "quiz")]
STYLES += [WEB / "src/tryit.css", WEB / "src/guess.css"]
CLASSES = ('class="sm-explorer"', 'class="sm-try"', 'class="sm-selfcheck"', 'class="sm-guess"')


class Components:
    """Renders the outputs that the library stores for whoever has no kernel."""

    mime_priority_overrides = (("html", MIME, 1), ("dirhtml", MIME, 1))

    @staticmethod
    def handle_mime(renderer, data, inline: bool) -> list[nodes.Element] | None:
        """Return the HTML of a component, or None for what is something else."""
        if inline or data.mime_type != MIME:
            return None
        spec = data.content
        make = {"explorer": explorer_html, "self-check": selfcheck_html}[spec["component"]]
        return [nodes.raw(text=make(spec), format="html", classes=["component"])]


BUTTONS = "".join(
    f'<button type="button" class="sm-button sm-try-{label.lower()}"{state}>{label}</button>'
    for label, state in (("Run", ""), ("Edit", ""), ("Reset", " hidden"))
)


PREDICT = ":class: predict"


def add_components(app: Sphinx, pagename: str, template: str, context: dict, doctree) -> None:
    """Put on the page what is marked in its text or in the metadata of its notebook."""
    soup = parsed_body.parse(context)
    source = Path(app.env.doc2path(pagename)) if doctree else Path()
    changed = add_snippets(soup)
    if source.suffix == ".ipynb":
        notebook = json.loads(source.read_text(encoding="utf-8"))
        changed |= add_guesses(soup, [guess for _, guess in predictions(notebook, source.stem)])
    if changed:
        parsed_body.write(context)


def predictions(notebook: dict, page: str) -> Iterator[tuple[int, dict | None]]:
    """Yield the places of cells that ask for a prediction, each with what its metadata say of it.

    `guess` holds a `label`, which names what is asked for, and the `answer`: one of the `options`,
    or a number, or two between which it lies, as they are printed, and their `unit`. The answer
    stands in the first folded result behind the box, or in the one that `result` counts. In the
    metadata it stands so that no notebook shows it below the question.
    """
    for place, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] == "markdown" and PREDICT in "".join(cell["source"]).splitlines():
            guess = cell["metadata"].get("guess")
            yield place, guess and {"key": f"{page}/{cell['id']}", **guess}


def add_guesses(soup: BeautifulSoup, guesses: list[dict | None]) -> bool:
    """Put into each box that asks for a prediction what a script needs to take it; say if any."""
    for box, guess in zip(soup.select("div.predict"), guesses, strict=True):
        if guess:
            field = soup.new_tag("div", attrs={"class": "sm-guess"})
            field["data-guess"] = json.dumps(guess, ensure_ascii=False)
            box.append(field)
    return any(guesses)


def add_snippets(soup: BeautifulSoup) -> bool:
    """Make code that is marked `try` something that the reader edits and runs; say if there is any.

    Marked are code cells with the tag `try`, whose stored output is shown first, and Python code
    blocks with the class `try`, whose caption becomes the title.
    """
    marked = soup.select("div.cell.tag_try, div.try[class*=highlight-]")
    for n, box in enumerate(marked, 1):
        code = box if "try" in box["class"] else box.select_one(".cell_input [class*=highlight-]")
        output = "\n".join(pre.get_text() for pre in box.select(".cell_output pre"))
        captioned = box.find_parent(class_="literal-block-wrapper")
        title = captioned.select_one(".caption-text").get_text() if captioned else ""
        whole = captioned or box
        made = BeautifulSoup(snippet(code, title, output, n), "html.parser")
        whole.replace_with(*made.contents)
    return bool(marked)


def snippet(code: Tag, title: str, output: str, n: int) -> str:
    """Return the HTML of a snippet around its highlighted code."""
    name = html.escape(title)
    heading = f'<p class="sm-title">{name}</p>' if title else ""
    return (
        f'<div class="sm-try" role="group" aria-label="Try it: {name or f"Snippet {n}"}">{heading}'
        f'<div class="sm-try-code">{code}</div><div class="sm-try-bar">{BUTTONS}'
        f'<span class="sm-try-hint" id="try-hint-{n}" hidden>Ctrl + Enter runs, Tab leaves the '
        'field</span></div><div class="sm-try-output" role="status" aria-label="Output"'
        f"{'' if output else ' hidden'}><pre>{html.escape(output)}</pre></div>"
        f"{embedded_json(code.get_text().rstrip())}</div>"
    )


def provide(app: Sphinx, config: Config) -> None:
    """Bundle scripts and styles into the build's asset folder."""
    assets = Path(app.outdir).parent / "components"
    assets.mkdir(parents=True, exist_ok=True)
    css = "\n".join(path.read_text(encoding="utf-8") for path in STYLES)
    (assets / "components.css").write_text(css, encoding="utf-8")
    config.html_static_path.append(str(assets))
    config.components_live = bundle(assets)


def bundle(assets: Path) -> bool:
    """Run the bundler; return whether there are scripts for the pages to load."""
    if not has_node("esbuild"):
        log.info(
            "Node.js or its packages are absent: explorers and snippets stand still on the site."
        )
        return False
    return run_node("build.mjs", assets, lost="explorers and snippets stand still")


def add_assets(app: Sphinx, pagename: str, template: str, context: dict, doctree) -> None:
    """Load the script on the pages that have something to bring to life, and no other."""
    if not any(mark in (context.get("body") or "") for mark in CLASSES):
        return
    app.add_css_file("components.css")
    if app.config.components_live:
        app.add_js_file("components.js", loading_method="defer")


def register_renderer() -> None:
    """Add the renderer to those that MyST-NB found.

    It looks for them in the entry points of installed packages only, which a book's own extension
    is not.
    """
    known = render.load_mime_renders()
    if not any(plugin is Components for plugin in known):
        known.append(Components)


def setup(app: Sphinx) -> dict:
    """Connect the parts."""
    register_renderer()
    app.add_config_value("components_live", False, "html", bool)
    app.connect("config-inited", provide, priority=30)
    app.connect("html-page-context", add_components, priority=590)
    app.connect("html-page-context", add_assets, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
