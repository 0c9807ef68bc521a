"""The book's own Sphinx extension: settings, what a page carries, what the site is made of.

Each part does one thing: `site_fonts` and `licences` bring what is taken from npm, `typeset_maths`
typesets formulas, `diagrams`, `dark_figures` and `figure_words` see to figures, `page_body` repairs
bodies, which `parsed_body` holds, with `code_cells` (which code is folded) and `works` (what is
cited), `page_numbers` counts figures, `further_pages` chooses what the contents list, `previews`
writes what links show where the reader is, `search_index` what the search looks through,
`page_head` writes what other machines read, and `style_sheet` makes one style sheet of many.
`section_heights` says how tall each section will be, `components` puts on the page what moves, and
`claim_pages` the claims that `claim_ledger` reads. `exercise_pages`, an extension of its own,
writes the pages of exercises before all that; `contents` reads which pages a chapter has.
"""

import os
import re
from pathlib import Path

import dark_figures
import further_pages
import licences
import page_body
import page_head
import page_numbers
import previews
import search_index
import site_fonts
import style_sheet
import works
from node_scripts import has_node
from sphinx.application import Sphinx
from sphinx.config import Config

# Loaded by Jupyter Book on every page: unused, asking other hosts, or done by `book.js`, the style
# sheet or `page_body`. The theme's own script searches a page of a chapter for 28 classes.
UNWANTED = (
    *("thebe", "comments", "hypothesis", "utterances", "copybutton", "clipboard"),
    *("sphinx-book-theme.js", "togglebutton", "togglehint", "toggleopen"),
)
# Sphinx's own search, which the book's replaces where Node.js is.
FOR_SEARCH = ("doctools", "sphinx_highlight")
# Scripts, by words in their names, that only pages with certain marks need.
NEEDED_FOR = {
    ("katex", "auto-render"): ['class="math'],
    ("design-tabs",): ["sd-tab-set"],
    ("previews",): ["#term-", "bibtex-citation"],
}


def github_pages(repository: str) -> str:
    """Return the address at which GitHub Pages publishes a repository, or an empty string.

    >>> github_pages("https://github.com/owner/name")
    'https://owner.github.io/name/'
    >>> github_pages("https://gitlab.com/owner/name")
    ''
    """
    match = re.fullmatch(r"https://github\.com/([^/]+)/([^/]+?)(?:\.git)?/?", repository)
    return f"https://{match[1].lower()}.github.io/{match[2]}/" if match else ""


def install_line(repository: str, branch: str) -> str:
    """Return what a notebook runs where the library is not installed.

    >>> install_line("https://github.com/owner/name/", "main")
    '%pip install git+https://github.com/owner/name@main'
    """
    address = repository.rstrip("/")
    return f"%pip install git+{address}@{branch}" if address else ""


def apply_settings(app: Sphinx, config: Config) -> None:
    """Settle the two addresses; without a repository there is nothing to launch from."""
    options = config.html_theme_options
    repository = os.environ.get("BOOK_REPOSITORY_URL") or options.get("repository_url") or ""
    base = os.environ.get("BOOK_BASE_URL") or config.html_baseurl or github_pages(repository)
    config.html_baseurl = base.rstrip("/") + "/" if base else ""
    options["repository_url"] = repository.rstrip("/")
    options["use_repository_button"] = bool(repository)
    if not repository:
        options["launch_buttons"] = {}
    config.html_context["site_repository"] = repository
    config.html_context["install_line"] = install_line(repository, options["repository_branch"])


def deferred(script):
    """Return the script such that it waits for the page; one without a file waits as modules do."""
    attributes = dict(script.attributes)
    if script.filename:
        attributes.setdefault("defer", "defer")
    elif "DOCUMENTATION_OPTIONS" in attributes.get("body", ""):
        attributes["type"] = "module"
    return type(script)(script.filename, priority=script.priority, **attributes)


def choose_assets(app: Sphinx, pagename: str, template: str, context: dict, doctree) -> None:
    """Drop what would ask other hosts for scripts, and say which maths assets the page needs."""

    def wanted(asset) -> bool:
        text = f"{getattr(asset, 'filename', asset)} {getattr(asset, 'attributes', {})}".lower()
        return not any(word in text for word in UNWANTED)

    body = context.get("body") or ""
    has_maths = 'class="math' in body
    scripts = [s for s in context.get("script_files", []) if wanted(s)]
    if pagename != "search" or app.config.components_live:
        scripts = [s for s in scripts if not any(word in str(s) for word in FOR_SEARCH)]
    for words, marks in NEEDED_FOR.items():
        if not any(mark in body for mark in marks):
            scripts = [s for s in scripts if not any(word in str(s) for word in words)]
    context["script_files"] = [deferred(script) for script in scripts]
    context["preloaded_fonts"] = site_fonts.preloaded()
    style_sheet.remember(app, context)
    context["default_mode"] = "auto"
    context["search_live"] = app.config.components_live
    context["maths_css"] = has_maths and has_node()
    context["site_css"] = "_static/" + style_sheet.BUNDLE
    context["vendored"] = licences.read(Path(app.outdir).parent)


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Write what is made of the finished pages; each part finds what those before it wrote."""
    if exception or app.builder.name != "html":
        return
    site_fonts.reduce_fonts(app)
    dark_figures.write_files(app)
    style_sheet.finish(app)
    # Once the styles are reduced: by the words of these scripts any style would be in use.
    previews.finish(app)
    search_index.finish(app)
    page_head.finish(app)
    style_sheet.stamp(Path(app.outdir))


def setup(app: Sphinx) -> dict:
    """Connect the parts; the order of a page's handlers is given by their priorities."""
    for part in ("typeset_maths", "claim_pages", "components"):
        app.setup_extension(part)
    works.register_backend()
    app.connect("config-inited", apply_settings, priority=10)
    app.connect("config-inited", site_fonts.provide, priority=20)
    app.connect("builder-inited", search_index.leave_out)
    app.connect("env-get-updated", page_numbers.renumber_pages, priority=900)
    app.connect("html-page-context", further_pages.provide)
    app.connect("html-page-context", page_body.rewrite_body, priority=700)
    app.connect("html-page-context", choose_assets, priority=900)
    app.connect("html-page-context", page_head.describe_page, priority=910)
    app.connect("build-finished", finish, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
