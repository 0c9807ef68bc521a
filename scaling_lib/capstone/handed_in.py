"""A game that is handed in: its ledger is held against the rules, and its runs are trained again.

Nothing that is handed in is run, changed or believed: every price is computed again, and a loss
counts when training gives it again.
"""

import json
import math
import pathlib
from dataclasses import asdict, dataclass

import pandas as pd

from scaling_lib import __version__
from scaling_lib.capstone.game import (
    COMMITMENT,
    EXPLORE_FLOP,
    LEAST_D,
    LEDGER,
    MOST_LOSS,
    MOST_RUNS,
    TERMS,
    Commitment,
    config_of,
    make_commitment,
    runs_table,
)
from scaling_lib.capstone.ledger import parse_ledger
from scaling_lib.training.run import MACHINE_TOLERANCE, train

LARGEST_LEDGER = 1_000_000  # bytes; 200 runs take about 100 kB


class NotByTheRules(ValueError):
    """A submission breaks a rule of the game, or is incomplete. The message says which."""


@dataclass(frozen=True)
class Submission:
    """What a learner hands in, checked against the rules but not yet trained again."""

    task_seed: int  # the language
    runs: pd.DataFrame  # H, N, D, C and loss of every run that was bought
    commitment: Commitment
    version: str  # of the library that trained the runs
    notes: tuple[str, ...] = ()  # what a marker should know


def read_submission(folder):
    """Read the ledger in a folder, and the copy of the commitment if there is one.

    Returns a `Submission`. `NotByTheRules` says that the ledger is missing, damaged or breaks a
    rule, or that nothing was committed.
    """
    path, copy = (pathlib.Path(folder) / name for name in (LEDGER, COMMITMENT))
    if not path.is_file():
        raise NotByTheRules(f"there is no {LEDGER}")
    with path.open("rb") as file:
        ledger = file.read(LARGEST_LEDGER + 1)
    return parse_submission(ledger, copy.read_bytes() if copy.is_file() else None)


def parse_submission(ledger, copy=None):
    """Check the content (bytes) of a ledger against the rules, as `read_submission`.

    `copy` is the content of `COMMITMENT`: a difference is noted, and the ledger counts.
    """
    if len(ledger) > LARGEST_LEDGER:
        raise NotByTheRules(f"{LEDGER} is larger than {LARGEST_LEDGER} bytes")
    try:
        return _submission(parse_ledger(ledger, LEDGER), copy)
    except NotByTheRules:
        raise
    except ValueError as error:
        raise NotByTheRules(str(error)) from error


def retrain(submission):
    """Train again what was bought; `NotByTheRules` if a loss is not what the run gives."""
    for run in submission.runs.itertuples():
        loss = train(config_of(int(run.H), int(run.D), submission.task_seed)).loss
        same = math.isclose(run.loss, loss, rel_tol=MACHINE_TOLERANCE)
        if not same and not (math.isnan(run.loss) and math.isnan(loss)):
            raise NotByTheRules(
                f"the run with H={run.H}, D={run.D} is in the ledger with loss {run.loss:.4f}; "
                f"trained again it gives {loss:.4f}"
            )


def _submission(entries, copy):
    """Hold the lines of a ledger whose hashes agree against the rules."""
    if not entries or entries[0]["kind"] != "terms":
        raise NotByTheRules("the ledger has no terms in its first line")
    terms, *middle = entries
    task_seed = terms.get("task_seed")
    if {name: terms.get(name) for name in TERMS} != TERMS or type(task_seed) is not int:
        raise NotByTheRules("the ledger's terms are not those of the game")
    if not middle or middle[-1]["kind"] != "closing":
        raise NotByTheRules(
            "nothing was committed, it was only rehearsed. In section 4 of the notebook give "
            "`final=True`; `game.committed` then shows the commitment"
        )
    *middle, closing = middle
    bought, losses = _purchases(middle, task_seed)
    # A run that was paid and cut short counts as spent, and tells nothing.
    done = ((bought[key], loss) for key, loss in losses.items())
    runs = runs_table((c.H, c.N, c.D, c.C_6ND, loss) for c, loss in done)
    commitment = _commitment(closing)
    notes = () if _agrees(copy, commitment) else (f"{COMMITMENT} does not agree: ignored",)
    version = str(terms.get("version"))[:40]
    if version != __version__:
        notes += (f"made with version {version}, graded with {__version__}",)
    return Submission(task_seed, runs, commitment, version, notes)


def _purchases(entries, task_seed):
    """Return the runs that were paid and the losses that were told, each by key."""
    bought, losses = {}, {}
    for entry in entries:
        kind, key = entry["kind"], entry.get("key")
        if kind == "charge":
            config = _run(entry, task_seed)
            if config.key != key or config.key in bought or entry.get("C") != config.C_6ND:
                raise NotByTheRules("a run is charged twice, or not at its price")
            bought[key] = config
        elif kind == "result" and key in bought and key not in losses:
            loss = losses[key] = entry.get("loss")
            number = type(loss) in (int, float)
            if loss is not None and not (number and 0 <= loss < MOST_LOSS):
                raise NotByTheRules("a result is no loss")
        else:
            raise NotByTheRules("a line of the ledger is no purchase and no result of one")
    if sum(config.C_6ND for config in bought.values()) > EXPLORE_FLOP or len(bought) > MOST_RUNS:
        raise NotByTheRules("more was bought than the budget allows")
    if not losses:
        raise NotByTheRules("no run was bought")
    return bought, losses


def _run(entry, task_seed):
    settings = entry.get("settings")
    if not isinstance(settings, dict) or settings.keys() != {"H", "D"}:
        raise NotByTheRules("a run has settings that are not for sale")
    if type(settings["D"]) is not int or not LEAST_D <= settings["D"] <= EXPLORE_FLOP:
        raise NotByTheRules("a run has a D out of range")
    return config_of(settings["H"], settings["D"], task_seed)


def _commitment(closing):
    given = {name: value for name, value in closing.items() if name not in ("kind", "hash")}
    if given.keys() != Commitment.__dataclass_fields__.keys():
        raise NotByTheRules("the commitment is incomplete")
    stated = {name: value for name, value in given.items() if name not in ("N", "D")}
    commitment = make_commitment(**stated)
    if (commitment.N, commitment.D) != (given["N"], given["D"]):
        raise NotByTheRules("the commitment's N and D are not what the hero budget buys")
    return commitment


def _agrees(copy, commitment):
    if copy is None:
        return True
    try:
        copy = json.loads(copy[:LARGEST_LEDGER])
        return all(copy[name] == value for name, value in asdict(commitment).items())
    except (ValueError, TypeError, KeyError, RecursionError):
        return False
