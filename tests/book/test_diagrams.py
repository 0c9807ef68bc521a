"""The drawn diagrams: one style, real words of one size, on a page once, true to what they draw."""

import re
from collections import Counter
from pathlib import Path

import nbformat
import numpy as np
import pytest
from lxml import etree

from scaling_lib.experiments.bitter_lesson import connect_four_search as search
from scaling_lib.experiments.scaling_hypothesis import emergence
from scaling_lib.tasks import addition, board

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "chapters/diagrams").glob("*.svg"))
SVG = "{http://www.w3.org/2000/svg}"
FIGURE = re.compile(r"^```\{figure\} (\S*diagrams/(\S+)\.svg)\n(.*?)^```$", re.M | re.S)


def pages():
    """Yield each page of the book as its path and its text."""
    for room in ("chapters", "instructor"):
        for path in sorted((ROOT / room).iterdir()):
            if path.suffix == ".ipynb":
                cells = nbformat.read(path, as_version=4).cells
                yield path, "\n\n".join(c.source for c in cells if c.cell_type == "markdown")
            elif path.suffix == ".md":
                yield path, path.read_text(encoding="utf-8")


def root(name):
    return etree.parse(str(ROOT / f"chapters/diagrams/{name}.svg")).getroot()


def words(name):
    return ["".join(e.itertext()) for e in root(name).iter(SVG + "text")]


def parts(name):
    """Return the elements of a diagram by the comment that they stand under."""
    found, under = {}, None
    for element in root(name):
        if isinstance(element, etree._Comment):
            under = found.setdefault(element.text.strip(), [])
        elif under is not None:
            under.append(element)
    return found


def test_all_share_one_style():
    assert len(FILES) >= 8
    assert len({root(path.stem).find(SVG + "style").text for path in FILES}) == 1


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_it_can_stand_in_any_page(path):
    drawing = root(path.stem)
    assert drawing.get("class") == "diagram" and drawing.get("width") == "500"
    assert drawing.get("viewBox") == f"0 0 500 {drawing.get('height')}"
    assert words(path.stem)
    for element in drawing.iter(etree.Element):
        # No name that could be there twice, no colour beside the style, no smaller words.
        assert not {"id", "style", "fill", "stroke"} & set(element.attrib)
        assert int(element.get("font-size", 18)) >= 18


def test_each_is_shown_once_and_said_in_words():
    shown = []
    for path, text in pages():
        for address, name, body in FIGURE.findall(text):
            shown.append(name)
            assert (path.parent / address).exists()
            options = dict(re.findall(r"^:(\w+): (.+)$", body, re.M))
            caption = re.sub(r"^:\w+: .+$", "", body, flags=re.M).strip()
            assert options["name"] == f"fig-{name}", "named as its file"
            assert len(options["alt"]) > 100 and not set("[]") & set(options["alt"])
            assert len(caption) > 40 and caption.endswith(".")
            assert f"{{numref}}`fig-{name}`" in text, "no sentence says what to see"
    assert sorted(shown) == [path.stem for path in FILES]


# What they draw.


def test_each_line_of_the_network_is_a_parameter():
    (lines,) = [p for name, p in parts("quantities").items() if "twenty lines" in name]
    layers = [e.get("d") for e in lines if e.tag == SVG + "path"][:2]
    assert [layer.count("M") for layer in layers] == [2 * 4, 4 * 3]
    said = " ".join(words("quantities"))
    assert "20 here" in said and f"it is −ln 0.6 = {-np.log(0.6):.2f}" in said


def games(name):
    """Return the random games that a diagram shows after each move: how many, how many were won."""
    counts, columns = [], {}
    for element in parts("rollouts")[name]:
        if element.tag == SVG + "text" and element.text.isdigit():
            counts.append(int(element.text))
        elif "green" in element.get("class", ""):
            columns.setdefault(element.get("cx"), []).append("full" in element.get("class"))
    won = sorted(columns.items(), key=lambda item: float(item[0]))
    assert counts == [len(dots) for _, dots in won]
    return counts, [sum(dots) for _, dots in won]


def test_the_dots_are_the_games_of_both_searches():
    mover, occupied = np.zeros((2, 1), np.uint64)
    for column in (3, 2, 3, 2):
        move = board.moves(occupied)[:, column]
        mover, occupied = (mover | move) ^ (occupied | move), occupied | move
    rng = np.random.default_rng(0)
    legal = board.moves(occupied)
    after = np.repeat(occupied[:, None] | legal, 10)
    opponent = np.repeat((mover[:, None] | legal) ^ (occupied[:, None] | legal), 10)
    results = -board.rollout(opponent, after, rng).reshape(7, 10)
    assert games("Flat") == ([10] * 7, (results == 1).sum(1).tolist())
    tree = search._Trees(mover, occupied, 71)
    for _ in range(70):
        tree.back_up(*tree.descend_and_expand(1.0, rng))
    visits, total = tree.visits[0, 0], tree.total[0, 0]
    assert games("UCT") == (visits.tolist(), ((visits + total) / 2).tolist())


def test_the_bars_are_powers():
    rows = [p for name, p in parts("all-right").items() if "probability" in name]
    for row, share in zip(rows, (0.6, 0.8, 0.95), strict=True):
        frame, *bars = [float(e.get("height")) for e in row if e.tag == SVG + "rect"]
        assert np.allclose(np.array(bars) / frame, share ** np.arange(1, 6), atol=0.001)
        said = [e.text for e in row if e.tag == SVG + "text"]
        assert said == [f"{share:.0%}".replace("%", " %"), f"{share**5:.0%}".replace("%", " %")]


def test_the_samples_are_those_of_the_network():
    shipped = emergence.shipped_distributions()
    (problem,) = np.flatnonzero((shipped["a"] == 4755) & (shipped["b"] == 2664))
    log_p = shipped["log_p"][1, list(shipped["N"]).index(8690), problem].astype(float)
    rng = np.random.default_rng(0)
    below = [rng.random(12)[:, None] > np.exp(digit).cumsum()[:-1] for digit in log_p]
    drawn = np.array([b.sum(1) for b in below]).T @ 10 ** np.arange(5)
    counts = Counter(drawn.tolist())
    shown = {}
    for name, elements in parts("choosing").items():
        if match := re.fullmatch(r"(\d+) times (\d+)", name):
            dots = [e for e in elements if e.tag == SVG + "circle"]
            marks = [e for e in elements if "hued" in e.get("class", "")]
            shown[int(match[2])] = len(dots), len(marks)
            assert len(dots) == int(match[1])
    assert {answer: dots for answer, (dots, _) in shown.items()} == counts
    # A mark for the most frequent, for what the check by nines accepts, and for the right one.
    vote = max(counts, key=counts.get)
    expected = {a: sum([a == vote, a % 9 == 7419 % 9, a == 7419]) for a in counts}
    assert {answer: marks for answer, (_, marks) in shown.items()} == expected


def test_the_draws_are_those_of_the_first_step():
    model = emergence.train_adder(128, seed=0, training_steps=1500)
    rng = np.random.default_rng([0, 2])
    a, b = addition.sample(512, 4, rng)
    below = model.probabilities(addition.encode(a, b, 4)).cumsum(-1)[..., :-1]
    drawn = (below < rng.random((512, 5, 1))).sum(-1)
    right = (drawn == addition.answer(a, b, 4)).all(1).sum()
    said = words("checker")
    for i in range(11, 15):
        assert f"{a[i]:04d} + {b[i]:04d} = {drawn[i] @ 10 ** np.arange(5)}" in said
    kept, dropped = (
        int(re.match(r"(\d+) are", word)[1]) for word in said if re.match(r"\d+ are", word)
    )
    # A draw that hits the edge between two digits falls to either side by the machine's last digit.
    assert kept == pytest.approx(right, abs=3) and kept + dropped == 512
