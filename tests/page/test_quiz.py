import html.parser
import json
import re
import shutil
import subprocess

import contents
import needs
import pytest

from scaling_lib.page import self_check
from scaling_lib.page.explorer import MIME
from scaling_lib.page.quiz import HERE, chapters, feedback, inline, load, parse, selfcheck_html

EVERY = [(chapter, question) for chapter in chapters() for question in load(chapter)]
RIGHT = "{text = 'yes', why = 'so', right = true}"
WRONG = "{text = 'no', why = 'not so'}"
NUMBER = "number = 2\ntolerance = 0.1\nwhy = 'w'\notherwise = 'o'"


def toml(body, name="a"):
    return f"[[question]]\nid = '{name}'\nask = '?'\n{body}\n"


def test_every_chapter_of_the_book_has_questions():
    assert set(contents.chapters()) <= set(chapters()) <= set(contents.pages())


@pytest.mark.parametrize(("chapter", "question"), EVERY, ids=[f"{c}-{q['id']}" for c, q in EVERY])
def test_a_question_can_be_answered_and_teaches(chapter, question):
    assert len(question["ask"]) > 20
    if "answers" in question:
        texts = [a["text"] for a in question["answers"]]
        assert len(set(texts)) == len(texts)
        assert all(len(a["why"]) > 20 for a in question["answers"])
        return
    # No wrong number that has a reason of its own may count as right.
    slack = question["tolerance"] * abs(question["number"])
    for wrong in question.get("wrong", []):
        assert abs(wrong["number"] - question["number"]) > 2 * slack


def test_computed_answers_are_what_they_are_said_to_be():
    from math import log, log2

    numbers = {q["id"]: q["number"] for _, q in EVERY if "number" in q}
    expected = {
        "kaplan-tenfold": 10**0.73,
        "tokens-per-parameter": 1.4e12 / 70e9,
        "exact-match": 0.9**10,
        "followers": 8 * log2(1000),
        "ten-times-the-stock": log(10) / log(2.5),
        "pass-at-k": 1 - 0.9**10,
        "verifier-ceiling": 0.1 / (0.1 + 0.9 * 0.1),
        "parameters-alone": 100 * 0.35 / (0.35 + 0.35),
        "answer-price": 3 * 15,
        "memoriser-place": 6 + (20 + 1) / 2,
        "writing-price": 2 * 1e12 * 1e12 / (6 * 1e10 * 1e13),
        "teacher-price": (6e9 + 2e10) / 6e9,
        "half": log(2) / -log(1 - 1 / 200),
    }
    assert numbers.keys() == expected.keys()
    for name, value in expected.items():
        assert numbers[name] == pytest.approx(value, rel=2e-3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[question]", "questions: "),
        ("", "no \\[\\[question\\]\\]"),
        (toml(f"answers = [{WRONG}, {WRONG}]"), "exactly one"),
        (toml(f"answers = [{RIGHT}, {RIGHT}]"), "exactly one"),
        (toml(f"answers = [{RIGHT}]"), "exactly one"),
        (toml(f"answers = [{RIGHT}, {{text = 'no'}}]"), "text and a why"),
        (toml(f"answers = [{RIGHT}, {WRONG}]\nhint = 'h'"), "hint is not known"),
        (toml("number = 2"), "otherwise, tolerance, why is missing"),
        (toml(NUMBER.replace("0.1", "-1")), "negative"),
        (toml(NUMBER + "\nwrong = [{number = 3}]"), "needs a number and a why"),
        (toml(NUMBER) + toml(NUMBER), "'a': the id is used twice"),
        (f"[[question]]\nask = '?'\n{NUMBER}", "question 1: id is missing"),
    ],
)
def test_a_broken_question_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        parse(text)


OTHERWISE = "It fails only if"
PER_CENT = "right in per cent. Here it is asked for as a share between 0 and 1"
IN_MONTHS = "right in years. Here it is asked for in months"


ANSWERS = [
    ("scaffolding", "pass-at-k", "0.65", True, "= 0.65"),
    ("scaffolding", "pass-at-k", "65%", True, "= 0.65"),
    ("scaffolding", "pass-at-k", "65", False, PER_CENT),
    ("scaffolding", "pass-at-k", "60", False, OTHERWISE),  # wrong in any unit
    ("scaffolding", "pass-at-k", "6500 %", False, OTHERWISE),
    ("scaffolding", "pass-at-k", "0.35", False, "all ten fail"),
    ("scaling_hypothesis", "exact-match", "35", False, PER_CENT),
    ("data_limits", "parameters-alone", "50", True, ""),
    ("data_limits", "parameters-alone", "50 %", True, ""),
    ("data_limits", "parameters-alone", "0.5", False, "right as a share of 1"),
    ("data_limits", "parameters-alone", "0.5 %", False, "Write the excess"),
    ("data_limits", "ten-times-the-stock", "30.1", False, "right in months"),
    ("scaling_hypothesis", "followers", "6.6", False, IN_MONTHS),
    ("training_since_2024", "answer-price", "4.5e13", False, "right in tokens"),
    ("evidence_and_rules", "writing-price", "33.3", False, ""),  # a reason of its own
    ("scaling_laws", "tokens-per-parameter", "0.2", False, "Divide"),  # no share
    ("scaling_laws", "kaplan-tenfold", "5.37 times", True, ""),
    ("scaling_laws", "kaplan-tenfold", "×5.37", True, ""),
    ("scaling_laws", "kaplan-tenfold", "5,37e0 x", True, ""),
]


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """Whether the page calls each of the answers right, and what it says to it."""
    node = shutil.which("node")
    if node is None:
        needs.missing("node judges the answers, and is not installed")
    folder = tmp_path_factory.mktemp("quiz")
    shutil.copy(HERE / "quiz.js", folder / "quiz.mjs")
    told = json.dumps(
        [[feedback(load(chapter, name)[0]), answer] for chapter, name, answer, *_ in ANSWERS]
    )
    judge = f"{told}.map(([question, answer]) => judge(question, answer))"
    script = f"import {{ judge }} from './quiz.mjs'; console.log(JSON.stringify({judge}))"
    said = subprocess.run(
        [node, "--input-type=module", "-e", script],
        capture_output=True, text=True, check=True, cwd=folder,
    )  # fmt: skip
    return dict(zip(ANSWERS, json.loads(said.stdout), strict=True))


@pytest.mark.parametrize("case", ANSWERS, ids=lambda case: "-".join(case[:3]))
def test_a_right_number_in_another_unit_is_called_right_in_it(judged, case):
    *_, right, words = case
    verdict, why = judged[case]
    assert verdict == right and words in why


def test_unknown_chapters_and_questions_are_named():
    with pytest.raises(ValueError, match="no questions for 'nothing'; there are some for bitter"):
        load("nothing")
    with pytest.raises(ValueError, match=r"has no tenfold; it has same-compute"):
        load("scaling_laws", "tenfold")


def test_questions_come_in_the_order_asked_for():
    wanted = ("small-error", "same-compute")
    assert [q["id"] for q in load("scaling_laws", *wanted)] == list(wanted)


class Controls(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.unlabelled, self.forms, self.depth = 0, [], 0, []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.open += tag == "label"
        self.forms += tag == "form"
        if tag == "input":
            assert attrs["data-lm-suppress-shortcuts"] == "true"
            if not self.open:
                self.unlabelled.append(attrs)
        elif tag not in ("br", "hr", "img"):
            self.depth.append(tag)

    def handle_endtag(self, tag):
        self.open -= tag == "label"
        assert self.depth.pop() == tag


@pytest.mark.parametrize("chapter", chapters())
def test_the_form_is_whole_and_every_field_has_a_label(chapter):
    shown = self_check(chapter)
    parser = Controls()
    parser.feed(shown.html)
    assert not parser.depth and not parser.unlabelled
    assert parser.forms == len(load(chapter))
    data = re.search(r'<script type="application/json">(.*)</script>', shown.html)[1]
    assert len(json.loads(data)) == parser.forms


def test_stored_output_is_the_same_each_time_and_reads_without_a_kernel():
    first, second = (
        self_check("scaling_laws", "same-compute")._repr_mimebundle_()[0] for _ in "ab"
    )
    for bundle in (first, second):
        bundle.pop("application/vnd.jupyter.widget-view+json")
    assert first == second
    assert first["text/markdown"].startswith("**Self-check**\n\n1. With C = 6 N D")
    assert "   - 200B parameters on 40B tokens" in first["text/markdown"]
    assert selfcheck_html(first[MIME]) == self_check("scaling_laws", "same-compute").html


def test_marks_are_set_and_everything_else_is_escaped():
    assert inline("a < b_{opt}^{2} `x*y*z` *so* </script>") == (
        "a &lt; b<sub>opt</sub><sup>2</sup> <code>x*y*z</code> <em>so</em> &lt;/script&gt;"
    )
