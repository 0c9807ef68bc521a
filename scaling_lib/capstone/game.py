"""One shot: explore with 2 % of the compute, commit once, and be measured against the hero run.

The rules are in `chapters/capstone.md`. Runs are paid with ``6·N·D`` of `EXPLORE_FLOP`.

>>> import tempfile
>>> folder = tempfile.TemporaryDirectory()
>>> game = OneShot(task_seed=1, folder=folder.name)
>>> game.run(H=8, D=4096).N, f"{game.remaining:.3g}"
(808, '9.98e+09')
>>> print(game.commit(H=128, loss=1.07, low=1.06, high=1.09))
H = 128: N = 12,448, D = 6,694,515, 5e+11 FLOP; loss 1.0700, 80 % interval 1.0600 to 1.0900
This was a rehearsal: nothing is committed. With final=True it counts, once and for all.
>>> folder.cleanup()
"""

import json
import math
import pathlib
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import NamedTuple

import pandas as pd

from scaling_lib import __version__
from scaling_lib.capstone.ledger import Ledger, without_hash
from scaling_lib.data.checks import positive, whole
from scaling_lib.data.files import write_bytes
from scaling_lib.laws.formulas import FLOP_PER_PARAMETER_TOKEN
from scaling_lib.models import OneHotLM
from scaling_lib.tasks.dialects import V, dialect
from scaling_lib.training.run import TrainConfig, train

HERO_FLOP = 5e11  # of the hero run: about five CPU seconds on a laptop
EXPLORE_FLOP = 1e10  # for exploring: 2 % of the hero run's
LEVEL = 0.8  # probability that the committed interval should hold the loss with
WIDTHS = range(4, 1025)  # of the hidden layer that may be trained
LEAST_D = 1024  # tokens of the shortest run
MOST_RUNS = 200  # that may be bought
MOST_LOSS = 1000  # nats per token: beyond any forecast that is meant
LONGEST_NAME = 200  # of a learner, characters
EXPLORE_SEED = 0  # of weights and samples of every exploring run; the hero run has another one

TERMS = {"budget": EXPLORE_FLOP, "task": "dialect", "seed": EXPLORE_SEED}  # of every game

# What was bought and committed, and a readable copy of the commitment.
LEDGER, COMMITMENT = "capstone_ledger.jsonl", "capstone_commitment.json"


class BudgetExceeded(ValueError):
    """The budget does not cover the run that was asked for. Nothing was spent."""


class LedgerClosed(ValueError):
    """A commitment was made: nothing new can be trained, and it cannot be changed."""


class Observation(NamedTuple):
    """What is told about a run that was bought."""

    H: int
    N: int
    D: int
    C: int  # FLOP charged, 6·N·D
    loss: float  # test loss, nats per token; NaN if the run diverged


@dataclass(frozen=True)
class Commitment:
    """What a learner commits to."""

    H: int  # width of the hero run; N and D follow from it
    N: int
    D: int
    loss: float  # predicted test loss, nats per token
    low: float  # ends of its 80 % interval
    high: float
    learner: str = ""

    def __str__(self):
        return (
            f"H = {self.H}: N = {self.N:,}, D = {self.D:,}, "
            f"{FLOP_PER_PARAMETER_TOKEN * self.N * self.D:.3g} FLOP; loss {self.loss:.4f}, "
            f"{100 * LEVEL:.0f} % interval {self.low:.4f} to {self.high:.4f}"
        )


def parameters(H):
    """Return the number of parameters of a model of width `H`, within `WIDTHS`."""
    return OneHotLM.count_parameters(V, 2, whole(H, "H", WIDTHS[0], WIDTHS[-1]))


def tokens_for(H, C):
    """Return how many tokens `C` FLOP buy a model of width `H`: the whole part of ``C / 6N``."""
    return int(C / (FLOP_PER_PARAMETER_TOKEN * parameters(H)))


def config_of(H, D, task_seed=0, seed=EXPLORE_SEED):
    """Return the configuration of a run of the game."""
    H = whole(H, "H", WIDTHS[0], WIDTHS[-1])
    return TrainConfig(task="dialect", task_seed=task_seed, H=H, D=D, seed=seed)


def make_commitment(H, loss, low, high, learner="", entropy=0.0):
    """Check a commitment and fill in what follows from it; arguments as of `Commitment`.

    `entropy` is that of the language, where it is known.
    """
    N = parameters(H)
    loss = positive(loss, "loss")
    low, high = positive(low, "low"), positive(high, "high")
    if not low <= loss <= high < MOST_LOSS:
        raise ValueError(
            f"low <= loss <= high < {MOST_LOSS} must hold, in nats per token; these are {low}, "
            f"{loss}, {high}: the prediction lies inside its own interval"
        )
    if low <= entropy:
        raise ValueError(
            f"low must be above the entropy {entropy:.4f}, which no model can reach, not {low:.4f}"
        )
    if low == high:
        raise ValueError("an interval of no width promises what nobody can keep: widen it")
    if not isinstance(learner, str) or len(learner) > LONGEST_NAME:
        raise ValueError(
            f"learner must be a text of at most {LONGEST_NAME} characters, not {learner!r}"
        )
    return Commitment(int(H), N, tokens_for(H, HERO_FLOP), loss, low, high, learner)


class OneShot:
    """The game: buy runs, then commit once.

    What was bought stays bought: the ledger survives a restart of the kernel, the same run is never
    charged twice, and a run that was charged but cut short is completed free of charge.

    Parameters
    ----------
    task_seed : int
        Seed of your language.
    folder : path-like
        Where the ledger and the commitment are kept. A game begun there is continued.
    learner : str
        Written into the commitment.

    Raises
    ------
    LedgerDamaged
        If the ledger was edited; the line is named.
    ValueError
        If the folder holds a game with other terms, or a commitment without its ledger.
    """

    def __init__(self, task_seed, folder=".", learner=""):
        self.task_seed, self.learner = whole(task_seed, "task_seed", 0), learner
        self._folder = pathlib.Path(folder)
        self._ledger = Ledger(self._folder / LEDGER)
        terms = {"kind": "terms", **TERMS, "task_seed": self.task_seed, "version": __version__}
        if not self._ledger.entries:
            self._ledger.write(**terms)
        first = without_hash(self._ledger.entries[0])
        if first != terms:
            raise ValueError(
                f"{self._ledger.path} was begun with other terms, {first}: name another folder"
            )
        if self.committed is not None:
            self._write_copy()  # a kill between the two writes may have left it out
        elif (self._folder / COMMITMENT).exists():
            raise ValueError(
                f"{self._folder / COMMITMENT} exists, but {LEDGER} beside it holds no commitment: "
                "put the ledger back that it was made with"
            )

    def _by_key(self, kind):
        return {entry["key"]: entry for entry in self._ledger.entries if entry["kind"] == kind}

    @cached_property
    def entropy(self):
        """Entropy of the language, nats per token: the loss that no model can beat."""
        return dialect(self.task_seed).entropy

    @property
    def spent(self):
        """FLOP charged so far."""
        return sum(charge["C"] for charge in self._by_key("charge").values())

    @property
    def remaining(self):
        """FLOP left to explore with."""
        return EXPLORE_FLOP - self.spent

    @property
    def committed(self):
        """The commitment, or None before it is made."""
        last = self._ledger.entries[-1]
        if last["kind"] != "closing":
            return None
        return Commitment(**{k: v for k, v in without_hash(last).items() if k != "kind"})

    def cost(self, H, D):
        """Return the price of a run in FLOP, free of charge; 0 if it was bought already."""
        config = config_of(H, whole(D, "D", LEAST_D), self.task_seed)
        return 0 if config.key in self._by_key("charge") else config.C_6ND

    def run(self, H, D):
        """Train one model of width `H`, within `WIDTHS`, on `D` tokens, and pay for it.

        Returns an `Observation`: ``H``, ``N``, ``D``, ``C`` and ``loss``.

        Raises
        ------
        BudgetExceeded
            If the budget does not cover it; nothing is spent.
        LedgerClosed
            If you have committed, and the run was not trained before.
        LedgerChanged
            If another kernel wrote to the ledger in the meantime; make the game again.
        ValueError
            If `H` or `D` is out of range, or `MOST_RUNS` were bought.
        """
        price, config = self.cost(H, D), config_of(H, D, self.task_seed)
        key, done = config.key, self._by_key("result")
        if price > 0 and len(done) >= MOST_RUNS:
            raise ValueError(f"{MOST_RUNS} runs are the most that may be bought")
        if key not in done and self.committed is not None:  # the commitment is the last line
            raise LedgerClosed("you have committed: nothing more can be trained")
        if price > self.remaining:
            raise BudgetExceeded(
                f"the run costs {price:.3g} FLOP and {self.remaining:.3g} are left"
            )
        if price > 0:  # written first: a kill must not make it free
            settings = {"H": config.H, "D": config.D}
            self._ledger.write(kind="charge", key=key, settings=settings, C=price)
        if key not in done:
            loss = train(config).loss
            loss = None if math.isnan(loss) else loss  # JSON has no NaN
            self._ledger.write(kind="result", key=key, N=config.N, loss=loss)
        return self._observations()[key]

    def _observations(self):
        """Return what was bought and trained so far by its key, in the order of buying."""
        charges, found = self._by_key("charge"), {}
        for key, result in self._by_key("result").items():
            H, D = (charges[key]["settings"][name] for name in ("H", "D"))
            loss = math.nan if result["loss"] is None else result["loss"]
            found[key] = Observation(H, result["N"], D, charges[key]["C"], loss)
        return found

    def runs(self):
        """Return a table of what was bought so far, in the order of buying.

        Columns: ``H``, ``N``, ``D``, ``C`` (FLOP), ``loss`` (nats per token; NaN if diverged).
        """
        return runs_table(self._observations().values())

    def commit(self, H, loss, low, high, final=False):
        """Commit to a hero run and a forecast of its loss: once.

        The run has width `H` and the tokens that `HERO_FLOP` buys; `loss` is predicted, and `low`
        and `high` are the ends of its 80 % interval, all in nats per token. Without `final` it is a
        rehearsal: everything is checked, nothing is written, and a text is returned.

        Returns the `Commitment`; the same one again is no error, so that a notebook can be run
        again.

        Raises
        ------
        LedgerClosed
            If you committed to something else before.
        ValueError
            If something is wrong with the commitment; nothing is written.
        """
        wanted = make_commitment(H, loss, low, high, self.learner, self.entropy)
        if self.committed is not None:
            if self.committed == wanted:
                return self.committed
            raise LedgerClosed(f"you have committed, once and for all: {self.committed}")
        if not final:
            return (
                f"{wanted}\nThis was a rehearsal: nothing is committed. "
                "With final=True it counts, once and for all."
            )
        if self.runs().empty:
            raise ValueError("buy at least one run before you commit: this is no guessing game")
        self._ledger.write(kind="closing", **asdict(wanted))
        self._write_copy()
        return wanted

    def _write_copy(self):
        path = self._folder / COMMITMENT
        if not path.exists():
            content = asdict(self.committed)
            content |= {"task_seed": self.task_seed, "ledger": self._ledger.last_hash}
            write_bytes(path, json.dumps(content, indent=2).encode() + b"\n")


def runs_table(rows):
    """Return rows of (H, N, D, C, loss) as a table; a loss of None becomes NaN."""
    table = pd.DataFrame(list(rows), columns=["H", "N", "D", "C", "loss"])
    table["loss"] = pd.to_numeric(table["loss"], errors="coerce").astype(float)
    return table
