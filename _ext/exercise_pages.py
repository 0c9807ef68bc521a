"""Write a page for each assignment and each exercise, from the notebooks that instructors hold.

The pages are made before Sphinx looks for sources, so that every way of building the book has
them; none is kept in the repository. What a page shows is what the student version shows, plus the
solution in a fold, unless `WITHOUT_SOLUTIONS` is set in the environment, as for the site of a class
that is graded; hidden tests and written answers stay in the source.
"""

import os
import re
from pathlib import Path

import nbformat
from claim_pages import typeset
from sphinx.application import Sphinx
from sphinx.config import Config

from scaling_lib.data.files import write_bytes
from scaling_lib.forecasting import questions


def solution(code: str) -> str:
    r"""Return the code of a solution cell without its marks and its documentation.

    >>> print(solution("a\n    ### BEGIN SOLUTION\n    b\n    ### END SOLUTION"))
    a
        b
    """
    code = re.sub(r' *""".*?"""\n', "", code, count=1, flags=re.S)
    return re.sub(r" *### (BEGIN|END) SOLUTION\n?", "", code).rstrip()


def task(text: str) -> str:
    """Return a task without its heading, its line of facts and its objective: the card has them."""
    return text.split("\n\n", 3)[3]


# What runs the checks of an assignment and its hidden tests.
COMMANDS = """```sh
.venv/bin/python -m pytest --nbval-lax exercises/release/{name}
.venv/bin/python -m grading check {name}
```"""


def training(loop: str | None, prediction: str | None) -> str:
    """Return what stands above the code to write where it is trained, else nothing."""
    if loop is None or prediction is None:
        return ""
    return f"""## What trains it

The notebook has this cell above your function.

```python
{loop.rstrip()}
```

## Predict first

```python
{prediction.rstrip()}
```

"""


# How the cell begins that asks for a forecast, with its minutes and its points.
FORECAST = re.compile(r"### (Your forecast: `[\w-]+`)\n\n\*About (\d+) minutes · (\d+) points?\*\n")


def asked(question: str, cells: dict[str, str]) -> str:
    """Return what the cell prints in which the notebook asks about the future, else nothing."""
    if (named := re.search(r'questions\.load\(\)\["([\w-]+)"\]', question)) is None:
        return ""
    text = questions.load()[named[1]]._repr_markdown_("{{cite:p}}`{}`")
    _, minutes, points = FORECAST.match(cells[f"{named[1]}-task"]).groups()
    return f"""
## Your forecast

It takes about {minutes} minutes more and has {points} point of its own.
The cell `{named[0]}` of the notebook asks:

{typeset(text)}"""


def shows_solutions() -> bool:
    """Whether the site that is being built shows the solutions of the assignments."""
    return not os.environ.get("WITHOUT_SOLUTIONS")


def solution_fold(code: str) -> str:
    """Return the solution in a fold, or nothing where solutions are left out."""
    if not shows_solutions():
        return ""
    return f"""````{{dropdown}} Solution
:class-container: solution-fold

```python
{solution(code)}
```
````

"""


def exercise_page(name: str, facts: dict, cells: dict[str, str], student: dict[str, str]) -> str:
    """Return the page of one exercise as MyST Markdown.

    `cells` are those of the source, `student` those of the student version, by their ids.
    """
    i = facts["id"]
    hints = "\n\n".join(cells[f"{i}-hint-{number}"] for number in (1, 2))
    question = cells[f"{i}-question"].split("(2 points). ", 1)[1]
    notebook = f"{{download}}`{name}.ipynb <../../release/{name}/{name}.ipynb>`"
    return f"""(exercise-{i})=
# {facts["title"]}

```{{admonition}} At a glance
:class: chapter-card

You will
: {facts["objective"]}

Difficulty
: {facts["difficulty"]} of 5

Importance
: {facts["importance"]} of 5

Time
: about {facts["minutes"]} minutes

Points
: {facts["points"]}, of which 2 for the written answer

Belongs to
: {{ref}}`{facts["section"]}`

Notebook
: {notebook}, {{doc}}`the whole assignment <../{name}>`
```

{task(cells[f"{i}-task"])}

{training(cells.get(f"{i}-loop"), student.get(f"{i}-prediction"))}## Write

```python
{student[i].rstrip()}
```

{hints}

## Check

The notebook has the check right after your function. All checks of the notebook at once, and the
hidden tests with the feedback that a class gets, in a terminal in the book's folder:

{COMMANDS.format(name=name)}

````{{dropdown}} What the check asks
```python
{cells[f"{i}-test"].rstrip()}
```
````

{solution_fold(cells[i])}## Say what it means

{question}
{asked(question, cells)}"""


def total(parts: list[dict], key: str) -> int:
    """Return the points or the minutes of all that an assignment asks for."""
    return sum(part[key] for part in parts)


def assignment_page(name: str, intro: str, parts: list[dict]) -> str:
    """Return the page of an assignment: what to do, and a table of its exercises and forecasts."""
    rows = "\n".join(
        f"| {{doc}}`{p['title']} <{name}/{p['id']}>` | {p['difficulty']} | {p['importance']} "
        f"| {p['minutes']} | {p['points']} |"
        if "id" in p
        else f"| {p['title']} | | | {p['minutes']} | {p['points']} |"
        for p in parts
    )
    return f"""(exercises-{name.replace("_", "-")})=
{intro}

Download {{download}}`{name}.ipynb <../release/{name}/{name}.ipynb>` and open it in JupyterLab, in
the environment of this book: `make lab` starts it, and the notebook lies in `exercises/release`.
Together about {total(parts, "minutes")} minutes and {total(parts, "points")} points. Difficulty and
importance run from 1 to 5.

| Exercise | Difficulty | Importance | Minutes | Points |
|---|--:|--:|--:|--:|
{rows}
"""


def index_page(assignments: dict[str, list[dict]]) -> str:
    """Return the page that leads to all assignments."""
    rows = "\n".join(
        f"| {{doc}}`{name}` | {sum('id' in part for part in parts)} "
        f"| {total(parts, 'minutes')} | {total(parts, 'points')} |"
        for name, parts in assignments.items()
    )
    folded = "hints and solution are in folds" if shows_solutions() else "hints are in folds"
    return f"""(exercises)=
# Exercises

Each assignment is a notebook. Every exercise asks for one function, has a check right below it that
answers at once and names the usual mistake, two hints, and a question about what the result means.
Here on the site {folded}: try first. Two commands, on each page, run all
checks and the hidden tests: nobody else is needed to tell whether you are right.

| Assignment | Exercises | Minutes | Points |
|---|--:|--:|--:|
{rows}

Whoever teaches with them can grade a class with one command: see
{{doc}}`the instructor's pages </instructor/overview>`.
"""


def read(source: Path) -> tuple[dict[str, str], list[dict]]:
    """Return the text of each cell of an assignment by its id, and all that it asks for.

    An exercise comes with its facts, a forecast with `title`, `minutes` and `points`.
    """
    nb, parts = nbformat.read(source, as_version=4), []
    for cell in nb.cells:
        if "exercise" in cell.metadata:
            parts.append(cell.metadata.exercise)
        elif found := FORECAST.match(cell.source):
            parts.append({"title": found[1], "minutes": int(found[2]), "points": int(found[3])})
    return {cell.id: cell.source for cell in nb.cells}, parts


def pages(source: Path) -> dict[str, str]:
    """Return the pages of one assignment, by their path below the folder of pages."""
    name = source.stem
    cells, parts = read(source)
    student, _ = read(source.parents[2] / "release" / name / source.name)
    try:
        made = {
            f"{name}/{facts['id']}.md": exercise_page(name, facts, cells, student)
            for facts in parts
            if "id" in facts
        }
    except KeyError as error:
        raise ValueError(f"{source}: an exercise has no {error}") from None
    return {f"{name}.md": assignment_page(name, cells["title"], parts), **made}


def listed(app: Sphinx) -> list[str]:
    """Return the names of the assignments in the order of the table of contents."""
    text = (Path(app.srcdir) / app.config.external_toc_path).read_text(encoding="utf-8")
    return re.findall(r"- file: exercises/pages/(?!index)(\w+)$", text, flags=re.M)


def write_pages(app: Sphinx, config: Config) -> None:
    """Write what has changed, and remove the pages of exercises that are gone."""
    exercises = Path(app.srcdir) / "exercises"
    target = exercises / "pages"
    sources = [exercises / "source" / name / f"{name}.ipynb" for name in listed(app)]
    wanted = {"index.md": index_page({source.stem: read(source)[1] for source in sources})}
    for source in sources:
        wanted |= pages(source)
    for old in target.rglob("*.md"):
        if old.relative_to(target).as_posix() not in wanted:
            old.unlink()
    for path, text in wanted.items():
        file = target / path
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            write_bytes(file, text.encode())


def setup(app: Sphinx) -> dict:
    """Write the pages before the table of contents is read."""
    app.connect("config-inited", write_pages, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
