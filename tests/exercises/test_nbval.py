"""`pytest --nbval-lax` tells the truth: only what is not solved fails, with its message."""

import ast
import re
import runpy
import shutil
import subprocess
import sys
import traceback

import nbformat
import pytest
from assignments import EXERCISES, NAMES, cells, read, run

CONFTEST = EXERCISES / "conftest.py"


def unsolved(name):
    """The ids of the cells that have to fail: checks that learners see, gaps outside a function."""
    found = []
    for cell in read(name, "release").cells:
        code = ast.parse(cell.source).body if cell.cell_type == "code" else []
        is_check = cell.metadata.get("nbgrader", {}).get("grade", False)
        if (code and is_check) or any(isinstance(line, ast.Raise) for line in code):
            found.append(cell.id)
    return found


def nbval(folder, notebook):
    """Run nbval on a notebook in a folder that has the rules of the exercises beside it."""
    shutil.copy(CONFTEST, folder)
    nbformat.write(notebook, folder / "mine.ipynb")
    command = [sys.executable, "-m", "pytest", "--nbval-lax", "-q", "-rs", "-p", "no:cacheprovider"]
    command += [
        "--nbval-cell-timeout=300",
        "--color=no",
        "-c",
        "/dev/null",
        "--rootdir",
        str(folder),
    ]
    return subprocess.run([*command, "mine.ipynb"], cwd=folder, capture_output=True, text=True)


@pytest.mark.parametrize("name", [*NAMES, "capstone"])
def test_no_solution_was_left_in_the_student_version(name, tmp_path, monkeypatch):
    """Run as it is, it fails at its checks, each of which says so, and nowhere else."""
    monkeypatch.chdir(tmp_path)
    rules, namespace, failed = runpy.run_path(str(CONFTEST)), {}, []
    for cell in read(name, "release").cells:
        try:
            if cell.cell_type == "code":
                run(cell.source, namespace)
        except Exception:
            if "raises-exception" in cell.metadata.get("tags", []):
                continue
            said = rules["in_short"](cell, traceback.format_exc())
            assert re.match(rf"{cell.id}: (not solved yet\.|NameError)", said), said
            failed.append(cell.id)
    assert failed == unsolved(name) and len(failed) >= 1


def written(name, **code):
    """The student version with some of its solution cells filled in."""
    made = nbformat.from_dict(read(name, "release"))
    for cell in made.cells:
        cell.source = code.get(cell.id.replace("-", "_"), cell.source)
    return made


def test_what_is_solved_passes_and_a_wrong_answer_hears_why(tmp_path):
    right = cells("data_limits")["exhaustion"].source
    wrong = "def collapse(z, keep_all):\n    return [np.std(row, ddof=1) for row in z]"
    broken = "def capped_run(C, U, **law):\n    return undefined_name"
    torn = "def effective_tokens(unique, total, r_star)\n    return total"
    notebook = written(
        "data_limits", exhaustion=right, collapse=wrong, capped=broken, effective_data=torn
    )
    said = nbval(tmp_path, notebook).stdout
    assert "exhaustion-test" not in said
    assert re.search(r"^collapse-test: .*without ddof=1", said, re.M)
    assert re.search(
        r"^capped-test: NameError: name 'undefined_name' is not defined\. Is it spelled so.*\n"
        r"-+> *\d+ check_capped\(\)\n-+> *\d+ .*capped_run\(.*\n-+> *2 .*return undefined_name",
        said,
        re.M,
    )
    assert re.search(r"^effective-data: SyntaxError: expected ':'", said, re.M)
    assert "audit-vintages-test: not solved yet. Put your solution" in said
    assert "7 failed" in said and "12 skipped" in said
    assert "hidden tests are not in this notebook" in said
    assert "Traceback" not in said and "\x1b" not in said
    assert max(map(len, said.splitlines())) < 400


@pytest.mark.parametrize("name", [*NAMES, "capstone"])
def test_all_of_it_solved_is_all_green(name, tmp_path):
    right = {c.id: c.source for c in read(name).cells if "SOLUTION" in c.source}
    notebook = written(name, **{i.replace("-", "_"): code for i, code in right.items()})
    result = nbval(tmp_path, notebook)
    assert result.returncode == 0 and "failed" not in result.stdout, result.stdout
