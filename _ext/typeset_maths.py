"""Typeset the formulas while the book is built, so that a page needs no script to show them.

`sphinxcontrib-katex` asks one Node.js process for the HTML of each formula. Without Node.js the
reader's browser does it, with the KaTeX that the extension brings, as MathML.
"""

import re

import sphinxcontrib.katex as katex
from node_scripts import NODE_MODULES, has_node
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging

log = logging.getLogger(__name__)


def choose_renderer(app: Sphinx, config: Config) -> None:
    """Typeset with the KaTeX of `web/` if it is there."""
    config.html_math_renderer = "katex"
    config.katex_css_path = katex.filename_css  # the default is on another host
    config.katex_options = 'output: "mathml"'
    config.katex_prerender = has_node()
    if has_node():
        config.katex_js_path = str(NODE_MODULES / "katex/dist/katex.min.js")


def report_errors(app: Sphinx) -> None:
    """Have a formula that KaTeX does not understand reported with its page, not shown in red."""
    render_latex = katex.render_latex

    def render(tex: str, options: dict | None = None) -> str:
        try:
            # No line ends inside a number, before its power of ten.
            held = re.sub(r"(?<=\d)(\s*\\(?:cdot|times))\s*(?=10\b)", r"\1\\nobreak ", tex.strip())
            return render_latex(held, options).replace(r"\nobreak ", " ")
        except katex.KaTeXError as error:
            page = app.builder.current_docname
            log.warning("formula not understood: %s", error, location=page)
            return ""

    katex.KATEX_DEFAULT_OPTIONS.update(throwOnError=True, strict="error")
    katex.render_latex = render


def connect_patiently() -> None:
    """Have the first formula wait until the process of KaTeX listens.

    By itself the extension connects as soon as the socket's file is there, which on a busy machine
    is before anybody listens; its other way to connect tries again.
    """
    katex.KaTeXServer.start_server_process = katex.KaTeXServer.start_network_socket
    katex.STARTUP_TIMEOUT = 60.0  # seconds


def setup(app: Sphinx) -> dict:
    """Use the extension, more strictly than it is by itself."""
    app.setup_extension("sphinxcontrib.katex")
    app.connect("config-inited", choose_renderer, priority=15)
    report_errors(app)
    connect_patiently()
    return {"parallel_read_safe": True, "parallel_write_safe": False}
