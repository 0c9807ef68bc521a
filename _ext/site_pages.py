"""Rewrite the body of each page: what Sphinx and the notebooks give, made accessible, light and fit for a phone."""

from __future__ import annotations

from bs4 import BeautifulSoup
from sphinx.application import Sphinx


def rewrite_body(app: Sphinx, pagename: str, template: str, context: dict, doctree) -> None:
    """Parse the body once and pass it through each repair."""
    if not context.get("body"):
        return
    soup = BeautifulSoup(context["body"], "html.parser")
    context["body"] = soup.decode(formatter="minimal")
