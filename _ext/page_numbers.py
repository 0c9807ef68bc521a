"""Figures, tables and exercises of a page without a number are counted for that page alone.

Sphinx counts them in one row over all such pages, so that a page could begin with Figure 2.
"""

from sphinx.application import Sphinx


def renumber(numbers: dict[str, dict[str, tuple[int, ...]]]) -> None:
    """Count each kind of a page from one, in place and in the given order.

    >>> page = {"figure": {"fig-a": (9,), "fig-b": (4,)}}
    >>> renumber(page)
    >>> page
    {'figure': {'fig-b': (1,), 'fig-a': (2,)}}
    """
    for kind, given in numbers.items():
        order = sorted(given, key=given.get)
        numbers[kind] = {name: (place,) for place, name in enumerate(order, 1)}


def renumber_pages(app: Sphinx, env) -> list[str]:
    """Renumber the pages that the table of contents gives no number; return their names."""
    pages = [name for name in env.toc_fignumbers if not env.toc_secnumbers.get(name)]
    for name in pages:
        renumber(env.toc_fignumbers[name])
    return pages
