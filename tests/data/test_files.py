"""Files are read with their faults named, and written whole or not at all."""

import errno
import os
import tempfile

import pytest

from scaling_lib.data.files import read_table, read_whole_lines, write_bytes


@pytest.mark.parametrize("content", ["a,b\n1,x\n", "\ufeffa,b\r\n1,x", 'a,b\n\n"1",x\n , \n'])
def test_spellings_of_the_same_table(tmp_path, content):
    (tmp_path / "t.csv").write_text(content)
    assert read_table(tmp_path / "t.csv") == (["a", "b"], [["1", "x"]])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\n \n", "is empty"),
        (b"a,b\n", "a header but no rows"),
        (b"1,2\n3,4\n", "no header"),
        (b"a,\n1,2\n", "column 2 has no name"),
        (b"a, a\n1,2\n", "twice in its header: a"),
        (b"a;b\n1;2\n", "semicolons"),
        (b'a,b\n1,"2\n3"\n1,2,3\n', "line 4: 3 cells where the header names 2"),
        (b'a,b\n"1,2\n', "not a CSV table"),
        (b"a,b\n1,\xe9\n", "not UTF-8 text"),
        (b"\xff\xfea\0", "not a text file"),
    ],
)
def test_faults_are_named(tmp_path, content, message):
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_table(tmp_path / "t.csv")


def test_what_is_no_file_is_named(tmp_path):
    with pytest.raises(ValueError, match="is a directory"):
        read_table(tmp_path)
    with pytest.raises(ValueError, match="there is no file"):
        read_table(tmp_path / "t.csv")


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    file = tmp_path / "folder" / "t.csv"
    write_bytes(file, b"old")

    def full(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="disk full"):
        write_bytes(file, b"new")
    assert file.read_bytes() == b"old" and os.listdir(file.parent) == ["t.csv"]


def test_a_disk_without_room_for_a_new_file_is_not_called_a_wrong_folder(tmp_path, monkeypatch):
    def full(**_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "mkstemp", full)
    with pytest.raises(OSError, match="No space left") as caught:
        write_bytes(tmp_path / "t.csv", b"new")
    assert caught.value.errno == errno.ENOSPC


def test_a_torn_last_line_is_cut_off(tmp_path):
    path = tmp_path / "log"
    assert read_whole_lines(path) == b"" and not path.exists()
    path.write_bytes(b"one\ntwo\nthr")
    assert read_whole_lines(path) == path.read_bytes() == b"one\ntwo\n"
