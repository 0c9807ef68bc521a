"""Many runs: in parallel, on one machine or a cluster, into one file that survives a kill.

The file is CSV, one row a run, appended as soon as the run ends and ordered as the grid when the
last one has. A row is named by its configuration's key, so starting the same sweep again runs only
what is missing, and the finished file is the same, byte for byte, as that of a sweep that nobody
interrupted. What differs from one execution to the next, the CPU seconds, is in a second file,
``<name>.seconds.csv``.
"""

import contextlib
import csv
import io
import math
import os
import pathlib
from collections.abc import Iterable
from dataclasses import fields

import pandas as pd
import psutil
from joblib import Parallel, delayed, parallel_config
from tqdm import tqdm

from scaling_lib import __version__
from scaling_lib.data.checks import whole
from scaling_lib.data.cluster import connect
from scaling_lib.data.files import append_bytes, read_whole_lines, write_bytes
from scaling_lib.tasks import language, text
from scaling_lib.training.run import TrainConfig, train

SETTINGS = [field.name for field in fields(TrainConfig) if field.name not in ("D", "checkpoints")]
RESULTS = ["N", "D", "C", "C_6ND", "loss", "entropy"]
COLUMNS = ["key", *SETTINGS, *RESULTS, "checkpoints", "version"]

INTERPRETER_BYTES = 200_000_000  # of a process that has imported everything
EXAMPLE_BYTES = {"language": 12, "dialect": 12, "text": 20}  # while a sample is drawn
# What a run costs in CPU seconds, roughly.
START_SECONDS = 0.02  # a run
STEP_SECONDS = 7e-5  # a step, of Python
FLOP_PER_SECOND = 1.5e11


def sweep(
    configs: Iterable[TrainConfig],
    *,
    jobs: int = 1,
    out: str | os.PathLike | None = None,
    scheduler: str | None = None,
    progress: bool = True,
) -> pd.DataFrame:
    """Train every configuration (see `scaling_lib.training.grids`) that is not in the file yet.

    Parameters
    ----------
    jobs
        Processes on this machine, each with one thread for matrix products (see `train`).
    out
        The CSV file. Without it nothing is written and nothing can be resumed.
    scheduler
        Address of a Dask scheduler, such as ``tcp://head-node:8786``: the runs go to its workers
        and `jobs` is ignored. `instructor/machines.md` says how to start them. Only configurations
        and results travel, so no shared disk is needed.
    progress
        Whether to draw a bar with the remaining time, on stderr.

    Returns
    -------
    pandas.DataFrame
        One row a run in the order of the grid: settings, ``N``, ``D``, ``C`` (exact FLOP),
        ``C_6ND``, ``loss`` and ``entropy`` (nats per token; empty where diverged or not known),
        ``checkpoints`` (``tokens:loss`` pairs) and ``version``.

    Raises
    ------
    ValueError
        If the grid is empty or names a run twice, if a run does not fit in memory, if no scheduler
        answers, or if the file holds something else than runs of this grid by this version.
    """
    configs = list(configs)
    by_key = {config.key: config for config in configs}
    if not configs or len(by_key) < len(configs):
        raise ValueError("the grid is empty" if not configs else "the grid names a run twice")
    whole(jobs, "jobs")
    out = pathlib.Path(out) if out is not None else None
    done = read_records(out) if out else {}
    if not done.keys() <= by_key.keys():
        raise ValueError(f"{out} holds runs that are not in this grid: name another file")
    if any(row["version"] != __version__ for row in done.values()):
        raise ValueError(f"{out} was begun by another version than {__version__}: name a new file")

    # The longest runs first, so that no process is left alone with one of them at the end.
    todo = sorted((c for k, c in by_key.items() if k not in done), key=_duration, reverse=True)
    bar_format = "{percentage:3.0f}% |{bar}|{postfix} [{elapsed}, remaining {remaining}]"
    total = sum(map(_duration, todo))
    with tqdm(total=total, bar_format=bar_format, disable=not progress or not todo) as bar:
        for row, seconds in _run_all(todo, jobs, scheduler):
            if row["version"] != __version__:
                raise ValueError(f"a worker has version {row['version']}, here is {__version__}")
            done[row["key"]] = row
            if out:
                _append(out, row)
                spent = {"key": row["key"], "seconds": f"{seconds:.2f}"}
                _append(out.with_suffix(".seconds.csv"), spent, list(spent))
            bar.set_postfix_str(f"{len(done)}/{len(configs)} runs", refresh=False)
            bar.update(_duration(by_key[row["key"]]))

    table = _to_csv([done[key] for key in by_key])
    if out:
        write_bytes(out, table.encode())
    return pd.read_csv(io.StringIO(table), dtype={"key": str})


def _run_all(configs, jobs, scheduler):
    """Yield (row, CPU seconds) of each run when it ends, on this machine or on a cluster."""
    if not configs:
        return
    with contextlib.ExitStack() as stack:
        if scheduler:
            client = stack.enter_context(connect(scheduler))
            client.wait_for_workers(1)
            workers = client.scheduler_info(n_workers=-1)["workers"].values()
            shares = [w["memory_limit"] / w["nthreads"] for w in workers if w["memory_limit"]]
            check_memory(configs, 1, min(shares, default=math.inf))
            stack.enter_context(parallel_config("dask", client=client, n_jobs=-1))
        else:
            check_memory(configs, jobs, psutil.virtual_memory().available)
            stack.enter_context(parallel_config(n_jobs=jobs))
        # All runs are handed over at once, so that workers that join a cluster later have some too.
        parallel = Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch="all")
        yield from parallel(delayed(_work)(config) for config in configs)


def _work(config):
    run = train(config)
    return record_of(run), run.seconds  # the model stays behind


def _duration(config):
    """CPU seconds, roughly: what a step costs in Python, and what its arithmetic costs."""
    full = config.resolved()
    return full.D / full.batch * STEP_SECONDS + full.C_6ND / FLOP_PER_SECOND + START_SECONDS


def memory_bytes(config: TrainConfig) -> int:
    """Estimate the peak memory of one run's process, generously: two samples are kept."""
    full = config.resolved()
    test_batch = text.TEST_BATCH if full.task == "text" else language.TEST_BATCH
    examples = 2 * full.D // full.epochs * EXAMPLE_BYTES[full.task]
    parameters = full.N * (4 * 4 + 2 * 8)  # with their gradient, moments and initial draw
    activations = max(full.batch, test_batch) * (4 * full.H + 400) * 4
    return INTERPRETER_BYTES + examples + parameters + activations + 4 * full.D // full.batch


def check_memory(configs: list[TrainConfig], jobs: int, available: float) -> None:
    """Raise a `ValueError` if `jobs` of the largest run do not fit into so many bytes."""
    largest = max(configs, key=memory_bytes)
    need = memory_bytes(largest)
    if need * jobs > available:
        raise ValueError(
            f"the run with H={largest.H}, D={largest.D} needs about {need / 1e9:.1f} GB in each of "
            f"{jobs} processes and {available / 1e9:.1f} GB are free: use fewer jobs, or a smaller "
            "H or D"
        )


# The file: all cells are text; what is not a number or does not apply is empty.


def record_of(run):
    """Return the row of a finished run: text by column."""
    row = {"key": run.config.key, "version": run.version}
    row |= {name: getattr(run.config, name) for name in SETTINGS}
    row |= {name: getattr(run, name) for name in RESULTS}
    row["checkpoints"] = " ".join(f"{t}:{loss!r}" for t, loss in run.checkpoints.items())
    return {name: "" if v is None or v != v else str(v) for name, v in row.items()}


def config_of(row: dict[str, str]) -> TrainConfig:
    """Return the configuration of a row."""
    settings = {name: row[name] for name in [*SETTINGS, "D"] if row[name] != ""}
    for name, value in settings.items():
        if name not in ("task", "schedule", "optimizer"):
            settings[name] = float(value) if name in ("lr", "warmup") else int(value)
    asked = tuple(int(pair.split(":")[0]) for pair in row["checkpoints"].split())
    return TrainConfig(**settings, checkpoints=asked)


def read_records(path: str | os.PathLike) -> dict[str, dict[str, str]]:
    """Read the rows of a sweep's file by key, and cut off a last line that a kill left unfinished.

    The file need not exist. `ValueError` names a line that is not a run, or whose settings do not
    belong to its key.
    """
    path = pathlib.Path(path)
    lines = list(csv.reader(io.StringIO(read_whole_lines(path).decode())))
    if lines and lines[0] != COLUMNS:
        raise ValueError(f"{path} is not a file of runs: its columns are not those of a sweep")
    records = {}
    for number, line in enumerate(lines[1:], start=2):
        try:
            row = dict(zip(COLUMNS, line, strict=True))
            float(row["loss"] or "nan")
            intact = config_of(row).key == row["key"] and row["key"] not in records
        except (ValueError, TypeError):
            intact = False
        if not intact:
            raise ValueError(f"{path}, line {number}: damaged or repeated; remove that line")
        records[row["key"]] = row
    return records


def _append(path, row, columns=COLUMNS):
    begun = path.exists() and path.stat().st_size
    append_bytes(path, _to_csv([row], columns, header=not begun).encode())


def _to_csv(rows, columns=COLUMNS, header=True):
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, lineterminator="\n")
    if header:
        writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()
