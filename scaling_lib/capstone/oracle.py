"""A compute budget that is really spent: every run is trained, metered and written down.

The oracle charges ``6·N·D`` FLOP a run, the rule of the published laws, so that a plan made with
``N* = G·(C/6)^a`` costs what it says. It refuses a run that the budget does not cover before any of
it is spent. What was bought stays bought: the ledger survives a restart of the kernel, the same run
is never charged twice, and a run that was charged but cut short is completed free of charge.

A ledger is a file of JSON lines, each with a ``kind`` and a ``hash`` of its content and of the line
before, so an edited, inserted, swapped or missing line shows. Lines cut off at the end do not.
"""

import hashlib
import json
import math
import pathlib
from dataclasses import dataclass

from scaling_lib import __version__
from scaling_lib.data.checks import positive
from scaling_lib.data.files import append_bytes, read_whole_lines
from scaling_lib.training.run import TrainConfig, train

FIXED = {"task", "task_seed", "seed", "checkpoints"}  # by the oracle: not for sale
FIRST_HASH = "0" * 64


class BudgetExceeded(ValueError):
    """The budget does not cover the run that was asked for. Nothing was spent."""


class LedgerDamaged(ValueError):
    """A line of the ledger is not what was written, or does not follow from the one before."""


class LedgerClosed(ValueError):
    """The ledger was closed: nothing can be bought, and it cannot be closed again."""


class LedgerChanged(ValueError):
    """Another kernel wrote to the ledger since this oracle read it."""


@dataclass(frozen=True)
class Observation:
    """What the oracle tells about a run."""

    settings: dict  # what was asked for: `H`, `D` and what else was given
    N: int
    D: int
    C: int  # FLOP charged, 6·N·D
    loss: float  # test loss, nats per token; NaN if the run diverged


class TrainingOracle:
    """Train the laboratory's models within a budget.

    Parameters
    ----------
    budget_flop : float
        FLOP, counted as ``6·N·D``.
    seed, task, task_seed
        Of every run, as in `TrainConfig`.
    ledger : path-like
        If the file exists, the oracle continues from it.

    Raises
    ------
    LedgerDamaged
        If the ledger was edited; the line is named.
    ValueError
        If the budget is not positive, or the ledger belongs to an oracle with other settings.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> oracle = TrainingOracle(1e8, seed=0, ledger=folder.name + "/ledger.jsonl")
    >>> oracle.cost(H=8, D=4096)
    39518208
    >>> oracle.run(H=8, D=4096).N, oracle.spent
    (1608, 39518208)
    >>> oracle.run(H=64, D=4096)
    Traceback (most recent call last):
        ...
    scaling_lib.capstone.oracle.BudgetExceeded: the run costs 3.05e+08 FLOP and 6.05e+07 are left
    >>> folder.cleanup()
    """

    def __init__(self, budget_flop, seed, ledger, task="language", task_seed=0):
        self.budget = positive(budget_flop, "budget_flop")
        config = TrainConfig(H=1, D=1, task=task, task_seed=task_seed, seed=seed)
        self._fixed = {"task": task, "task_seed": config.task_seed, "seed": config.seed}
        self._ledger = pathlib.Path(ledger)
        self._charges, self._losses, self._closing = {}, {}, None
        self.last_hash = FIRST_HASH  # of the last line: it stands for everything that was written
        entries = read_ledger(self._ledger)
        terms = {"budget": self.budget, **self._fixed, "version": __version__}
        if not entries:
            self._write({"kind": "terms", **terms})
        elif {name: entries[0].get(name) for name in terms} != terms:
            raise ValueError(
                f"{ledger} was begun with other terms, {entries[0]}: name another file"
            )
        for entry in entries:
            self._take_in(entry)

    @property
    def closing(self):
        """What `close` wrote (dict), None while the ledger is open."""
        if self._closing is None:
            return None
        return {k: v for k, v in self._closing.items() if k not in ("kind", "hash")}

    @property
    def spent(self):
        """FLOP charged so far."""
        return sum(charge["C"] for charge in self._charges.values())

    @property
    def remaining(self):
        """FLOP left."""
        return self.budget - self.spent

    def cost(self, H, D, **settings):
        """Return the price of a run in FLOP, free of charge; 0 if it was bought already."""
        config = self._config(H, D, **settings)
        return 0 if config.key in self._charges else config.C_6ND

    def run(self, H, D, **settings):
        """Train one model of width `H` on `D` tokens and pay for it; returns an `Observation`.

        `settings` are other fields of `TrainConfig`: ``lr``, ``batch``, ``epochs`` and so on.

        Raises
        ------
        BudgetExceeded
            If the budget does not cover it; nothing is spent.
        LedgerClosed
            If the ledger is closed and the run was not bought before.
        LedgerChanged
            If another kernel wrote to the ledger in the meantime; make the oracle again.
        ValueError
            If a setting is wrong or fixed by the oracle.
        """
        config = self._config(H, D, **settings)
        key, price = config.key, self.cost(H, D, **settings)
        if self._closing is not None and price:
            raise LedgerClosed(f"{self._ledger} is closed: nothing more can be bought")
        if price > self.remaining:
            raise BudgetExceeded(
                f"the run costs {price:.3g} FLOP and {self.remaining:.3g} are left"
            )
        asked = {"H": H, "D": D, **settings}
        if price:  # written first: a kill must not make it free
            self._write({"kind": "charge", "key": key, "settings": asked, "C": price})
        if key not in self._losses:
            loss = train(config).loss
            loss = None if math.isnan(loss) else loss  # JSON has no NaN
            self._write({"kind": "result", "key": key, "N": config.N, "loss": loss})
        return self._observation(key, asked)

    def observations(self):
        """Return what was bought and trained so far (`Observation`), in the order of buying."""
        return [self._observation(key, self._charges[key]["settings"]) for key in self._losses]

    def close(self, **content):
        """Write a last line with this content; nothing can be bought afterwards."""
        if self._closing is not None:
            raise LedgerClosed(f"{self._ledger} was closed before")
        self._write({"kind": "closing", **content})

    def _observation(self, key, asked):
        loss, config = self._losses[key], self._config(**asked)
        loss = math.nan if loss is None else loss
        return Observation(asked, config.N, config.D, self._charges[key]["C"], loss)

    def _config(self, H, D, **settings):
        fixed = FIXED & settings.keys()
        if fixed:
            raise ValueError(f"the oracle fixes {', '.join(sorted(fixed))}; leave them out")
        try:
            return TrainConfig(H=H, D=D, **settings, **self._fixed)
        except TypeError as error:
            raise ValueError(f"unknown setting: {error}") from error

    def _take_in(self, entry):
        if entry["kind"] == "charge":
            self._charges[entry["key"]] = entry
        elif entry["kind"] == "result":
            self._losses[entry["key"]] = entry["loss"]
        elif entry["kind"] == "closing":
            self._closing = entry
        self.last_hash = entry["hash"]

    def _write(self, entry):
        entries = read_ledger(self._ledger)
        if self.last_hash != (entries[-1]["hash"] if entries else FIRST_HASH):
            raise LedgerChanged(
                f"another kernel wrote to {self._ledger}: close it, and make the oracle again here"
            )
        entry["hash"] = line_hash(self.last_hash, entry)
        append_bytes(self._ledger, json.dumps(entry).encode() + b"\n")
        self._take_in(entry)


def read_ledger(path):
    """Read a ledger, if the file exists, as `parse_ledger`; cut off a last line torn by a kill."""
    return parse_ledger(read_whole_lines(path), path)


def parse_ledger(content, name):
    """Check the chain of hashes in the content (bytes) of a ledger, and return its lines (dicts).

    What follows the last line's end is ignored. `LedgerDamaged` tells of the first line that is
    wrong, and calls the ledger by `name`.
    """
    entries, previous = [], FIRST_HASH
    for number, line in enumerate(content[: content.rfind(b"\n") + 1].splitlines(), start=1):
        try:
            entry = json.loads(line)
            intact = entry["hash"] == line_hash(previous, entry) and isinstance(entry["kind"], str)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            intact = False
        if not intact:
            raise LedgerDamaged(f"{name}, line {number}, is not what the oracle wrote")
        entries.append(entry)
        previous = entry["hash"]
    return entries


def line_hash(previous, entry):
    """Return the hash of a line that follows one with the hash `previous`."""
    content = {name: value for name, value in entry.items() if name != "hash"}
    text = previous + json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
