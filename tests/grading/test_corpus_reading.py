"""What the corpus hands in, as far as it can be told without running it: nothing here is slow."""

import copy
import dataclasses
import io
import json
import os
import random
import zipfile
from pathlib import Path

import corpus
import pytest
from small_assignment import Paper, source

from grading.classes import archives
from grading.classes.archives import File, Refused, list_archive
from grading.classes.own_process import read_apart
from grading.classes.submissions import Contents, collect, read_contents
from grading.source.assignment import SOURCES, load, parse
from grading.source.submitted_cells import (
    match,
    read_notebook,
    restore_notebook,
    says_nothing,
    worth,
)

SMALL = parse(json.dumps(source()), "small")
KINDS = ("files", "words", "choice")


@pytest.fixture(scope="module")
def everything():
    return corpus.build(Path("/nowhere"), 1)


@pytest.fixture(scope="module")
def entries(everything):
    return [entry for entry in everything if entry.kind in KINDS]


@pytest.fixture(scope="module")
def found(entries, tmp_path_factory):
    folder = tmp_path_factory.mktemp("class")
    corpus.hand_in(entries, folder)
    return {submission.student: submission for submission in collect(folder, SMALL)}


def test_the_corpus_is_large_enough(everything, entries):
    assert len(everything) >= 180
    counts = [sum(entry.kind == kind for entry in entries) for kind in KINDS]
    assert min(counts) >= 20


def test_everybody_is_there(entries, found):
    assert found.keys() == {entry.name for entry in entries}


def test_statuses(entries, found):
    wrong = {
        entry.name: (found[entry.name].status, found[entry.name].message)
        for entry in entries
        if (found[entry.name].status or "graded") != entry.status
    }
    assert wrong == {}


def test_a_message_names_the_file_and_what_to_do(entries, found):
    for entry in entries:
        if entry.status != "graded":
            message = found[entry.name].message
            assert entry.name in message and "Hand in the notebook" in message


def test_the_right_one_of_several_is_graded_and_the_others_are_named(entries, found):
    for entry in entries:
        if entry.file:
            one = found[entry.name]
            assert one.file == f"{entry.name}/{entry.file}"
            assert one.notes or len(entry.files) == 1
            others = [f"{entry.name}/{path}" for path in entry.files if path not in entry.file]
            assert all(any(other in left for left in one.left_aside) for other in others)
            assert not any(one.file == left for left in one.left_aside)


def test_no_answer_in_words_is_lost(entries, found):
    for entry in entries:
        if entry.texts:
            cells = read_notebook(found[entry.name].content)
            text = match(SMALL, cells).text["allocation-text"]
            assert [part for part in entry.texts if part not in text] == [], entry.name
            # Through nbgrader's folders it is there once, in the cell that is marked.
            again = read_notebook(json.dumps(restore_notebook(SMALL, cells)).encode())
            marked = next(cell for cell in again if cell.id == "allocation-text")
            assert marked.kind == "markdown"
            assert all(marked.source.count(part) == 1 for part in entry.texts), entry.name
            assert match(SMALL, again).text["allocation-text"] == marked.source


def test_text_that_was_handed_out_is_nobody_s_answer():
    cells = read_notebook(Paper().text.encode())
    assert match(SMALL, cells).text == {"allocation-text": "*Your answer.*"}
    code = (
        Paper().add("x = loss(3)\nprint(x)", after="allocation-text").add("loss(3)").add("!ls -l")
    )
    text = match(SMALL, read_notebook(code.text.encode())).text
    assert text == {"allocation-text": "*Your answer.*"}


@pytest.mark.parametrize("name", sorted(path.stem for path in SOURCES.glob("*/*.ipynb")))
def test_the_courses_own_notebooks_are_told_apart(name):
    assignment = load(name)
    released = {
        path.stem: read_notebook(path.read_bytes())
        for path in (SOURCES.parent / "release").glob("*/*.ipynb")
    }
    assert [one for one, cells in released.items() if worth(assignment, cells).belongs] == [name]
    solved = worth(assignment, read_notebook(assignment.text.encode()))
    assert solved.points == assignment.max_score + assignment.max_by_hand
    without_ids = [dataclasses.replace(cell, id="") for cell in released[name]]
    for cells in (released[name], without_ids):  # untouched: there is nothing to mark
        assert worth(assignment, cells).points == 0 and worth(assignment, cells).belongs
        assert all(says_nothing(text) for text in match(assignment, cells).text.values())


def test_folders_of_any_name_depth_and_size(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_OF_ONE", 40)
    names = [b"O'Brien", b"=cmd|' /C calc'!A0", b" space ", b"a\nb\tc", b"CON", b"-rf", b"%2e%2e"]
    names += ["Jose\u0301".encode(), "李 雷".encode(), b"\xff\xfe", b"x" * 240, b"grades.csv"]
    names += [b".Net Fan_9000_assignsubmission_file"]
    for name in names:
        os.makedirs(os.path.join(os.fsencode(tmp_path), name))
        with open(os.path.join(os.fsencode(tmp_path), name, b"small.ipynb"), "w") as file:
            file.write(Paper().text)
    deep = tmp_path / "deep" / "/".join("d" * 40) / "small.ipynb"
    deep.parent.mkdir(parents=True)
    deep.write_text(Paper().text)
    (tmp_path / "many" / "more").mkdir(parents=True)
    for i in range(60):
        (tmp_path / "many" / f"{i}.png").touch()
    (tmp_path / "many" / "small.ipynb").write_text(Paper().text)
    (tmp_path / "pipe").mkdir()
    os.mkfifo(tmp_path / "pipe" / "small.ipynb")
    found = {one.student: one for one in collect(tmp_path, SMALL)}
    assert len(found) == len(names) + 3
    bad = {name: one.status for name, one in found.items() if one.status}
    assert bad == {"deep": "missing", "pipe": "refused"}
    assert "José" in found and ".Net Fan" in found


# What no list of cases has: any file at all, with the same ones each time.


def damaged(content, random_numbers):
    """A file with some bytes changed, cut out or repeated."""
    made = bytearray(content)
    for _ in range(random_numbers.randint(1, 8)):
        at = random_numbers.randrange(len(made) or 1)
        kind = random_numbers.randrange(3)
        if kind == 0 and made:
            made[at] = random_numbers.choice((0, 255, 34, 91, 123, random_numbers.randrange(256)))
        elif kind == 1:
            del made[at : at + random_numbers.randint(1, 40)]
        else:
            made[at:at] = made[at : at + random_numbers.randint(1, 40)]
    return bytes(made)


def archive():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("work/small.ipynb", Paper().text)
        made.writestr("notes.txt", "x" * 100)
    return content.getvalue()


@pytest.mark.parametrize("seed", range(4))
def test_any_archive_and_any_notebook_is_read_or_refused(seed):
    numbers = random.Random(seed)
    whole = {"a.zip": archive(), "a.ipynb": Paper().text.encode()}
    for i in range(300):
        name = numbers.choice(list(whole))
        content = damaged(whole[name], numbers)
        try:
            read = read_contents(File((name,), None, lambda c=content: c), SMALL)
        except Refused:
            continue
        assert read.notebooks or read.problems or read.others, i


ODD = [
    None,
    True,
    0,
    -1,
    1e308,
    "",
    "x" * 1000,
    "\ud800",
    [],
    {},
    [[]],
    {"a": []},
    [None],
    "def",
    "\0",
]


@pytest.mark.parametrize("seed", range(4))
def test_any_value_anywhere_in_a_notebook_is_read_or_refused(seed):
    numbers = random.Random(seed)

    def places(value, path=()):
        yield path
        if isinstance(value, dict | list):
            pairs = value.items() if isinstance(value, dict) else enumerate(value)
            for key, inner in list(pairs):
                yield from places(inner, (*path, key))

    for _ in range(150):
        made = Paper().edit("allocation-text", "Words.").notebook
        for _ in range(numbers.randint(1, 4)):
            *path, last = numbers.choice([p for p in places(made) if p])
            inner = made
            for key in path:
                inner = inner[key]
            inner[last] = copy.deepcopy(numbers.choice(ODD))
        content = json.dumps(made).encode()
        read = read_contents(File(("a.ipynb",), None, lambda c=content: c), SMALL)
        assert read.notebooks or read.problems


# The boundary itself


def endless():
    while True:
        pass


def greedy():
    return len(b"x" * (3 << 30))


def ends():
    os._exit(3)


def fails():
    raise KeyError("k" * 1000)


@pytest.mark.parametrize(
    ("does", "words"),
    [
        (endless, "takes longer than 0.5 s"),
        (greedy, "takes too much memory"),
        (ends, "ended the process"),
        (fails, "it is damaged (KeyError: 'kkk"),
    ],
)
def test_reading_ends_only_itself(does, words):
    with pytest.raises(Refused) as caught:
        read_apart(does, seconds=0.5)
    assert words in str(caught.value) and len(str(caught.value)) < 300


def test_what_was_read_comes_back():
    assert read_apart(lambda: Contents(others=["é" * 1_000_000])).others == ["é" * 1_000_000]
    with pytest.raises(Refused, match="no zip archive"):
        read_apart(lambda: list_archive(io.BytesIO(b"x"), "a.zip"))
