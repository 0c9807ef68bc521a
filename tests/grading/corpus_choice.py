"""Several notebooks of one student: the one that earns most is graded, and the others are named.

Reports of such: jupyter/nbgrader #724, #917, #1357, #1858; Submitty/Submitty #11736;
ucbds-infra/otter-grader #442, #433; sagemathinc/cocalc #4575.
"""

import json

from corpus_files import packed
from small_assignment import FULL, LOSS, Paper, source

HALF, NONE = Paper(solved=("loss",)), Paper(solved=())


def another():
    """A notebook of another assignment: it shares the id of the first cell, and nothing else."""
    made = source()
    for cell in made["cells"]:
        cell["source"] = f"# {cell['id']}\nvalue = 1" if cell["cell_type"] == "code" else "Words."
        data = cell["metadata"].get("nbgrader")
        if data and data["grade_id"] != "setup":
            data["grade_id"] = f"other-{data['grade_id']}"
    return json.dumps(made)


def papers(outside, port):
    """Yield name, points, files and what else is special."""
    good, other = Paper(), another()

    def chosen(name, files, file, points=FULL):
        return name, points, files, {"file": file}

    def wrong(name, files):
        return name, 0, files, {"status": "other"}

    solved, released = {"my_solution.ipynb": good}, {"small.ipynb": NONE}
    yield chosen("release-beside", released | solved, "my_solution.ipynb")
    yield chosen("draft-with-a-number", {"draft-1.ipynb": HALF, "small.ipynb": good}, "small.ipynb")
    yield chosen(
        "release-with-a-number", {"small-1.ipynb": NONE, "small.ipynb": good}, "small.ipynb"
    )
    yield chosen(
        "solved-with-a-number", {"small-1.ipynb": good, "small.ipynb": NONE}, "small-1.ipynb"
    )
    yield chosen("another-beside", {"other-1.ipynb": other, "small.ipynb": good}, "small.ipynb")
    yield chosen(
        "another-beside-half", {"other.ipynb": other, "small.ipynb": HALF}, "small.ipynb", 3
    )
    yield chosen("another-beside-release", {"z.ipynb": other} | released, "small.ipynb", 0)
    yield chosen(
        "in-a-folder-below",
        {"old/small.ipynb": NONE, "new/final/a.ipynb": good},
        "new/final/a.ipynb",
    )
    yield chosen(
        "best-in-a-zip", released | {"all.zip": packed(**{"x.ipynb": good})}, "all.zip/x.ipynb"
    )
    yield chosen(
        "release-in-a-zip", {"a.zip": packed(**{"x.ipynb": NONE}), "b.ipynb": good}, "b.ipynb"
    )
    yield chosen("broken-beside", {"small.ipynb": "{", "copy.ipynb": good}, "copy.ipynb")
    yield chosen("empty-beside", {"small.ipynb": "", "Untitled.ipynb": good}, "Untitled.ipynb")
    scratch = json.dumps({"cells": [{"cell_type": "code", "source": "x = 1"}], "nbformat": 4})
    yield chosen(
        "scratch-beside", {"Untitled.ipynb": scratch, "small.ipynb": HALF}, "small.ipynb", 3
    )
    yield chosen("without-ids-beside-release", {"my.ipynb": Paper().strip()} | released, "my.ipynb")
    yield chosen(
        "stub-kept-beside-release",
        {"a.ipynb": Paper().add(LOSS, after="loss")} | released,
        "a.ipynb",
    )
    later = Paper(solved=("allocation", "slope")).add(LOSS)
    yield chosen(
        "solved-in-a-later-cell-beside-half", {"a.ipynb": later, "b.ipynb": HALF}, "a.ipynb"
    )
    words = Paper(solved=()).edit("allocation-text", "Because of the exponents.")
    yield chosen("words-only-beside-release", {"a.ipynb": words} | released, "a.ipynb", 0)
    yield chosen("half-beside-release", {"a.ipynb": HALF} | released, "a.ipynb", 3)
    yield chosen(
        "three-attempts", {f"{i}.ipynb": p for i, p in enumerate((NONE, good, HALF))}, "1.ipynb"
    )
    yield wrong("only-another", {"small.ipynb": other})
    yield wrong("only-another-with-a-number", {"other-1.ipynb": other})
    yield wrong("two-others", {"a.ipynb": other, "b.ipynb": other})
    yield wrong("another-in-a-zip", {"a.zip": packed(**{"other.ipynb": other})})
    yield wrong("only-scratch", {"small.ipynb": scratch})
    yield wrong("nothing-but-a-title", {"small.ipynb": '{"cells": [], "nbformat": 4}'})
