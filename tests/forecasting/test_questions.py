import pathlib
import re

import numpy as np
import pytest
from pybtex.database import parse_file

from scaling_lib.forecasting import questions
from scaling_lib.forecasting import scores as forecasting

ROOT = pathlib.Path(__file__).parents[2]
BOOK = questions.load()
TEXT = questions.FILE.read_text(encoding="utf-8")
ANSWER = {0.05: 26.8, 0.25: 27.2, 0.5: 27.5, 0.75: 27.8, 0.95: 28.4}


def test_there_is_one_for_each_chapter():
    chapters = [q.chapter for q in BOOK.values()]
    assert sorted(chapters) == sorted(
        ["bitter_lesson", "scaling_laws", "scaling_hypothesis", "data_limits", "scaffolding"]
    )


@pytest.mark.parametrize("question", BOOK.values(), ids=BOOK)
def test_facts_rest_on_the_bibliography(question):
    keys = set(parse_file(str(ROOT / "references.bib"), bib_format="bibtex").entries)
    for fact, sources in question.world:
        assert set(sources) <= keys and fact.endswith(".")
    assert question.resolution.endswith(".") and len(question.resolution) > 150


def test_the_page_cites_what_the_facts_rest_on():
    page = (ROOT / "chapters/forecasting.ipynb").read_text(encoding="utf-8")
    lists = re.findall(r"\{cite(?::t)?\}`([^`]+)`", page)
    cited = {key for one in lists for key in one.split(",")}
    for question in BOOK.values():
        for _, sources in question.world:
            assert set(sources) <= cited


def test_what_is_shown_says_how_and_when():
    shown = BOOK["largest-run"]._repr_markdown_()
    assert "28 September 2026" in shown and "epoch2026data" in shown and "1 April" in shown


def test_an_answer_is_scored_like_any_quantiles():
    question = BOOK["largest-run"]
    values = question.check(dict(reversed(ANSWER.items())))
    np.testing.assert_array_equal(values, list(ANSWER.values()))
    expected = forecasting.crps_quantiles(questions.LEVELS, values, 27.0)
    assert question.score(ANSWER, 27.0) == pytest.approx(expected.item())


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({0.5: 27.0}, "value for each of the levels"),
        ({0.5: 27.0, "a": 28.0}, "value for each of the levels"),
        ([27, 28], "value for each of the levels"),
        ({**ANSWER, 0.25: 27.6}, "must not cross"),
        ({**ANSWER, 0.95: 3e28}, "unit is log10 of FLOP"),
        ({**ANSWER, 0.05: np.nan}, "finite"),
        (dict.fromkeys(ANSWER, 27.0), "all quantiles agree"),
    ],
)
def test_slips_in_an_answer_are_named(answer, message):
    with pytest.raises(ValueError, match=f"largest-run: .*{message}"):
        BOOK["largest-run"].check(answer)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: "", "no .*question"),
        (lambda t: t + "\n[[", "not TOML"),
        (lambda t: t.replace('unit = "log10 of FLOP"', "", 1), "largest-run.* missing .*unit"),
        (lambda t: t.replace("unit =", "units =", 1), "not expected .*units"),
        (lambda t: t.replace('"dearest-run"', '"largest-run"'), "used twice"),
        (lambda t: t.replace("[26.0, 32.0]", "[32.0, 26.0]"), "rising"),
        (lambda t: t.replace("as_of = 2026-09-28", 'as_of = "now"'), "a date"),
        (lambda t: t.replace("by the end of the year Y + 2", "some day", 1), "by when"),
        (lambda t: t.replace('sources = ["sevilla2024training"]', "sources = []"), "its sources"),
    ],
)
def test_an_incomplete_question_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        questions.load(change(TEXT))
