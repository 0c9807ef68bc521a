"""The bundle where Gradescope would run it, and what its students see before the grades are out.

The layout and the fields of ``results.json`` are those of Gradescope's published specification.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sysconfig
import tomllib
import venv
import zipfile

import jsonschema
import needs
import pytest
from packaging.specifiers import SpecifierSet
from small_assignment import ALLOCATION, SEED, Paper, source

from grading.__main__ import main
from grading.platforms import gradescope
from grading.reports.student_results import empty_result
from grading.sandbox.enclosure import bubblewrap_trouble
from grading.source.assignment import parse

pytestmark = needs.linux
SMALL = parse(json.dumps(source()), "small")

WHEN = {"enum": ["visible", "hidden", "after_due_date", "after_published"]}
FORM = {"enum": ["text", "html", "simple_format", "md", "ansi"]}
TEXT, NUMBER = {"type": "string"}, {"type": "number"}
TEST = {"score": NUMBER, "max_score": NUMBER, "status": {"enum": ["passed", "failed"]}}
TEST |= {"name": TEXT, "name_format": FORM, "number": TEXT, "output": TEXT, "output_format": FORM}
TEST |= {"tags": {"type": "array", "items": TEXT}, "visibility": WHEN, "extra_data": {}}
FIELDS = {"score": NUMBER, "execution_time": NUMBER, "output": TEXT, "output_format": FORM}
FIELDS |= {"test_output_format": FORM, "test_name_format": FORM, "visibility": WHEN}
FIELDS |= {"stdout_visibility": WHEN, "extra_data": {}, "leaderboard": {"type": "array"}}
FIELDS["tests"] = {"type": "array"}
FIELDS["tests"]["items"] = {"type": "object", "properties": TEST, "additionalProperties": False}
DOCUMENTED = {"type": "object", "properties": FIELDS, "additionalProperties": False}
DOCUMENTED["required"] = ["score"]

DATES = {
    "created_at": "2026-11-02T10:00:00.000000-08:00",
    "assignment": {"due_date": "2026-11-01T17:00:00.000000-08:00"},
}


@pytest.fixture
def container(tmp_path):
    """Gradescope's folders, with the bundle unpacked and its Python in place."""
    (tmp_path / "small.ipynb").write_text(json.dumps(source()))
    (tmp_path / "seed").write_text(SEED)
    out = tmp_path / "bundle.zip"
    command = ["bundle", str(tmp_path / "small.ipynb"), "--out", str(out), "--late", "50"]
    assert main([*command, "--seed-file", str(tmp_path / "seed"), "--limit", "call=9"]) == 0
    root = tmp_path / "autograder"
    for name in ("source", "submission", "results"):
        (root / name).mkdir(parents=True)
    with zipfile.ZipFile(out) as archive:
        archive.extractall(root / "source")
        modes = {i.filename: i.external_attr >> 16 for i in archive.infolist()}
        assert json.loads(archive.read("settings.json"))["limits"]["call"] == 9
    assert modes["run_autograder"] == modes["setup.sh"] == 0o755
    shutil.copy(root / "source" / "run_autograder", root)
    (root / "run_autograder").chmod(0o755)
    # As setup.sh installs it; what that takes from the network is mounted by `run`.
    venv.create(root / "python", symlinks=True)
    packages = pathlib.Path(sysconfig.get_path("purelib", vars={"base": str(root / "python")}))
    for name in gradescope.PACKAGES:
        shutil.copytree(root / "source" / "project" / name, packages / name)
    (packages / "others.pth").write_text("/autograder/python/lib/others")
    (root / "python" / "lib" / "others").mkdir()
    (root / "submission_metadata.json").write_text(json.dumps(DATES))
    return root


def run(root, *program):
    """Start ``/autograder/run_autograder`` as the harness does, in a file system made for it.

    Or another program. What runs is the code inside the bundle, not this checkout's.
    """
    if trouble := bubblewrap_trouble():
        needs.missing(f"bubblewrap does not work here: {trouble}")
    command = ["bwrap", "--unshare-net", "--bind", "/proc", "/proc", "--dev", "/dev"]
    for name in sorted(os.listdir("/")):
        if os.path.islink(f"/{name}"):
            command += ["--symlink", os.readlink(f"/{name}"), f"/{name}"]
        elif name not in ("proc", "dev", "autograder"):
            command += ["--bind" if name == "tmp" else "--ro-bind", f"/{name}", f"/{name}"]
    command += ["--bind", str(root), "/autograder", "--chdir", "/autograder"]
    command += ["--ro-bind", sysconfig.get_path("purelib"), "/autograder/python/lib/others"]
    command += program or ["/autograder/run_autograder"]
    environment = {"PATH": os.environ["PATH"]}
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def written(root):
    made = json.loads((root / "results" / "results.json").read_text())
    jsonschema.validate(made, DOCUMENTED)
    return made


def seen(made):
    """What students see before the grades are out; no total where a test is not visible."""
    tests = [test for test in made["tests"] if test["visibility"] == "visible"]
    assert len(tests) < len(made["tests"])
    return {key: made[key] for key in made.keys() - {"score"}} | {"tests": tests}


def hand_in(root, **code):
    (root / "submission" / "any name.ipynb").write_text(Paper(**code).text)
    (root / "submission" / "timestamp.txt").write_text("2020-01-01 00:00:00 UTC")  # no use


def test_the_bundle_in_its_container(container):
    needs.sandbox()
    hand_in(container, solved=("loss", "slope"))
    done = run(container)
    assert done.returncode == 0, done.stderr
    made = written(container)
    assert made["score"] == 3.5  # 7, and a day late
    assert [(t["name"], t["score"]) for t in made["tests"]] == [
        ("loss-test", 3),
        ("allocation-test", 0),
        ("allocation-test-2", 0),
        ("slope-test", 4),
    ]
    assert sum(t["max_score"] for t in made["tests"]) == 11
    assert "rtol" not in json.dumps(made) and SEED not in json.dumps(made)
    assert done.stdout == ""  # shown to instructors, but who knows


# Outside, a sandbox whose library does without a function; inside, all ways to what is installed.
LOOK = """
import sys
from grading.marking.session import Session
from grading.sandbox.enclosure import Limits, choose

session = Session(choose(sys.argv[1]), Limits(), withheld=["scaling_lib.laws.formulas.bnsl"])
print(session.run(sys.argv[2]))
"""
INSIDE = """
import glob, os, sys
import scaling_lib.laws.formulas
print("imported")
for lib in ("lib", "lib64"):
    for packages in glob.glob(f"/autograder/python/{lib}/python*/site-packages"):
        assert "numpy" in os.listdir("/autograder/python/lib/others") and os.listdir(packages)
        for file in ("grading/__main__.py", "scaling_lib/laws/formulas.py"):
            try:
                text = open(f"{packages}/{file}").read()
            except OSError:
                continue
            assert "is what an exercise asks for" in text, file
print("not found")
"""


@pytest.mark.parametrize("kind", ["bubblewrap", "landlock"])
def test_what_is_installed_is_not_seen_and_withheld_functions_are_not_there(container, kind):
    needs.sandbox(kind)
    done = run(container, "/autograder/python/bin/python", "-P", "-c", LOOK, kind, INSIDE)
    assert "'imported\\nnot found\\n'" in done.stdout, done


def test_nothing_that_is_seen_depends_on_a_hidden_test(container):
    needs.sandbox()
    wrong = ALLOCATION.replace("20 * N", "200 * N")  # N is right, and only N is checked visibly
    made = []
    for code in (ALLOCATION, wrong, wrong.replace("200 * N", "N if C == 1.2e20 else 1 / 0")):
        hand_in(container, allocation=code)
        assert gradescope.main(container) == 0
        made.append(written(container))
    assert [one["score"] for one in made] == [5.5, 4.0, 4.0]
    assert seen(made[0]) == seen(made[1]) == seen(made[2])
    assert "2 tests" not in seen(made[0])["output"] and "3 tests" in seen(made[0])["output"]


@pytest.mark.parametrize("status", ["graded", "stopped"])
def test_nor_does_the_time_or_a_stop(status):
    message = "Grading was stopped: it took too long. What had been earned until then counts."
    made = []
    for score, seconds in ((0, 2), (3, 170.3)):
        result = empty_result(SMALL, status, message * (status == "stopped"))
        for item in result["items"]:
            item["message"] = ""
            if item["hidden"]:
                item["score"] = score
        result |= {"student": "x", "notes": [], "seconds": seconds, "score": 3 * score}
        made.append(gradescope.gradescope_results(result))
        jsonschema.validate(made[-1], DOCUMENTED)
    assert seen(made[0]) == seen(made[1])
    assert "stopped" not in seen(made[0])["output"]


def test_gradescope_without_a_notebook(container):
    done = run(container)
    assert done.returncode == 0, done.stderr
    made = written(container)
    assert made["score"] == 0 and "No notebook was handed in" in made["output"]


def test_a_bundle_needs_a_secret(tmp_path, capsys):
    (tmp_path / "small.ipynb").write_text(json.dumps(source()))
    assert main(["bundle", str(tmp_path / "small.ipynb"), "--out", str(tmp_path / "b.zip")]) == 2
    assert "needs a secret" in capsys.readouterr().err
    assert not (tmp_path / "b.zip").exists()


def test_gradescope_says_when_nothing_could_be_graded(container, capsys):
    (container / "source" / "assignment" / "small.ipynb").write_text("{}")
    assert gradescope.main(container) == 1
    assert "not graded" in capsys.readouterr().err


# Commands of an image, for its apt-get and its Python: they note what they are asked for.
APT = """#!/bin/sh
echo "apt-get $*" >> "$LOG"
[ "$1" = update ] && exit
for word in "$@"; do
  case "$word" in python*) case " $HAS " in *" $word "*) ;; *) exit 100;; esac;; esac
done
"""
PYTHON = """#!/bin/sh
echo "$(basename "$0") $*" >> "$LOG"
mkdir -p "$3/bin" && printf '#!/bin/sh\\n' > "$3/bin/pip" && chmod +x "$3/bin/pip"
"""


@pytest.mark.parametrize(
    ("has", "taken"),
    [
        ("python3 python3-venv python3.11 python3.11-venv", "3.11"),  # Ubuntu 22.04
        ("python3 python3-venv python3.12 python3.12-venv", "3.12"),  # Ubuntu 24.04
        ("python3 python3-venv python3.13", None),  # no package for environments
        ("python3 python3-venv", None),
    ],
)
def test_the_container_gets_a_python_that_runs_the_course(tmp_path, has, taken):
    with open(gradescope.PROJECT / "pyproject.toml", "rb") as file:
        allowed = SpecifierSet(tomllib.load(file)["project"]["requires-python"])
    (tmp_path / "source").mkdir()
    (tmp_path / "bin").mkdir()
    commands = {"apt-get": APT, **{f"python3{v}": PYTHON for v in ("", ".10", ".11", ".12", ".13")}}
    for name, text in commands.items():
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    script = (gradescope.HERE / "gradescope_setup.sh").read_text()
    script = script.replace("/autograder", str(tmp_path))
    words = {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "HAS": has, "LOG": f"{tmp_path}/log"}
    done = subprocess.run(["bash", "-c", script], env=words, capture_output=True, text=True)
    used = [line for line in (tmp_path / "log").read_text().splitlines() if "-m venv" in line]
    if taken is None:
        assert done.returncode == 1 and "choose Ubuntu 22.04" in done.stderr and used == []
    else:
        assert done.returncode == 0, done.stderr
        assert used == [f"python{taken} -m venv {tmp_path}/python"] and taken in allowed
