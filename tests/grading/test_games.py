"""Games of a class: honest ones are scored, the others say why they do not count."""

import copy
import csv
import json
import random
import re
import shutil
import zipfile

import pytest

from grading.__main__ import main
from grading.classes import games
from grading.classes.archives import File
from grading.classes.games import grade_games, language_of, languages_table, read_languages
from grading.classes.submissions import Submission
from scaling_lib.capstone import scoring as capstone_scoring
from scaling_lib.capstone.game import COMMITMENT, LEDGER, OneShot
from scaling_lib.capstone.ledger import FIRST_HASH, line_hash
from scaling_lib.capstone.practice import practice_curve
from scaling_lib.capstone.scoring import derived_seed

GUESS = {"H": 181, "loss": 1.0561, "low": 1.055, "high": 1.057}


@pytest.fixture(scope="module", autouse=True)
def hero():
    """Hero runs are read from the curve of practice language 1; note which were asked for."""
    asked = []

    def loss(language, H, seed):
        asked.append((language, H, seed))
        return practice_curve(1).loss_at(H)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(capstone_scoring, "hero_loss", loss)
        patch.setattr(capstone_scoring, "dialect", lambda seed: practice_curve(1))
        yield asked


def play(folder, language=1, **changes):
    game = OneShot(language, folder, learner=folder.name)
    game.run(4, 1024)
    game.commit(**GUESS | changes, final=True)


def forge(folder):
    lines = [json.loads(line) for line in (folder / LEDGER).read_text().splitlines()]
    lines[2]["loss"] -= 0.05
    previous, text = FIRST_HASH, ""
    for line in lines:
        line["hash"] = previous = line_hash(previous, line)
        text += json.dumps(line) + "\n"
    (folder / LEDGER).write_text(text)


@pytest.fixture(scope="module")
def submissions(tmp_path_factory):
    root = tmp_path_factory.mktemp("class")
    play(root / "ada" / ".capstone", 1)
    play(root / "Grace Hopper", 1, H=64, low=1.053, loss=1.054, high=1.056)
    play(root / "twin", 1)
    play(root / "other language", 2, loss=1.7, low=1.69, high=1.71)
    play(root / "forger", 1, H=128)
    forge(root / "forger")
    play(root / "editor", 1, H=129)
    text = (root / "editor" / LEDGER).read_text()
    (root / "editor" / LEDGER).write_text(text.replace("1.057", "1.058"))
    play(root / "careless", 1, H=130)
    (root / "careless" / COMMITMENT).write_text("{}")
    OneShot(1, root / "undecided").run(4, 1024)
    (root / "undecided" / "notebook.ipynb").write_text("{}")
    (root / "absent").mkdir()
    (root / "absent" / "notes.txt").write_text("sorry")
    play(root / "two games" / "a", 1)
    play(root / "two games" / "b", 1, H=200)
    play(root / "packed" / "x", 1, H=182)
    with zipfile.ZipFile(root / "packed" / "x" / "work.zip", "w") as archive:
        archive.write(root / "packed" / "x" / LEDGER, f"work/{LEDGER}")
    with zipfile.ZipFile(root / "packed" / "all.zip", "w") as archive:
        archive.write(root / "packed" / "x" / "work.zip", "work.zip")
    shutil.rmtree(root / "packed" / "x")
    play(root / "stranger", 1, H=183)
    return root


NAMES = "ada,grace hopper,twin,other language,forger,editor,careless,undecided,absent,two games"
LANGUAGES = dict.fromkeys(
    ["".join(name.split()) for name in f"{NAMES},packed".split(",")],
    1,
)


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return tmp_path_factory.mktemp("graded")


@pytest.fixture(scope="module")
def graded(submissions, out, hero):
    hero.clear()
    results = grade_games(submissions, out, "secret", LANGUAGES)
    return {result["student"]: result for result in results}


@pytest.fixture(scope="module")
def asked(graded, hero):
    """The hero runs of the first grading."""
    return list(hero)


def test_honest_games_are_scored(graded, asked):
    ada, grace = graded["ada"], graded["Grace Hopper"]
    assert ada["status"] == grace["status"] == graded["packed"]["status"] == "graded"
    assert 17 < ada["score"] <= 20 and ada["score"] == sum(i["score"] for i in ada["items"])
    assert (
        3 < grace["score"] < 12 and "compute would have been enough" in grace["items"][0]["message"]
    )
    seed = derived_seed("secret", "hero", "1")
    assert {language for language, _, _ in asked} == {1} and {s for *_, s in asked} == {seed}
    assert len(asked) == len(set(asked))  # nothing is trained twice


@pytest.mark.parametrize(
    ("student", "reason"),
    [
        ("forger", "trained again"),
        ("editor", "line 4"),
        ("other language", "language 2"),
        ("undecided", "In section 4 of the notebook give `final=True`"),
        ("absent", "no file"),
        ("two games", "There are 2 different files"),
        ("stranger", "table of languages"),
    ],
)
def test_others_say_why_they_do_not_count(graded, student, reason):
    result = graded[student]
    assert result["score"] == 0 and result["status"] == "refused" and reason in result["message"]


def test_what_a_marker_should_know(graded):
    assert graded["ada"]["alike"] == ["twin"] and not graded["Grace Hopper"]["alike"]
    assert "ignored" in graded["careless"]["notes"][0] and graded["careless"]["status"] == "graded"


def test_no_student_reads_of_another(graded, out, tmp_path):
    rows = "".join(f"Participant {i},{name},,,20,\n" for i, name in enumerate(graded))
    roster = tmp_path / "roster.csv"
    roster.write_text(f"Identifier,Full name,Grade,Maximum Grade,X,Feedback comments\n{rows}")
    main(["export", str(out), "--moodle", str(roster)])
    main(["export", str(out), "--gradescope"])
    with (out / "moodle.csv").open() as file:
        comments = {row["Full name"]: row["Feedback comments"] for row in csv.DictReader(file)}
    assert comments.keys() == graded.keys()
    for student, result in graded.items():
        files = [result["folder"] / name for name in ("results.json", "feedback.html")]
        gets = comments[student] + "".join(file.read_text() for file in files)
        assert len(gets) > 1500 and student in gets
        assert not [name for name in graded if name != student and re.search(rf"\b{name}\b", gets)]


def test_files_and_a_second_call_that_trains_nothing(graded, submissions, out, hero):
    with (out / "grades.csv").open(encoding="utf-8-sig") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert rows.keys() == graded.keys() and rows["ada"]["max_score"] == "20"
    assert "Content-Security-Policy" in (out / "ada" / "feedback.html").read_text()
    known = len(hero)
    again = grade_games(submissions, out, "secret", LANGUAGES)
    assert len(hero) == known and [r["score"] for r in again] == [
        r["score"] for r in graded.values()
    ]


def test_hand_out_and_grade_by_the_command(submissions, tmp_path, capsys):
    students = tmp_path / "students.txt"
    students.write_text("Ada\nGrace Hopper\n\n")
    secret = tmp_path / "secret"
    secret.write_text("a long text\n")
    table = tmp_path / "languages.csv"
    command = ["capstone", str(students), "--hand-out", "--seed-file", str(secret)]
    assert main([*command, "--out", str(table)]) == 0
    languages = read_languages(table)
    grace = language_of("a long text", "Grace Hopper")
    assert languages == {
        "ada": language_of("a long text", "ada"),
        "gracehopper": grace,
        "hoppergrace": grace,  # as Canvas writes it
    }
    assert len(set(languages.values())) == 2 and min(languages.values()) >= 1000

    command = ["capstone", str(submissions), "--language", "1", "--out", str(tmp_path / "out")]
    assert main(command) == 0
    said = capsys.readouterr()
    assert "12 games, 6 by the rules" in said.out and "public seed" in said.err
    assert "ada: the same commitment as twin\n" in said.err
    assert "undecided: 0 points. This game does not count: nothing was committed" in said.err
    assert '"student": "ada", "alike": ["twin"]' in (tmp_path / "out" / "audit.jsonl").read_text()
    assert main(["export", str(tmp_path / "out"), "--gradescope"]) == 0


def test_bad_tables_and_lists(tmp_path):
    path = tmp_path / "languages.csv"
    for text in ("", "student,language\n", "name,language\na,1\n", "student,language\na,x\n"):
        path.write_text(text)
        with pytest.raises(ValueError, match=r"no column|the column language|row"):
            read_languages(path)
    path.write_text("student,language\nAda L.,1\nada l,2\n")
    with pytest.raises(ValueError, match="twice"):
        read_languages(path)
    path.write_text("student,language\nKim Lee,1\nLee Kim,2\n")
    assert read_languages(path) == {"kimlee": 1, "leekim": 2}
    path.write_text("student,language\nGabriel José García Márquez,3\n", encoding="utf-8")
    assert read_languages(path)["garcíamárquezgabrieljosé"] == 3  # Canvas, of two surnames
    for students, fault in ([], "nobody"), (["Ada L.", "Bob", "ada l"], "alike: Ada L., ada l;"):
        with pytest.raises(ValueError, match=fault):
            languages_table(students, "s")
    (tmp_path / "list.txt").write_bytes("José Núñez\r\n".encode("cp1252"))  # of Windows
    command = ["capstone", str(tmp_path / "list.txt"), "--hand-out", "--out", str(path)]
    assert main(command) == 0 and path.read_bytes().startswith(b"\xef\xbb\xbfstudent,")
    assert read_languages(path).keys() == {"josénúñez", "núñezjosé"}
    with pytest.raises(ValueError, match="no submissions"):
        (tmp_path / "empty").mkdir()
        grade_games(tmp_path / "empty", tmp_path / "out", "s", 1)


def test_a_width_whose_training_would_take_gigabytes_is_read_from_the_curve(tmp_path, hero):
    play(tmp_path / "in" / "narrow", 1, H=4)
    hero.clear()
    (result,) = grade_games(tmp_path / "in", tmp_path / "out", "secret", 1)
    assert min(H for _, H, _ in hero) == 64
    assert result["score"] < 1 and "read from the curve" in result["notes"][0]


# A ledger has no secret in its chain of hashes: a student can write whatever they like.


ODD = (None, True, -1, 0, 1.5, 1e308, "", "x" * 99, [], {}, [[]], {"H": []}, "result", "closing")


def change(folder, numbers):
    """Put odd values into lines of a ledger, repeat some or leave some out; the hashes agree."""
    lines = [json.loads(line) for line in (folder / LEDGER).read_text().splitlines()]
    for _ in range(numbers.randint(1, 3)):
        line = numbers.choice(lines)
        inner = line.get("settings")
        where = inner if isinstance(inner, dict) and inner and numbers.random() < 0.3 else line
        where[numbers.choice(list(where))] = copy.deepcopy(numbers.choice(ODD))
    if numbers.random() < 0.2:
        lines.insert(numbers.randrange(len(lines)), copy.deepcopy(numbers.choice(lines)))
    previous, text = FIRST_HASH, ""
    for line in lines:
        line["hash"] = previous = line_hash(previous, line)
        text += json.dumps(line) + "\n"
    return text.encode()


@pytest.mark.parametrize("seed", range(3))
def test_any_ledger_is_a_game_or_says_why_not(submissions, seed):
    numbers = random.Random(seed)
    for _ in range(60):
        content = change(submissions / "twin", numbers)
        file = File(("twin", LEDGER), None, lambda c=content: c)
        game = games._read(Submission("twin"), [(file, False, (LEDGER,))], 1)
        assert bool(game.problem) != (game.played is not None)


def test_one_student_s_files_end_nobody_else_s_game(submissions, tmp_path):
    root = tmp_path / "class"
    play(root / "Zoe", 1, H=184)
    for name in ("Mallory", "Eve"):
        shutil.copytree(root / "Zoe", root / name)
    lines = [json.loads(line) for line in (root / "Mallory" / LEDGER).read_text().splitlines()]
    lines[2]["key"], previous, text = [], FIRST_HASH, ""
    for line in lines:
        line["hash"] = previous = line_hash(previous, line)
        text += json.dumps(line) + "\n"
    (root / "Mallory" / LEDGER).write_text(text)
    (root / "Eve" / LEDGER).unlink()
    with zipfile.ZipFile(root / "Eve" / "hw.zip", "w") as archive:
        archive.writestr("A", "x")
    content = (root / "Eve" / "hw.zip").read_bytes().replace(b"A", b"\0")
    (root / "Eve" / "hw.zip").write_bytes(content)
    results = grade_games(root, tmp_path / "out", "secret", 1)
    found = {r["student"]: (r["status"], r["message"]) for r in results}
    assert found["Zoe"][0] == "graded"
    assert found["Mallory"][0] == found["Eve"][0] == "refused"
    assert f"Mallory/{LEDGER}" in found["Mallory"][1] and "TypeError" in found["Mallory"][1]


def test_half_a_letter_in_a_ledger_ends_nobody_s_game(submissions, tmp_path):
    play(tmp_path / "class" / "Ann", 1)
    game = OneShot(1, tmp_path / "class" / "Mallory", learner="\ud800")
    game.run(4, 1024)
    game.commit(**GUESS, final=True)
    results = graded_class(tmp_path / "class", tmp_path)
    assert [result["status"] for result in results] == ["graded", "graded"]
    assert (tmp_path / "out" / "grades.csv").is_file()


def test_games_of_an_extension_stay_in_the_table(submissions, tmp_path):
    root = tmp_path / "class"
    play(root / "Ada", 1, H=183)
    play(root / "Bob", 1, H=64, low=1.053, loss=1.054, high=1.056)
    first = {r["student"]: r["score"] for r in graded_class(root, tmp_path)}
    play(tmp_path / "extension" / "Bob", 1, H=182)
    second = {r["student"]: r["score"] for r in graded_class(tmp_path / "extension", tmp_path)}
    assert second["Ada"] == first["Ada"] and second["Bob"] > first["Bob"]
    assert {r["student"]: r["score"] for r in graded_class(root, tmp_path)} == second


def test_the_extension_of_one_game_is_not_that_of_a_class(submissions, tmp_path, capsys):
    play(tmp_path / "class" / "Eve", 1, H=183)
    graded_class(tmp_path / "class", tmp_path)
    for name in ("Ada", "Bob"):
        play(tmp_path / "extension" / "Eve" / name, 1, H=182)
    (result,) = graded_class(tmp_path / "extension", tmp_path)
    assert result["student"] == "Eve" and result["status"] == "graded"
    (tmp_path / "extension" / "Eve").rename(tmp_path / "extension" / "Mallory")
    assert len(graded_class(tmp_path / "extension", tmp_path)) == 3
    assert "put all that is in it into Mallory/capstone_game" in capsys.readouterr().err


def graded_class(folder, tmp_path):
    return grade_games(folder, tmp_path / "out", "secret", 1)
