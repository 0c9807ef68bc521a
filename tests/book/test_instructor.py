"""The instructor's kit holds what it promises: exercises exist, minutes add up, nothing leaks."""

import re
import shlex
import subprocess
import zipfile
from pathlib import Path

import nbformat
import needs
import pytest
import reading_time
from pybtex.database import parse_file

from grading.__main__ import COMMANDS
from grading.source.assignment import load
from scaling_lib.__main__ import build_parser

ROOT = Path(__file__).resolve().parents[2]
KIT = ROOT / "instructor"
PAGES = sorted(KIT.glob("*.md"))
SOURCES = sorted((ROOT / "exercises/source").glob("*/*.ipynb"))


def read(name):
    return (KIT / f"{name}.md").read_text(encoding="utf-8")


def solutions():
    """Every cell that a learner fills in, code and text, by its id."""
    return {
        cell.metadata.nbgrader.grade_id: cell
        for path in SOURCES
        for cell in nbformat.read(path, as_version=4).cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    }


# An exercise by the link to its page, a question about the future by its name.
NAME = re.compile(r"`(?:exercise-)?([a-z0-9-]+)`")


def facts():
    return {
        cell.metadata.exercise.id: cell.metadata.exercise
        for path in SOURCES
        for cell in nbformat.read(path, as_version=4).cells
        if "exercise" in cell.metadata
    }


def test_every_exercise_has_its_place_and_every_name_exists():
    named = set(NAME.findall(read("objectives"))) | {"one-shot"}
    assert "{doc}`One shot </chapters/capstone>`" in read("objectives")
    # What is predicted before training and what is written after it are parts of the exercise.
    assert named == {n for n in solutions() if not n.endswith(("-prediction", "-text"))}


def test_every_written_answer_has_a_rubric_row():
    rubrics = "".join(
        p.read_text(encoding="utf-8") for p in (ROOT / "exercises/rubrics").glob("*.md")
    )
    for name, cell in solutions().items():
        if cell.cell_type == "markdown":
            assert f"(`{name}`" in rubrics, name


def test_the_texts_to_mark_are_counted():
    assignments = [load(p.stem) for p in SOURCES if p.stem != "capstone"]
    fewest, most = (f(len(a.by_hand) for a in assignments) for f in (min, max))
    text = " ".join(read("marking").split())
    assert f"An assignment has {fewest} to {most} answers in words" in text
    assert f"a class of 40 writes {40 * fewest} to {40 * most} short texts" in text
    assert f"At half a minute each it is {20 * fewest} to {20 * most} minutes" in text
    six = {a.max_score + a.max_by_hand for a in assignments if a.name == "bitter_lesson"}
    assert f"({six.pop():g}, for an assignment of six exercises)" in text


def test_minutes_of_the_objectives_are_those_of_the_exercises():
    known = facts()
    rows = re.findall(r"^\| .* \| (.*) \| (\d+) \|$", read("objectives"), re.M)
    assert len(rows) > 30
    for row in rows:
        names = NAME.findall(row[0].replace("{doc}`One shot </chapters/capstone>`", "`one-shot`"))
        # A forecast of the future comes with its exercise: about 20 minutes.
        expected = sum(known[n].minutes if n in known else 20 for n in names)
        assert int(row[1]) == expected, row[0]


def test_the_syllabus_names_what_exists():
    links = re.findall(r"\{ref\}`([a-z-]+) <exercise-([a-z-]+)>`", read("syllabus"))
    assert all(word == name for word, name in links)
    assert {name for _, name in links} <= set(facts())
    for assignment in ("bitter_lesson", "scaling_hypothesis", "data_limits", "scaffolding"):
        assert f"</exercises/pages/{assignment}>`" in read("syllabus")


@pytest.mark.parametrize("heading", ["One day", "One week", "Three weeks"])
def test_the_minutes_of_a_syllabus_add_up(heading):
    part = read("syllabus").split(f"## {heading}\n")[1].split("\n## ")[0]
    table = [[c.strip() for c in line.strip("|\n").split("|")] for line in part.splitlines()]
    table = [row for row in table if len(row) > 2]
    column = table[0].index("minutes")
    rows = [row[column] for row in table[2:]]
    total = int(rows[-1].strip("*"))
    assert sum(map(int, rows[:-1])) == total


def rows(heading):
    """What is done in the hours of a plan: minutes and words of each row."""
    part = read("syllabus").split(f"## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| (?:\d+ \| )?(\d+) \| ([^|]+) \|.*\|$", part, re.M)


def test_the_parts_of_a_session_add_up():
    found = [row for plan in ("One day", "One week", "Three weeks") for row in rows(plan)]
    parted = [(int(all_), re.findall(r"\((\d+)\)", words)) for all_, words in found]
    parted = [(all_, parts) for all_, parts in parted if parts]
    assert len(found) == 23 and len(parted) == 15
    for all_, parts in parted:
        assert sum(map(int, parts)) == all_, parts


def test_what_is_told_has_the_minutes_of_its_deck():
    """The decks' own numbers are held by the tests of the slides."""
    deck = {
        name: (int(slides), int(minutes))
        for name, slides, minutes in re.findall(
            r"^\| \{doc\}`../chapters/(\w+)` \| (\d+) \| (\d+) \|$", read("syllabus"), re.M
        )
    }
    assert len(deck) == 12
    told = {
        "bitter lesson, told (40)": "bitter_lesson",
        "scaling hypothesis, told (25)": "scaling_hypothesis",
        "limits of data, told (25)": "data_limits",
        "chapter 1, told (40)": "bitter_lesson",
        "chapter 3, first page, told (25)": "scaling_hypothesis",
        "second page (experiments and verdict), told (50)": "small_experiments",
    }
    for words, name in told.items():
        assert words in read("syllabus")
        assert deck[name][1] <= int(re.search(r"\((\d+)\)$", words)[1]), name
    first = deck["scaling_hypothesis"][0] + deck["data_limits"][0]
    assert f"first pages of chapters 3 and 4, {first} in all" in read("syllabus")


def test_a_discussion_has_the_minutes_of_its_form():
    form = read("discussion").split("**A form that works.**")[1].split("\n\n")[0]
    needed = sum(map(int, re.findall(r"\((\d+) minutes\)", form)))
    assert f"of {needed} minutes" in read("discussion")
    days = [re.search(r"Discussion \((\d+)\)", words) for _, words in rows("One week")]
    assert [int(day[1]) for day in days if day] == [needed] * 4
    weeks = " ".join(words for _, words in rows("Three weeks"))
    found = re.findall(r"[Dd]iscussion(?: of [a-z0-9 ]+)? \((\d+)\)", weeks)
    assert found == [str(needed)] * 4
    assert f"| {needed} | Discussion: compute thresholds |" in read("syllabus")


def test_the_mock_hearing_fits_its_session():
    guide = read("discussion").split("## A mock hearing\n")[1]
    minutes = sum(int(m) for m in re.findall(r"^\| (\d+) \| ", guide, re.M))
    assert f"{{ref}}`a mock hearing <mock-hearing>` ({minutes})" in read("syllabus")
    asked = re.findall(r"^\d\. .*\{ref\}`([a-z-]+)`; ", guide, re.M)
    assert [label.split("-")[0] for label in asked] == [
        *("bitter", "scaling", "hypothesis", "data", "scaffolding")
    ]


def test_the_page_on_forecasting_fits_the_session_in_which_it_is_shown():
    nb = nbformat.read(ROOT / "chapters/forecasting.ipynb", as_version=4)
    (end,) = [i for i, c in enumerate(nb.cells) if c.source.startswith("(forecasting-backtest)=")]
    nb.cells = nb.cells[:end]
    (shown,) = re.findall(r"the page on forecasting, shown: [^|]* \((\d+)\) \|", read("syllabus"))
    assert reading_time.minutes(reading_time.count(nb)) <= int(shown) - 10


def test_the_sheet_asks_what_the_boxes_ask():
    part = read("syllabus").split("## The sheet of forecasts\n")[1].split("\n## ")[0]
    lines = re.findall(r"^\| (\d) \| \{ref\}`([a-z-]+)` \| (.*) \|$", part, re.M)
    assert [int(number) for number, *_ in lines] == [1, 2, 3, 4, 5]
    pages = [nbformat.read(p, as_version=4) for p in (ROOT / "chapters").glob("*.ipynb")]
    for _, label, asked in lines:
        (nb,) = [nb for nb in pages if any(f"({label})=" in c.source for c in nb.cells)]
        start = next(i for i, c in enumerate(nb.cells) if f"({label})=" in c.source)
        guess = next(c.metadata.guess for c in nb.cells[start:] if "guess" in c.metadata)
        assert guess.label.split(",")[0] in asked, label
        assert "options" not in guess, "a line takes a number"
    share = re.search(r"of 40 people's five, (\d+) of (\d+) should", part).groups()
    assert share == ("160", "200")


def test_before_a_week_come_the_core_readings_that_no_afternoon_has():
    core = dict.fromkeys("1a", 0)
    for chapter, minutes in re.findall(
        r"^\| (1|all) \| .* \| (\d+) \| core \|$", read("reading"), re.M
    ):
        core[chapter[0]] += int(minutes)
    said = "Before the course: the core readings of chapter 1 and of all chapters"
    assert f"{said} ({sum(core.values())} minutes)" in read("syllabus")
    assert min(core.values()) > 0


def test_the_points_for_forecasts_add_up():
    text = " ".join(read("syllabus").split("## Grades\n")[1].split())
    assert sum(map(int, re.findall(r"(\d+) %", text))) == 100
    each, held, cost, else_ = re.search(
        r"(\d+) for each of the five lines .* of the page (\d+) for .*, (\d+) for .*, (\d+) for",
        text,
    ).groups()
    assert 5 * int(each) + int(held) + int(cost) + int(else_) == 10


def test_the_afternoons_of_a_week_add_up():
    part = read("syllabus").split("## One week\n")[1].split("\n## ")[0]
    afternoons = re.findall(r"^\| \d \| .* \| [^|]*?\((\d+)\)[^|]*\|$", part, re.M)
    assert len(afternoons) == 5 and f"**{sum(map(int, afternoons))}** |" in part


def test_an_afternoon_has_the_minutes_of_its_exercises_and_core_readings():
    part = read("syllabus").split("## One week\n")[1].split("\n## ")[0]
    listed = r"^\| \d \| .* \| (.*); core readings of chapter (\d) \((\d+)\) \|$"
    days, known = re.findall(listed, part, re.M), facts()
    assert len(days) == 4
    for exercises, chapter, minutes in days:
        core = re.findall(rf"^\| {chapter} \| .* \| (\d+) \| core \|$", read("reading"), re.M)
        own = [known[n].minutes for n in re.findall(r"<exercise-([a-z-]+)>", exercises)]
        assert int(minutes) == sum(own) + sum(map(int, core)), f"before chapter {chapter}"


def test_what_a_week_leaves_of_the_forecasts_is_the_rest():
    part = read("syllabus").split("## One week\n")[1].split("\n## ")[0]
    listed, begun, later = re.search(r"\| 5 \|.*\| (.*)\((\d+)\).*\((\d+) more\)", part).groups()
    known = facts()
    own = sum(known[n].minutes for n in re.findall(r"<exercise-([a-z-]+)>", listed))
    table = read("objectives").split("## Forecasting\n")[1].split("\n## ")[0]
    forecasts = sum(map(int, re.findall(r"\| (\d+) \|$", table, re.M)))
    assert int(begun) + int(later) == own + forecasts


def test_the_capstone_has_the_minutes_that_its_parts_need():
    part = read("syllabus").split("## Three weeks\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (?:9|10) \| (\d+) \| (.*?) \|", part, re.M)
    assert len(rows) == 2
    for minutes, text in rows:
        assert sum(map(int, re.findall(r"\((\d+)\)", text))) == int(minutes)
    one_shot = facts()["one-shot"].minutes
    assert sum(int(minutes) for minutes, _ in rows) >= one_shot + 30, "play, text and comparison"


def test_minutes_at_home_of_three_weeks_are_those_of_exercises_and_core_readings():
    part = read("syllabus").split("## Three weeks\n")[1].split("\n## ")[0]
    at_home = [int(m) for m in re.findall(r"\((\d+)\) \|$", part, re.M)]
    # Chapter 6 stands in no plan.
    planned = re.sub(
        r"## Since the source was written\n.*?(?=\n## )", "", read("objectives"), flags=re.S
    )
    exercises = re.findall(r"^\| .* \| .*` \| (\d+) \|$", planned, re.M)
    core = re.findall(r"^\| (?:\d|all) \| .* \| (\d+) \| core \|$", read("reading"), re.M)
    assert len(at_home) == 9 and len(core) > 5
    assert sum(at_home) == sum(map(int, exercises + core))
    hours = [f"{sum(at_home[i : i + 3]) / 60:.1f}" for i in (0, 3)]
    # The last session's minutes, for the forecasts, are named apart.
    hours.append(f"{sum(at_home[6:8]) / 60:.1f}")
    assert f"{hours[0]}, {hours[1]} and {hours[2]} hours in the three weeks" in part


def test_the_exercises_of_a_week_are_all_there():
    week = read("syllabus").split("## One week\n")[1].split("\n## ")[0]
    chapters = {p.stem for p in SOURCES} - {"since_2024", "forecasting", "capstone"}
    for path in SOURCES:
        if path.stem in chapters:
            for cell in nbformat.read(path, as_version=4).cells:
                if "exercise" in cell.metadata:
                    assert f"<exercise-{cell.metadata.exercise.id}>`" in week


def test_readings_are_in_the_bibliography():
    keys = set(parse_file(str(ROOT / "references.bib"), bib_format="bibtex").entries)
    used = {k for page in PAGES for k in re.findall(r"\{cite(?::t)?\}`(\w+)`", page.read_text())}
    assert len(used) > 15 and used <= keys


def test_nothing_in_the_kit_gives_an_answer_away():
    kit = " ".join(" ".join(page.read_text(encoding="utf-8") for page in PAGES).split())
    for name, cell in solutions().items():
        if cell.cell_type == "markdown":
            for sentence in re.split(r"(?<=[.?!]) ", " ".join(cell.source.split())):
                assert len(sentence) < 40 or sentence not in kit, name
    for path in (ROOT / "exercises/rubrics").glob("*.md"):
        for example in re.findall(r"\*For example:\* “(.+)”", path.read_text(encoding="utf-8")):
            assert example not in kit


def test_the_points_of_the_handing_out_are_those_of_the_notebooks():
    rows = re.findall(r"^\| `(\w+)`.* \| (\d+) \| (\d+) \| (\d+) \|$", read("handing_out"), re.M)
    told = {name: tuple(map(int, points)) for name, *points in rows}
    assignments = [load(path.stem) for path in SOURCES]
    assert told == {
        a.name: (a.max_score, a.max_by_hand, a.max_score + a.max_by_hand) for a in assignments
    }


def test_every_page_of_the_kit_is_in_the_contents():
    contents = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    for page in PAGES:
        assert f"file: instructor/{page.stem}\n" in contents


def commands():
    """Every command of the kit, those in a sentence too."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        blocks = re.findall(r"```sh\n(.*?)```", text, re.S)
        lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
        found += [*lines, *re.findall(r"(?<!`)`(python -[^`]*)`", text)]
    return [line.split(" #")[0].strip() for line in found if not line.startswith("#")]


def parsed():
    """What the words of each of the kit's commands of the grader mean."""
    for words in map(str.split, commands()):
        if words[:3] == ["python", "-m", "grading"] and "..." not in words:
            yield vars(build_parser("grading", "", COMMANDS, words[3]).parse_args(words[3:]))


def test_commands_name_commands_and_options_that_exist():
    assert len(list(parsed())) >= 10


def test_a_try_keeps_the_secret_that_is_there():
    writes = [line for line in read("handing_out").splitlines() if "> SECRET_SEED" in line]
    assert writes and all(line.startswith("test -e SECRET_SEED || ") for line in writes)


def test_git_leaves_out_what_the_commands_are_given_and_make():
    if not (ROOT / ".git").exists():
        needs.missing("this is no git repository")
    given = ("submissions", "input", "graded", "out", "seed_file", "languages", "marks")
    given += ("canvas", "moodle", "worksheet", "corrections")
    values = [one[name] for one in parsed() for name in given if one.get(name)]
    paths = {str(p) for value in values for p in (value if isinstance(value, list) else [value])}
    paths |= {p for c in commands() for p in re.findall(r"(?:--out|>) ([\w./-]+)", c)}
    assert {"STUDENTS.txt", "extension", "look", "runs.csv", "SECRET_SEED"} <= paths
    ask = ["git", "check-ignore", "--no-index", "--stdin"]
    known = subprocess.run(ask, cwd=ROOT, input="\n".join(paths), text=True, capture_output=True)
    assert paths - set(known.stdout.splitlines()) == set()


def test_what_a_graded_class_is_handed_gives_no_answer_away(tmp_path):
    if not (ROOT / ".git").exists():
        needs.missing("this is no git repository")
    (line,) = [c for c in commands() if c.startswith("git archive")]
    words = shlex.split(line.replace("course.zip", str(tmp_path / "course.zip")))
    subprocess.run(words, cwd=ROOT, check=True)
    with zipfile.ZipFile(tmp_path / "course.zip") as archive:
        texts = {name: archive.read(name) for name in archive.namelist()}
    released = [name for name in texts if name.startswith("course/exercises/release/")]
    assert len([name for name in released if name.endswith(".ipynb")]) == len(SOURCES)
    text = b"\n".join(texts.values()).decode(errors="replace")
    for name, cell in solutions().items():
        if cell.cell_type == "markdown":
            lines = [line for line in cell.source.splitlines() if len(line) > 60]
            assert not any(line in text for line in lines), name
    left_out = r"exercises/(source|answers|rubrics)/|grading/classes/strategies"
    assert [name for name in texts if re.search(left_out, name)] == []
