import hashlib
import sys

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from grading.source.hidden_tests import SEED_VARIABLE, fresh, reference, same


def draws(exercise):
    return fresh(exercise).integers(2**60, size=4).tolist()


def test_fresh_repeats_for_the_same_seed_and_id(monkeypatch):
    monkeypatch.setenv(SEED_VARIABLE, "a secret")
    first = draws("allocation")
    assert draws("allocation") == first
    assert draws("allocations") != first
    monkeypatch.setenv(SEED_VARIABLE, "another secret")
    assert draws("allocation") != first


def test_seed_and_id_do_not_run_into_each_other(monkeypatch):
    monkeypatch.setenv(SEED_VARIABLE, "ab")
    first = draws("c:d")
    monkeypatch.setenv(SEED_VARIABLE, "ab:c")
    assert draws("d") != first


def test_without_a_secret_the_seed_is_the_public_one(monkeypatch):
    monkeypatch.delenv(SEED_VARIABLE, raising=False)
    unset = draws("x")
    monkeypatch.setenv(SEED_VARIABLE, "")
    assert draws("x") == unset
    monkeypatch.setenv(SEED_VARIABLE, "public")
    assert draws("x") == unset
    seed = int.from_bytes(hashlib.sha256(b"6:public:x").digest(), "big")
    assert np.random.default_rng(seed).integers(2**60, size=4).tolist() == unset


@pytest.mark.parametrize("bad", ["", None, 3])
def test_fresh_wants_an_id(bad):
    with pytest.raises(ValueError, match="exercise must be its id"):
        fresh(bad)


def test_reference_is_what_it_was_told_to_be(monkeypatch):
    with reference.taken_from({"double": lambda x: 2 * x}.__getitem__):
        assert reference.double(4) == 8
        with pytest.raises(AttributeError, match="defines no `treble`"):
            _ = reference.treble
    monkeypatch.setattr(sys.modules["__main__"], "double", "of main", raising=False)
    assert reference.double == "of main"


def test_in_a_kernel_the_notebook_is_its_own_reference():
    cells = [
        "import numpy as np\ndef double(x):\n    return 2 * np.asarray(x)",
        "from grading import fresh, reference, same\n"
        "x = fresh('double').normal(size=3)\n"
        "assert same(double(x), reference.double(x))\n"
        "print(reference.double is double)",
        "reference.treble",
    ]
    notebook = new_notebook(cells=[new_code_cell(source) for source in cells])
    NotebookClient(notebook, timeout=120, kernel_name="python3", allow_errors=True).execute()
    nbformat.validate(notebook)
    outputs = [cell.outputs for cell in notebook.cells]
    assert outputs[1] == [{"output_type": "stream", "name": "stdout", "text": "True\n"}]
    assert outputs[2][0]["evalue"] == "the source notebook defines no `treble`"


def test_same_accepts_equal_numbers():
    assert same(1.0, 1)
    assert same([1, 2.0], np.array([1.0, 2.0 * (1 + 1e-12)]))
    assert same([np.nan, np.inf], [np.nan, np.inf])
    assert same(np.zeros((0, 2)), np.zeros((0, 2)))
    assert same(1.01, 1.0, rtol=0.02)
    assert same(0.005, 0.0, atol=0.01)


WRONG_SHAPES = [[], np.zeros((0, 2)), 1.0, [1.0], [[1.0, 1.0]]]
WRONG_NUMBERS = [[1.0, 1.0 + 1e-6], [1.0, np.nan], [1.0, np.inf]]
NO_NUMBERS = [None, "11", ["1", "1"], [1.0, None], [[1.0], 1.0], object(), {1: 1}]


@pytest.mark.parametrize("actual", WRONG_SHAPES + WRONG_NUMBERS + NO_NUMBERS)
def test_same_refuses_what_allclose_lets_pass_and_what_is_no_number(actual):
    assert same(actual, [1.0, 1.0]) is False
