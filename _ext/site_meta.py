"""What other machines read: description, canonical address, preview, sitemap."""

from __future__ import annotations

from sphinx.application import Sphinx


def describe_page(app: Sphinx, pagename: str, template: str, context: dict, doctree) -> None:
    """Give the page its description."""


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Write sitemap and preview."""
