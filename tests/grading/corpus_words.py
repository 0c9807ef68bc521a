"""Answers in words, wherever they were written: each reaches the person who marks it.

Reports of such: jupyter/nbgrader #92, #424, #1083, #1682, #1753, #1941; moorepants/resonance #109;
jeflem/ananke #12; TU-Wien-dataLAB/grader-service #51; ucbds-infra/otter-grader #893.
"""

from small_assignment import FULL, Paper

MINE = "MINE: exponents that are alike"


def papers(outside, port):
    """Yield name, points, files and what else is special."""

    def wrote(name, paper, *texts, points=FULL):
        return name, points, paper, {"texts": texts or (MINE,)}

    def answer(text=MINE, **code):
        return Paper(**code).edit("allocation-text", text)

    def turned(paper, name, kind):
        cell = paper.cells[paper.index(name)]
        cell["cell_type"] = kind
        if kind != "code":
            cell.pop("outputs", None), cell.pop("execution_count", None)
        return paper

    def moved(paper, name, place):
        cell = paper.cells.pop(paper.index(name))
        paper.cells.insert(place, cell)
        return paper

    def split(paper, name, *texts):
        """Both halves have the id, as an editor leaves them."""
        at = paper.index(name)
        paper.cells[at : at + 1] = [paper.cells[at] | {"source": text} for text in texts]
        return paper

    yield wrote("in-its-place", answer())
    yield wrote("below", Paper().add(MINE, after="allocation-text", kind="markdown"))
    yield wrote("above", Paper().add(MINE, before="allocation-text", kind="markdown"))
    yield wrote(
        "below-and-in-place",
        answer("ONE").add("TWO", after="allocation-text", kind="markdown"),
        "ONE",
        "TWO",
    )
    yield wrote(
        "below-two-cells",
        Paper()
        .add("TWO", after="allocation-text", kind="markdown")
        .add("ONE", after="allocation-text", kind="markdown"),
        "ONE",
        "TWO",
    )
    yield wrote("split", split(Paper(), "allocation-text", "ONE", "TWO"), "ONE", "TWO")
    yield wrote(
        "split-in-three",
        split(Paper(), "allocation-text", "ONE", "TWO", "THREE"),
        "ONE",
        "TWO",
        "THREE",
    )
    yield wrote("split-with-the-stub", split(Paper(), "allocation-text", "*Your answer.*", MINE))
    yield wrote("became-code", turned(answer(), "allocation-text", "code"))
    yield wrote("became-raw", turned(answer(), "allocation-text", "raw"))
    yield wrote(
        "code-that-is-python", turned(answer('"""' + MINE + '"""'), "allocation-text", "code")
    )
    yield wrote("code-that-is-a-number", turned(answer("20"), "allocation-text", "code"), "20")
    yield wrote(
        "comments-in-a-new-code-cell", Paper().add(f"# {MINE}\n# and more", after="allocation-text")
    )
    yield wrote(
        "printed-in-a-new-code-cell", Paper().add(f"print('{MINE}')", after="allocation-text")
    )
    yield wrote(
        "words-in-a-new-code-cell", Paper().add(f"{MINE}, I think", after="allocation-text")
    )
    yield wrote("new-raw-cell", Paper().add(MINE, after="allocation-text", kind="raw"))
    yield wrote(
        "in-the-question",
        Paper().edit("about-text", f"What does 20 tokens per parameter assume?\n\n{MINE}"),
    )
    yield wrote("over-the-question", Paper().edit("about-text", MINE))
    yield wrote("in-the-title", Paper().edit("title-cell", f"# A small assignment\n{MINE}"))
    yield wrote("at-the-end", Paper().add(MINE, kind="markdown"))
    yield wrote("at-the-beginning", Paper().add(MINE, before="title-cell", kind="markdown"))
    yield wrote(
        "cell-deleted-and-written-anew",
        Paper().add(MINE, after="allocation-text", kind="markdown").remove("allocation-text"),
    )
    yield wrote(
        "cell-deleted-and-at-the-end", Paper().remove("allocation-text").add(MINE, kind="markdown")
    )
    yield wrote("cell-moved-to-the-end", moved(answer(), "allocation-text", 11))
    yield wrote("cell-moved-to-the-beginning", moved(answer(), "allocation-text", 0))
    yield wrote("all-ids-lost", answer().strip())
    yield wrote(
        "ids-lost-and-below", Paper().add(MINE, after="allocation-text", kind="markdown").strip()
    )
    yield wrote("ids-lost-and-question-deleted", answer().remove("about-text").strip())
    yield wrote("format-3", answer().version_3())
    yield wrote("stub-kept", answer(f"*Your answer.*\n\n{MINE}"))
    yield wrote("a-list", answer(f"- {MINE}\n- and\n- more"), MINE, "- more")
    yield wrote("a-heading", answer(f"# {MINE}"))
    yield wrote("a-formula", answer(r"$$C = 6 N D$$ " + MINE), "$$C = 6 N D$$", MINE)
    yield wrote("a-picture", answer("![scan](attachment:scan.png)"), "![scan](attachment:scan.png)")
    yield wrote("html", answer(f"<p>{MINE}</p><script>alert(1)</script>"))
    yield wrote("another-alphabet", answer("因为指数相同"), "因为指数相同")
    yield wrote(
        "one-word", Paper().add("Exponents", after="allocation-text", kind="markdown"), "Exponents"
    )
    both = turned(answer(), "slope", "markdown")
    yield wrote("solutions-became-text-and-raw", turned(both, "loss", "raw"))
