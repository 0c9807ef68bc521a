"""Many runs: in parallel, on one machine or a cluster, into one file that survives a kill.

The file is CSV, one row a run, appended as soon as the run ends and ordered as the grid when the
last one has. A row is named by its configuration's key, so starting the same sweep again runs only
what is missing, and the finished file is the same, byte for byte, as that of a sweep that nobody
interrupted. What differs from one execution to the next, the CPU seconds, is in a second file,
``<name>.seconds.csv``.
"""

import io
import math
import pathlib

import pandas as pd
import psutil
from joblib import Parallel, delayed
from tqdm import tqdm

from scaling_lib import __version__
from scaling_lib.data.checks import whole
from scaling_lib.data.files import write_bytes
from scaling_lib.training.cluster import connect
from scaling_lib.training.records import append_row, read_records, record_of, to_csv
from scaling_lib.training.run import train


def sweep(configs, *, jobs=1, out=None, scheduler=None, progress=True):
    """Train every configuration that is not in the file yet.

    Parameters
    ----------
    configs : iterable of TrainConfig
        The grid; see `scaling_lib.training.grids`.
    jobs : int
        Processes on this machine, each with one thread for matrix products (see `train`).
    out : path-like, optional
        The CSV file. Without it nothing is written and nothing can be resumed.
    scheduler : str, optional
        Address of a Dask scheduler, such as ``tcp://head-node:8786``: the runs go to its workers
        and `jobs` is ignored. On a cluster, start ``dask scheduler`` on one machine and
        ``OMP_NUM_THREADS=1 dask worker tcp://head-node:8786 --nworkers N --nthreads 1`` on the
        others, in the same environment as here (this package must be installed there in the same
        version); under Slurm, start the workers with ``srun``. Only configurations and results
        travel, so no shared disk is needed.
    progress : bool
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
        If the grid is empty or names a run twice, if a run does not fit in memory, or if the file
        holds something else than runs of this grid by this version.
    """
    configs = list(configs)
    by_key = {config.key: config for config in configs}
    if not configs or len(by_key) < len(configs):
        raise ValueError("the grid is empty" if not configs else "the grid names a run twice")
    whole(jobs, "jobs")
    done = {} if out is None else read_records(out)
    if not done.keys() <= by_key.keys():
        raise ValueError(f"{out} holds runs that are not in this grid: name another file")
    if any(row["version"] != __version__ for row in done.values()):
        raise ValueError(f"{out} was begun by another version than {__version__}: name a new file")

    # The longest runs first, so that no process is left alone with one of them at the end.
    todo = sorted((c for k, c in by_key.items() if k not in done), key=_duration, reverse=True)
    if todo and not scheduler:
        check_memory(todo, jobs, psutil.virtual_memory().available)
    if todo and out is not None:
        pathlib.Path(out).parent.mkdir(parents=True, exist_ok=True)
    results = _on_cluster(todo, scheduler) if scheduler else _on_this_machine(todo, jobs)
    format_ = "{percentage:3.0f}% |{bar}|{postfix} [{elapsed}, remaining {remaining}]"
    total = sum(map(_duration, todo))
    with tqdm(total=total, bar_format=format_, disable=not progress or not todo) as bar:
        for row, seconds in results:
            if row["version"] != __version__:
                raise ValueError(f"a worker has version {row['version']}, here is {__version__}")
            done[row["key"]] = row
            if out is not None:
                append_row(out, row)
                _note_seconds(out, row["key"], seconds)
            bar.set_postfix_str(f"{len(done)}/{len(configs)} runs", refresh=False)
            bar.update(_duration(by_key[row["key"]]))

    text = to_csv([done[key] for key in by_key])
    if out is not None:
        write_bytes(out, text.encode())
    return pd.read_csv(io.StringIO(text), dtype={"key": str})


def memory_bytes(config):
    """Estimate the peak memory of one run's process, generously.

    Parameters
    ----------
    config : TrainConfig
        The run.

    Returns
    -------
    int
        Bytes: the interpreter, the sample (two are kept), the parameters with their gradient,
        moments and initial draw, and the largest batch of activations.
    """
    full = config.resolved()
    language = full.task != "text"
    examples = 2 * full.D // full.epochs * (12 if language else 20)
    parameters = full.N * (4 * 4 + 2 * 8)
    activations = max(full.batch, 1024 if language else 4000) * (4 * full.H + 400) * 4
    return 200_000_000 + examples + parameters + activations + 4 * full.D // full.batch


def check_memory(configs, jobs, available):
    """Raise a `ValueError` if the largest run does not fit beside its neighbours.

    Parameters
    ----------
    configs : list of TrainConfig
        The runs.
    jobs : int
        How many of them are in memory at a time.
    available : int
        Free bytes.
    """
    largest = max(configs, key=memory_bytes)
    need = memory_bytes(largest)
    if need * jobs > available:
        raise ValueError(
            f"the run with H={largest.H}, D={largest.D} needs about {need / 1e9:.1f} GB in each of "
            f"{jobs} processes and {available / 1e9:.1f} GB are free: use fewer jobs, a smaller H, "
            "or a smaller D"
        )


def _duration(config):
    """CPU seconds, roughly: what a step costs in Python, and what its arithmetic costs."""
    full = config.resolved()
    return full.D / full.batch * 7e-5 + full.C_6ND / 1.5e11 + 0.02


def _work(config):
    """Train in a worker process; return the row as text, and the CPU seconds."""
    run = train(config)
    return record_of(run), run.seconds


def _on_this_machine(configs, jobs):
    if jobs == 1:
        yield from map(_work, configs)
    elif configs:
        parallel = Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=1)
        yield from parallel(delayed(_work)(config) for config in configs)


def _on_cluster(configs, scheduler):
    with connect(scheduler) as client:
        from distributed import as_completed

        workers = client.scheduler_info(n_workers=-1)["workers"].values()
        shares = [w["memory_limit"] / w["nthreads"] for w in workers if w["memory_limit"]]
        if configs:
            check_memory(configs, 1, min(shares, default=math.inf))
        futures = client.map(_work, configs, pure=False)
        try:
            for future in as_completed(futures, loop=client.loop):
                yield future.result()
                future.release()
        finally:
            client.cancel(futures)  # Ctrl-C must not leave the cluster at work


def _note_seconds(out, key, seconds):
    path = pathlib.Path(out).with_suffix(".seconds.csv")
    append_row(path, {"key": key, "seconds": f"{seconds:.2f}"}, ["key", "seconds"])
