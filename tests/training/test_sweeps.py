import gc
import os
import signal
import subprocess
import sys
import tracemalloc
import warnings
import weakref
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from scaling_lib.training import sweeps
from scaling_lib.training.grids import expand, read_grid
from scaling_lib.training.run import TrainConfig, train
from scaling_lib.training.sweeps import COLUMNS, check_memory, memory_bytes, read_records, sweep

TOML = """
[base]
task = "language"
[[grid]]
D = [256, 512]
H = [4, 8]
seed = [0, 1]
"""
GRID = expand({"D": [256, 512], "H": [4, 8], "seed": [0, 1]})


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The file of a sweep that nobody interrupted."""
    path = tmp_path_factory.mktemp("sweep") / "runs.csv"
    sweep(GRID, out=path, progress=False)
    return path.read_bytes()


def counting(monkeypatch, stop_after=None):
    """Replace train by one that counts its runs, and may be interrupted."""
    keys = []

    def counted(config):
        if stop_after is not None and len(keys) == stop_after:
            raise KeyboardInterrupt
        keys.append(config.key)
        return train(config)

    monkeypatch.setattr(sweeps, "train", counted)
    return keys


def test_the_table_holds_the_runs_in_the_order_of_the_grid(finished, tmp_path):
    path = tmp_path / "runs.csv"
    path.write_bytes(finished)
    table = sweep(GRID, out=path, progress=False)
    assert list(table.columns) == COLUMNS
    assert list(zip(table.D, table.H, table.seed, strict=True)) == [
        (c.D, c.H, c.seed) for c in GRID
    ]
    alone = train(GRID[3])
    row = table.iloc[3]
    assert (row.loss, row.N, row.C, row.C_6ND) == (alone.loss, alone.N, alone.C, alone.C_6ND)
    assert [sweeps.config_of(row).key for row in read_records(path).values()] == [
        c.key for c in GRID
    ]


def test_two_processes_give_the_same_file(finished, tmp_path):
    path = tmp_path / "runs.csv"
    sweep(GRID, jobs=2, out=path, progress=False)
    assert path.read_bytes() == finished
    seconds = pd.read_csv(tmp_path / "runs.seconds.csv")
    assert set(seconds.key) == {c.key for c in GRID}


@pytest.mark.parametrize("stop_after", [0, 1, 5])
def test_interrupted_and_resumed_is_the_same_file(finished, tmp_path, monkeypatch, stop_after):
    path = tmp_path / "runs.csv"
    keys = counting(monkeypatch, stop_after)
    with pytest.raises(KeyboardInterrupt):
        sweep(GRID, out=path, progress=False)
    assert len(read_records(path)) == stop_after  # valid, and nothing lost
    rest = counting(monkeypatch)
    sweep(GRID, out=path, progress=False)
    assert path.read_bytes() == finished
    assert sorted(keys + rest) == sorted(c.key for c in GRID)  # each exactly once


def test_any_torn_last_line_is_cut_off_and_run_again(finished, tmp_path, monkeypatch):
    path = tmp_path / "runs.csv"
    lines = finished.splitlines(keepends=True)
    for cut in (1, 40, len(lines[3]) - 1):
        path.write_bytes(b"".join(lines[:3]) + lines[3][:cut])
        rest = counting(monkeypatch)
        sweep(GRID, out=path, progress=False)
        assert len(rest) == len(GRID) - 2
        assert path.read_bytes() == finished
    path.write_bytes(lines[0][:10])  # killed while writing the header
    sweep(GRID[:2], out=path, progress=False)
    assert len(read_records(path)) == 2


# The command line, in which narrow models wait for ever and every row that is kept is announced.
HELD = """
import signal, sys, threading
from scaling_lib.__main__ import main
from scaling_lib.training import sweeps

work, append = sweeps._work, sweeps._append

def held(config):
    if config.H == 4:
        threading.Event().wait()
    return work(config)

def announced(path, row, *columns):
    append(path, row, *columns)
    print("kept", flush=True)

sweeps._work, sweeps._append = held, announced
# What a shell starts in the background is deaf to it.
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize(("sent", "jobs"), [(signal.SIGKILL, 1), (signal.SIGINT, 2)])
def test_killed_command_line_resumes_to_the_same_file(finished, tmp_path, sent, jobs):
    grid, path = tmp_path / "grid.toml", tmp_path / "runs.csv"
    grid.write_text(TOML)
    process = subprocess.Popen(
        [sys.executable, "-c", HELD, "sweep", grid, "--out", path, "--jobs", str(jobs)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    with process:
        assert process.stdout.readline() == b"kept\n", process.stderr.read().decode()
        os.killpg(process.pid, sent)
        process.communicate()
    assert process.returncode == (130 if sent == signal.SIGINT else -signal.SIGKILL)
    assert 1 <= len(read_records(path)) < len(GRID)
    sweep(read_grid(grid), out=path, progress=False)
    assert path.read_bytes() == finished


def test_trained_models_do_not_pile_up(monkeypatch):
    models, alive = [], []

    def watched(config):
        gc.collect()
        alive.append(sum(model() is not None for model in models))
        run = train(config)
        models.append(weakref.ref(run.model))
        return run

    monkeypatch.setattr(sweeps, "train", watched)
    sweep(GRID[:4], progress=False)
    assert alive == [0, 0, 0, 0]


def test_on_a_dask_cluster(finished, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import distributed

        options = dict(dashboard_address=None, n_workers=2, threads_per_worker=1)
        with distributed.LocalCluster(processes=False, protocol="tcp://", **options) as cluster:
            path = tmp_path / "runs.csv"
            sweep(GRID, out=path, scheduler=cluster.scheduler_address, progress=False)
    assert path.read_bytes() == finished


def test_no_scheduler_at_the_address(monkeypatch):
    monkeypatch.setattr("scaling_lib.data.cluster.CONNECT_SECONDS", 0.2)
    with pytest.raises(ValueError, match="no Dask scheduler answers"):
        sweep(GRID[:1], scheduler="tcp://127.0.0.1:1", progress=False)


def test_a_file_of_something_else_is_refused(finished, tmp_path):
    path = tmp_path / "runs.csv"
    lines = finished.decode().splitlines(keepends=True)
    edited = lines[2].replace("language,0,4,", "language,0,5,")
    for content, word in (
        ("a,b\n1,2\n", "not a file of runs"),
        (lines[0] + lines[1] + edited, "line 3"),
        (lines[0] + lines[1] + lines[1], "line 3"),
        (lines[0] + "1,2,3\n", "line 2"),
        (finished.decode(), "not in this grid"),
        (lines[0] + lines[1].replace(sweeps.__version__, "9.9.9"), "another version"),
    ):
        path.write_text(content)
        with pytest.raises(ValueError, match=word):
            sweep(GRID[:4], out=path, progress=False)
        assert path.read_text() == content


def test_memory_is_estimated_before_anything_runs(monkeypatch):
    big = TrainConfig(H=10**7, D=4096)
    monkeypatch.setattr(sweeps, "train", lambda config: pytest.fail("it trained"))
    with pytest.raises(ValueError, match=r"H=10000000, D=4096 needs about .* GB"):
        sweep([GRID[0], big], progress=False)
    need = memory_bytes(GRID[0])
    check_memory(GRID[:1], 2, 2 * need)
    with pytest.raises(ValueError, match="fewer jobs"):
        check_memory(GRID[:1], 3, 2 * need)


@pytest.mark.parametrize(
    "config",
    [
        TrainConfig(H=2048, D=2**12, batch=512),
        TrainConfig(task="text", H=512, D=2**12, batch=512),
        TrainConfig(H=4, D=2**18, batch=512),
    ],
)
def test_the_estimate_covers_what_a_run_takes_and_not_much_more(config):
    train(replace(config, H=4, D=2**10))  # makes the task, which counts with the interpreter
    tracemalloc.start()  # numpy reports its arrays to it
    try:
        train(config)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < memory_bytes(config) - sweeps.INTERPRETER_BYTES < 1.25 * peak


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads the peak as Linux gives it")
def test_the_interpreter_takes_what_the_estimate_allows_it():
    code = "import scaling_lib.training; print(open('/proc/self/status').read())"
    status = subprocess.check_output([sys.executable, "-c", code], text=True)
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    assert 1024 * peak < sweeps.INTERPRETER_BYTES


def test_checkpoints_and_diverged_runs_in_the_file(tmp_path):
    path = tmp_path / "runs.csv"
    configs = [
        TrainConfig(H=4, D=4096, checkpoints=(2000, 1000, 1001)),
        TrainConfig(H=4, D=4096, optimizer="sgd", lr=1e30, checkpoints=(4096,)),
    ]
    with np.errstate(all="ignore"):
        table = sweep(configs, out=path, progress=False)
    pairs = dict(pair.split(":") for pair in table.checkpoints[0].split())
    read = train(configs[0]).checkpoints
    assert {int(tokens): float(loss) for tokens, loss in pairs.items()} == read
    assert list(read) == [1000, 1001, 2000] and read[1000] == read[1001] > read[2000]
    assert table.checkpoints[1] == "4096:nan"
    assert np.isnan(table.loss[1])
    assert [c.key for c in map(sweeps.config_of, read_records(path).values())] == [
        c.key for c in configs
    ]


def test_grid_files(tmp_path):
    path = tmp_path / "grid.toml"
    path.write_text(TOML)
    assert [c.key for c in read_grid(path)] == [c.key for c in GRID]
    path.write_text("[[grid]]\nH = [8]\nD = 4096\nlr_factor = [0.5, 2]\n")
    half, double = read_grid(path)
    assert double.lr == pytest.approx(4 * half.lr, rel=0.01)
    for text, word in (
        ("H = [", "cannot read"),
        ("H = [8]", "must have"),
        ("[grid]\nH = [8]\nD = [1]", "must have"),
        ("[[grid]]\nH = [8]", "missing settings in the grid: D"),
        ("[[grid]]\nH = [8]\nD = [64]\nlayers = [2]", "unknown settings in the grid: layers"),
        ("[[grid]]\nH = [0]\nD = [64]", "H must"),
        ("[base]\nlr = 0.1\n[[grid]]\nH = [8]\nD = [64]\nlr_factor = [2]", "lr must be left out"),
    ):
        path.write_text(text)
        with pytest.raises(ValueError, match=word):
            read_grid(path)
    with pytest.raises(ValueError, match="cannot read"):
        read_grid(tmp_path / "missing.toml")


@pytest.mark.parametrize(
    ("configs", "options", "word"),
    [
        ([], {}, "empty"),
        ([GRID[0], GRID[0]], {}, "twice"),
        (GRID[:1], {"jobs": 0}, "jobs"),
    ],
)
def test_bad_sweeps(configs, options, word):
    with pytest.raises(ValueError, match=word):
        sweep(configs, progress=False, **options)
