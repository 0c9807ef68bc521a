"""The answers that stand against a reader's predictions are those that the notebooks store."""

import re
from pathlib import Path

import components
import nbformat
import pytest
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "chapters").glob("*.ipynb"))
KEYS = {"key", "label", "answer", "unit", "options", "result"}
NUMBER = re.compile(r"\d+(\.\d+)?")
# Numbers that the text writes as words.
WORDS = dict(
    zip(
        "0 2 3 4 5 6 7 8 9 10".split(),
        "none two three four five six seven eight nine ten".split(),
        strict=True,
    )
)


def printed(cell):
    """Return what a cell shows, in plain text."""
    words = []
    for output in cell.outputs:
        data = output.get("data", {})
        words += [output.get("text", ""), data.get("text/plain", "")]
        words.append(BeautifulSoup(data.get("text/html", ""), "html.parser").get_text(" "))
    return "\n".join(words)


def behind(nb, place):
    """Return the folded results of a box and what the text says of them.

    They end at the next box, or at a heading of its level or above, as in `test_notebooks.py`.
    """
    results, said = [], ""
    levels = re.findall(r"^(#+) ", "\n".join(c.source for c in nb.cells[: place + 1]), re.M)
    ends = re.compile(rf"^#{{1,{len(levels[-1])}}} .*", re.M | re.S)
    for cell in nb.cells[place + 1 :]:
        if cell.cell_type == "code":
            if "hide-output" in cell.metadata.get("tags", []):
                results.append(printed(cell))
            continue
        if components.PREDICT in cell.source.splitlines():
            break
        said += ends.sub("", cell.source) + "\n"
        if ends.search(cell.source):
            break
    return results, "\n".join(
        re.findall(r"^```\{dropdown\} What happened$.*?^```$", said, re.M | re.S)
    )


def stands(number, unit, text):
    """Say whether a text holds a number with just these digits; a share may be printed as 0.25."""
    plain = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    if unit == "%" and stands(
        f"{float(number) / 100:.{2 + len(number.partition('.')[2])}f}", "", text
    ):
        return True
    return re.search(rf"(?<![\d.]){re.escape(number)}(?!\d|\.\d)", plain) is not None


def said(number, text):
    """Say whether a text holds a number in digits or as a word."""
    word = WORDS.get(number)
    return stands(number, "", text) or bool(word and re.search(rf"\b{word}\b", text, re.I))


def faults(nb):
    """List what is wrong with the guesses of a notebook."""
    found = []
    for place, guess in components.predictions(nb, "page"):
        name = nb.cells[place].id
        if guess is None:
            found.append(f"{name}: takes no prediction")
            continue
        results, happened = behind(nb, place)
        if not set(guess) <= KEYS or not {"label", "answer"} <= set(guess):
            found.append(f"{name}: holds {sorted(guess)}")
            continue
        if not 1 <= guess.get("result", 1) <= len(results):
            found.append(f"{name}: has no such result")
            continue
        if options := guess.get("options"):
            if not 2 <= len(set(options)) == len(options) <= 4 or guess["answer"] not in options:
                found.append(f"{name}: not one right option of two to four")
            continue
        answer = guess["answer"]
        ends = answer if isinstance(answer, list) else [answer]
        if (
            not all(map(NUMBER.fullmatch, ends))
            or len(ends) > 2
            or float(ends[0]) > float(ends[-1])
        ):
            found.append(f"{name}: {answer} is no number and no range")
            continue
        shown, unit = results[guess.get("result", 1) - 1], guess.get("unit", "")
        missing = [n for n in ends if not stands(n, unit, shown) and not said(n, happened)]
        found += [f"{name}: {n} is printed nowhere" for n in missing]
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_each_box_takes_a_prediction_whose_answer_is_printed(path):
    assert faults(nbformat.read(path, as_version=4)) == []


BOX = "## A\n```{admonition} Predict first\n:class: predict\n\nHow many?\n```"


def notebook(guess, after="```{dropdown} What happened\nIt was 7. None.\n```\n## B\n9"):
    """Return a notebook with a box, two folded results, and what the text says of them."""
    text, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
    box = text(BOX, metadata={"guess": guess} if guess else {})
    results = [
        code("1", outputs=[nbformat.v4.new_output("stream", text=out)], metadata={"tags": tags})
        for out, tags in (("1,608 and 2.25", ["hide-output"]), ("8", []), ("3", ["hide-output"]))
    ]
    return nbformat.v4.new_notebook(cells=[box, *results, text(after)])


def number(answer, **more):
    return {"label": "size", "answer": answer, **more}


def choice(*options, answer="b"):
    return {"label": "size", "answer": answer, "options": list(options)}


@pytest.mark.parametrize(
    ("guess", "fault"),
    [
        (number("1608", unit="tokens"), None),
        (number(["2.25", "1608"]), None),
        (number("3", result=2), None),
        (number("7"), None),
        (number("0"), None),
        (number("225", unit="%"), None),
        (number("225"), "225 is printed nowhere"),
        (choice("a", "b"), None),
        (None, "takes no prediction"),
        (number("3"), "3 is printed nowhere"),
        (number("8"), "8 is printed nowhere"),
        (number("9"), "9 is printed nowhere"),
        (number("2.2"), "2.2 is printed nowhere"),
        (number("25"), "25 is printed nowhere"),
        (number("1"), "1 is printed nowhere"),
        (number("3", result=3), "no such result"),
        (number("about 3"), "no number"),
        (number(["3", "1"]), "no number"),
        (number("3", hint="x"), "holds"),
        (choice("b"), "not one right option"),
        (choice("a", "b", "b"), "not one right option"),
        (choice("a", "c"), "not one right option"),
        (choice(*"abcde"), "not one right option"),
    ],
)
def test_an_answer_that_is_not_printed_is_seen(guess, fault):
    found = faults(notebook(guess))
    assert any(fault in f for f in found) if fault else found == [], found


def test_what_follows_the_next_box_is_no_answer():
    nb = notebook(number("7"), BOX)
    assert faults(nb)[:1] == [f"{nb.cells[0].id}: 7 is printed nowhere"]
