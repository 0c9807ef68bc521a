"""Put explorers, snippets to try and self-check questions on the page.

Notebooks store what these are; here they become HTML that is complete before any script runs. The
scripts are bundled by `web/build.mjs` and loaded only by the pages that have something to move.
Without Node.js the figures stand still and the answers are in a fold.
"""

from __future__ import annotations

import html
from pathlib import Path

from docutils import nodes
from myst_nb.core import render
from node_scripts import ROOT, has_node, run_node
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from scaling_lib.page.explorer import MIME, embedded_json, explorer_html
from scaling_lib.page.quiz import selfcheck_html

log = logging.getLogger(__name__)

WEB = ROOT / "web"
PAGE = ROOT / "scaling_lib" / "page"
STYLES = [PAGE / "explorer.css", PAGE / "quiz.css", WEB / "src" / "tryit.css"]
CLASSES = ('class="sm-explorer"', 'class="sm-try"', 'class="sm-selfcheck"')


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


class Snippets(SphinxPostTransform):
    """Make code that is marked `try` something that the reader edits and runs.

    Marked are code cells with the tag `try`, whose stored output is shown first, and Python code
    blocks with the class `try`, whose caption becomes the title.
    """

    default_priority = 6  # after the choice of outputs (4), before highlighting and references
    formats = ("html",)

    def run(self, **kwargs) -> None:
        """Replace each marked cell or block."""
        for n, node in enumerate(list(self.document.findall(self.is_marked))):
            node.replace_self(
                self.cell(node, n) if isinstance(node, nodes.container) else self.block(node, n)
            )

    @staticmethod
    def is_marked(node: nodes.Node) -> bool:
        """Return whether a node is a cell or a code block to try."""
        if isinstance(node, nodes.container) and node.get("nb_element") == "cell_code":
            return "tag_try" in node["classes"]
        return isinstance(node, nodes.literal_block) and "try" in node["classes"]

    def cell(self, node: nodes.container, n: int) -> nodes.Element:
        """Return a snippet made of a code cell and its printed output."""
        code = next(node.findall(nodes.literal_block))
        outputs = [
            c for c in node.findall(nodes.container) if c.get("nb_element") == "cell_code_output"
        ]
        text = "\n".join(
            block.astext() for c in outputs for block in c.findall(nodes.literal_block)
        )
        return self.snippet(code, "", text, n)

    def block(self, node: nodes.literal_block, n: int) -> nodes.Element:
        """Return a snippet made of a code block."""
        title = ""
        if isinstance(node.parent, nodes.container) and node.parent.get("literal_block"):
            caption = next(node.parent.findall(nodes.caption), None)
            if caption is not None:
                title = caption.astext()
                caption.parent.remove(caption)
        return self.snippet(node, title, "", n)

    def snippet(self, code: nodes.literal_block, title: str, output: str, n: int) -> nodes.Element:
        """Return the nodes of a snippet around its highlighted code."""
        box = nodes.container(classes=["sm-try-code"])
        copy = code.deepcopy()
        copy["classes"] = [c for c in copy["classes"] if c != "try"]
        box += copy
        hint = f"try-hint-{n + 1}"
        hidden = "" if output else " hidden"
        after = (
            f'<div class="sm-try-bar">{button("Run")}{button("Edit")}{button("Reset", " hidden")}'
            f'<span class="sm-try-hint" id="{hint}" hidden>Ctrl + Enter runs, Tab leaves the field'
            '</span></div><div class="sm-try-output" role="status" aria-label="Output"'
            f"{hidden}><pre>{html.escape(output)}</pre></div>{embedded_json(code.astext())}"
        )
        name = html.escape(title or f"Snippet {n + 1}")
        heading = f'<p class="sm-title">{name}</p>' if title else ""
        return Snippet("", raw(heading), box, raw(after), name=name)


class Snippet(nodes.General, nodes.Element):
    """A snippet to try: its code, its buttons, its output."""


def visit_snippet(translator, node: Snippet) -> None:
    """Open the group that holds a snippet."""
    translator.body.append(f'<div class="sm-try" role="group" aria-label="Try it: {node["name"]}">')


def depart_snippet(translator, node: Snippet) -> None:
    """Close the group."""
    translator.body.append("</div>\n")


def button(label: str, state: str = "") -> str:
    """Return a button of a snippet."""
    kind = f"sm-button sm-try-{label.lower()}"
    return f'<button type="button" class="{kind}"{state}>{label}</button>'


def raw(text: str) -> nodes.raw:
    """Return HTML as a node."""
    return nodes.raw("", text, format="html")


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
    app.connect("html-page-context", add_assets, priority=600)
    app.add_node(Snippet, html=(visit_snippet, depart_snippet))
    app.add_post_transform(Snippets)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
