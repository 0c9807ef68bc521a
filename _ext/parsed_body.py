"""The body of a page, parsed once for all that read or change it."""

from bs4 import BeautifulSoup


def parse(context: dict) -> BeautifulSoup:
    """Return the parsed body: the one of an earlier call, unless somebody changed the body since.

    >>> context = {"body": "<p>One.</p>"}
    >>> parse(context).p.string = "Two."
    >>> parse(context).get_text(), write(context), parse(context).get_text()
    ('Two.', None, 'Two.')
    >>> context["body"]
    '<p>Two.</p>'
    >>> context["body"] = "<p>Three.</p>"
    >>> parse(context).get_text()
    'Three.'
    >>> parse({}).get_text()  # a page without one
    ''
    """
    body = context.get("body") or ""
    if context.get("parsed", (None, None))[0] is not body:
        context["parsed"] = body, BeautifulSoup(body, "html.parser")
    return context["parsed"][1]


def write(context: dict) -> None:
    """Put what the parsed body has become into the page."""
    soup = parse(context)
    context["body"] = soup.decode(formatter="minimal")
    context["parsed"] = context["body"], soup
