"""Which code a page folds, and how wide its lines are.

What a claim is computed with stands open. Folded is what a reader passes over: cells that only
import, cells that call up an explorer or questions, and what mostly draws, a cell or its end. What
prints, defines a function or draws random numbers is never folded: something is decided there.
"""

import ast
import copy
from collections.abc import Iterator

from bs4 import BeautifulSoup, Tag

# Characters in a line of code that the column of the text has room for, and a wide box has.
COLUMN, WIDE = 79, 100
# Characters that the frame of a dropdown takes, and that smaller letters make room for.
FRAME, SMALLER = 6, 5
# Calls that put something on the page which says everything itself.
SHOWN = {"self_check": "questions", "figures": "explorer"}
# Statements that set up a notebook.
SETTINGS = {"use_book_style()"}
# What an expression may hold besides data: then it computes nothing.
CONSTANT = (ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Load, ast.UnaryOp, ast.USub)


def statements(code: str) -> list[ast.stmt]:
    """Return the statements of a cell; none if it is not Python."""
    try:
        return ast.parse(code).body
    except SyntaxError:
        return []


def kind_of(code: str) -> str | None:
    r"""Return what a cell does that is folded, a key of `WORDS`, or None.

    >>> kind_of("import numpy as np")
    'imports'
    >>> kind_of('names = ["a", "b"]\nself_check("scaling_laws", *names)')
    'questions'
    >>> kind_of("fig, ax = plt.subplots()\nax.plot(x, y)\n_ = ax.legend()")
    'figure'
    >>> kind_of("law = fit(runs)\nfig, ax = plt.subplots()\nprint(law)") is None
    True
    """
    body = statements(code)
    if not body:
        return None
    if all(isinstance(s, ast.Import | ast.ImportFrom) or ast.unparse(s) in SETTINGS for s in body):
        return "imports"
    *before, last = body
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
        called = ast.unparse(last.value.func).split(".")[0]
        if called in SHOWN and all(prepares(statement) for statement in before):
            return SHOWN[called]
    return "figure" if mostly_draws(body) else None


def prepares(statement: ast.stmt) -> bool:
    """Say whether a statement imports or names constants."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return True
    return isinstance(statement, ast.Assign) and all(
        isinstance(node, CONSTANT) for node in ast.walk(statement.value)
    )


def mostly_draws(body: list[ast.stmt]) -> bool:
    """Say whether at least half of the statements of a cell with a figure draw it."""
    nodes = [node for statement in body for node in ast.walk(statement)]
    if any(isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda) for node in nodes):
        return False
    calls = [ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)]
    used = {node.id for node in nodes if isinstance(node, ast.Name)}
    if "plt.subplots" not in calls or {"print", "rng"} & used or any("random" in c for c in calls):
        return False
    made = axes_of(nodes)
    drawing = [made & names(statement) for statement in leaves(body)]
    return sum(map(bool, drawing)) >= len(drawing) / 2


def drawing_from(code: str) -> int | None:
    r"""Return the line at which a cell that computes first begins to draw, or None.

    >>> drawing_from("law = fit(runs)\nprint(law)\nfig, ax = plt.subplots()\nax.plot(law)")
    2
    >>> drawing_from("fig, ax = plt.subplots()\nprint(fit(runs))") is None
    True
    """
    body = statements(code)
    for place, statement in enumerate(body):
        if "plt.subplots" in ast.unparse(statement):
            draws = place > 0 and mostly_draws(body[place:])
            return statement.lineno - 1 if draws else None
    return None


def axes_of(nodes: list[ast.AST]) -> set[str]:
    """Return the names of figures and axes: of `plt.subplots`, and of loops over them."""
    made = {"plt"}
    for node in nodes:
        if isinstance(node, ast.Assign) and "plt.subplots" in ast.unparse(node.value):
            made |= {name for target in node.targets for name in names(target)}
    for node in nodes:
        if isinstance(node, ast.For) and made & names(node.iter):
            # `for ax, part in zip(axes, ...)`: of several names the first is the axes.
            target = node.target
            made |= names(target.elts[0] if isinstance(target, ast.Tuple) else target)
    return made


def names(node: ast.AST) -> set[str]:
    """Return the names that occur in a piece of code."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def leaves(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that hold no others."""
    for statement in body:
        if isinstance(statement, ast.For | ast.While | ast.If | ast.With):
            yield from leaves(statement.body + getattr(statement, "orelse", []))
        else:
            yield statement


WORDS = {
    "imports": "Code: what this page imports",
    "more imports": "Code: what else this page imports",
    "explorer": "Code of this explorer",
    "questions": "Code of these questions",
    "figure": "Code of this figure",
}


def fold_code(soup: BeautifulSoup) -> None:
    """Put the code that a reader passes over into a fold, which needs no script to open."""
    imported = False
    for code in soup.select("div.cell > div.cell_input"):
        text = code.get_text().strip("\n")
        kind = kind_of(text)
        if kind == "imports":
            kind = "more imports" if imported else kind
            imported = True
        if kind is None:
            line = drawing_from(text)
            code, kind = (cut_off(code, line) if line else None), "figure"
        if code is None:
            continue
        fold = code.wrap(soup.new_tag("details", attrs={"class": "code-fold"}))
        summary = soup.new_tag("summary")
        summary.string = WORDS[kind]
        fold.insert(0, summary)


def cut_off(code: Tag, line: int) -> Tag | None:
    """Move the lines of a cell from `line` on into a box of their own after it; return the box.

    None, and nothing is changed, where a coloured piece of code goes over the border.
    """
    lines = code.pre.decode_contents(formatter="minimal").strip("\n").split("\n")
    parts = ["\n".join(lines[:line]).rstrip(), "\n".join(lines[line:])]
    if any(part.count("<span") != part.count("</span") for part in parts):
        return None
    rest = copy.copy(code)
    for box, part in zip((code, rest), parts, strict=True):
        box.pre.clear()
        # Outside a `pre` the parser would take the blanks that indent a line for none.
        box.pre.extend(BeautifulSoup(f"<pre>{part}</pre>", "html.parser").pre.contents[:])
    code.insert_after(rest)
    return rest


def mark_wide(soup: BeautifulSoup) -> None:
    """Mark code that needs smaller letters or more than the column, or that no box has room for."""
    for pre in soup.find_all("pre"):
        box = pre.find_parent("div", class_="output") or pre.find_parent("div", class_="highlight")
        length = max(map(len, pre.get_text().splitlines()), default=0)
        room = COLUMN - FRAME if pre.find_parent("details", class_="sd-dropdown") else COLUMN
        if box is None or length <= room or pre.find_parent(class_="sm-try"):
            continue
        kind = "wide-code" if length > room + SMALLER else "snug-code"
        box["class"] = [*box.get("class", []), kind, *(["wraps"] if length > WIDE else [])]
