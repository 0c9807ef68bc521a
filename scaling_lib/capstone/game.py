"""One shot: explore with 2 % of the compute, commit once, and be measured against the hero run.

The rules. You get a language that nobody has modelled before (`tasks.dialects`). You may train any
models you like on it as long as their price, ``6·N·D``, adds up to at most `EXPLORE_FLOP`. Then you
commit: the width of the one model to be trained with `HERO_FLOP`, and an 80 % interval for its
loss. `capstone_scoring` says what a commitment is worth.

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
import pathlib
from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from scaling_lib import __version__
from scaling_lib.capstone.oracle import LedgerClosed, TrainingOracle, parse_ledger
from scaling_lib.data.files import write_bytes
from scaling_lib.tasks.dialects import dialect
from scaling_lib.training.run import TrainConfig

HERO_FLOP = 5e11
"""Compute of the hero run: about five CPU seconds on a laptop."""

EXPLORE_FLOP = 1e10
"""Compute for exploring: 2 % of the hero run's."""

LEVEL = 0.8
"""Probability that the committed interval should hold the loss with."""

WIDTHS = range(4, 1025)
"""Widths of the hidden layer that may be trained."""

LEAST_D = 1024
"""Tokens of the shortest run."""

MOST_RUNS = 200
"""Runs that may be bought."""

EXPLORE_SEED = 0
"""Seed of weights and samples of every exploring run. The hero run has another one."""

LEDGER, COMMITMENT = "capstone_ledger.jsonl", "capstone_commitment.json"
"""Files of the game: what was bought and committed, and a readable copy of the commitment."""

LARGEST_LEDGER = 1_000_000  # bytes; 200 runs take about 100 kB


class NotByTheRules(ValueError):
    """A submission breaks a rule of the game, or is incomplete. The message says which."""


@dataclass(frozen=True)
class Commitment:
    """What a learner commits to.

    Attributes
    ----------
    H, N, D : int
        Width, parameters and tokens of the hero run; `N` and `D` follow from `H`.
    loss, low, high : float
        Predicted test loss and the ends of its 80 % interval, nats per token.
    learner : str
        Who committed.
    """

    H: int
    N: int
    D: int
    loss: float
    low: float
    high: float
    learner: str = ""

    def __str__(self):
        return (
            f"H = {self.H}: N = {self.N:,}, D = {self.D:,}, {6 * self.N * self.D:.3g} FLOP; "
            f"loss {self.loss:.4f}, {LEVEL:.0%} interval {self.low:.4f} to {self.high:.4f}"
        ).replace("80%", "80 %")


@dataclass(frozen=True)
class Rehearsal:
    """A commitment that was checked and not made."""

    commitment: Commitment

    def __str__(self):
        return (
            f"{self.commitment}\nThis was a rehearsal: nothing is committed. "
            "With final=True it counts, once and for all."
        )


@dataclass(frozen=True)
class Submission:
    """What a learner hands in, checked against the rules but not yet trained again.

    Attributes
    ----------
    task_seed : int
        Seed of the language.
    runs : pandas.DataFrame
        ``H``, ``N``, ``D``, ``C`` and ``loss`` of every run that was bought.
    commitment : Commitment
        The commitment.
    version : str
        Version of the library that trained the runs.
    notes : tuple of str
        What a marker should know.
    """

    task_seed: int
    runs: pd.DataFrame
    commitment: Commitment
    version: str
    notes: tuple[str, ...] = ()


def parameters(H):
    """Return the number of parameters of a model of width `H`.

    Raises
    ------
    ValueError
        If `H` is not a whole number within `WIDTHS`.
    """
    H, whole = _whole(H)
    if not whole or H not in WIDTHS:
        raise ValueError(
            f"H must be a whole number from {WIDTHS[0]} to {WIDTHS[-1]}, not {H!r}: int(round(H))"
        )
    return TrainConfig(task="dialect", H=H, D=1).N


def _whole(value):
    """Return a whole number as an int, and whether it was one; those of numpy count."""
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return int(value), True
    return value, False


def tokens_for(H, C):
    """Return how many tokens `C` FLOP buy a model of width `H`: the whole part of ``C / 6N``."""
    return int(C / (6 * parameters(H)))


def make_commitment(H, loss, low, high, learner=""):
    """Check a commitment and fill in what follows from it.

    Parameters
    ----------
    H : int
        Width of the hero run.
    loss, low, high : float
        Predicted loss and the ends of its 80 % interval, nats per token.
    learner : str
        Who commits.

    Returns
    -------
    Commitment

    Raises
    ------
    ValueError
        Names what is wrong.
    """
    N = parameters(H)
    numbers = {}
    for name, value in (("loss", loss), ("low", low), ("high", high)):
        try:
            numbers[name] = float(value)
        except (TypeError, ValueError, OverflowError):
            raise ValueError(f"{name} must be a number, not {value!r}") from None
        if not 0 < numbers[name] < 1000:  # also refuses NaN
            raise ValueError(f"{name} must be a positive loss in nats per token, not {value!r}")
    if not numbers["low"] <= numbers["loss"] <= numbers["high"]:
        raise ValueError(
            f"low <= loss <= high must hold; these are {low!r}, {loss!r}, {high!r}: "
            "the prediction lies inside its own interval"
        )
    if not numbers["low"] < numbers["high"]:
        raise ValueError("an interval of no width promises what nobody can keep: widen it")
    if not isinstance(learner, str) or len(learner) > 200:
        raise ValueError(f"learner must be a short text, not {learner!r}")
    return Commitment(H=int(H), N=N, D=tokens_for(H, HERO_FLOP), **numbers, learner=learner)


class OneShot:
    """The game: buy runs, then commit once.

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
        self.task_seed, self.learner = task_seed, learner
        self._folder = pathlib.Path(folder)
        self._oracle = TrainingOracle(
            EXPLORE_FLOP,
            seed=EXPLORE_SEED,
            ledger=self._folder / LEDGER,
            task="dialect",
            task_seed=task_seed,
        )
        if self.committed is not None:
            self._write_copy()  # a kill between the two writes may have left it out
        elif (self._folder / COMMITMENT).exists():
            raise ValueError(
                f"{self._folder / COMMITMENT} exists, but {LEDGER} beside it holds no commitment: "
                "put the ledger back that it was made with"
            )

    @cached_property
    def entropy(self):
        """Entropy of the language, nats per token: the loss that no model can beat."""
        return dialect(self.task_seed).entropy

    @property
    def spent(self):
        """FLOP charged so far."""
        return self._oracle.spent

    @property
    def remaining(self):
        """FLOP left to explore with."""
        return self._oracle.remaining

    @property
    def committed(self):
        """The commitment, or None before it is made."""
        closing = self._oracle.closing
        return None if closing is None else Commitment(**closing)

    def cost(self, H, D):
        """Return the price of a run in FLOP, free of charge; 0 if it was bought already."""
        H, D = self._check(H, D)
        return self._oracle.cost(H, D)

    def run(self, H, D):
        """Train one model and pay for it.

        Parameters
        ----------
        H : int
            Width of the hidden layer, within `WIDTHS`.
        D : int
            Tokens, at least `LEAST_D`.

        Returns
        -------
        Observation
            With ``N``, ``D``, ``C`` and ``loss``.

        Raises
        ------
        BudgetExceeded
            If the budget does not cover it; nothing is spent.
        LedgerClosed
            If you have committed, and the run is a new one.
        ValueError
            If `H` or `D` is out of range, or `MOST_RUNS` were bought.
        """
        H, D = self._check(H, D)
        new = self._oracle.cost(H, D) > 0
        if new and len(self._oracle.observations()) >= MOST_RUNS:
            raise ValueError(f"{MOST_RUNS} runs are the most that may be bought")
        return self._oracle.run(H, D)

    def runs(self):
        """Return what was bought so far.

        Returns
        -------
        pandas.DataFrame
            ``H``, ``N``, ``D``, ``C`` (FLOP) and ``loss`` (nats per token; NaN if a run diverged),
            in the order of buying.
        """
        return _table((o.settings["H"], o.N, o.D, o.C, o.loss) for o in self._oracle.observations())

    def commit(self, H, loss, low, high, final=False):
        """Commit to a hero run and a forecast of its loss: once.

        Parameters
        ----------
        H : int
            Width; the tokens are what `HERO_FLOP` buys.
        loss, low, high : float
            Predicted loss and the ends of its 80 % interval, nats per token.
        final : bool
            False rehearses: everything is checked and nothing is written.

        Returns
        -------
        Commitment or Rehearsal
            The same commitment again is no error, so that a notebook can be run again.

        Raises
        ------
        LedgerClosed
            If you committed to something else before.
        ValueError
            If something is wrong with the commitment; nothing is written.
        """
        wanted = make_commitment(H, loss, low, high, self.learner)
        if self.committed is not None:
            if self.committed == wanted:
                return self.committed
            raise LedgerClosed(f"you have committed, once and for all: {self.committed}")
        if not final:
            return Rehearsal(wanted)
        if self.runs().empty:
            raise ValueError("buy at least one run before you commit: this is no guessing game")
        self._oracle.close(**asdict(wanted))
        self._write_copy()
        return wanted

    def _check(self, H, D):
        parameters(H)
        D, whole = _whole(D)
        if not whole or D < LEAST_D:
            raise ValueError(f"D must be a whole number of at least {LEAST_D}, not {D!r}")
        return int(H), D

    def _write_copy(self):
        path = self._folder / COMMITMENT
        if not path.exists():
            content = asdict(self.committed) | {
                "task_seed": self.task_seed,
                "ledger": self._oracle.last_hash,
            }
            write_bytes(path, json.dumps(content, indent=2).encode() + b"\n")


def read_submission(folder):
    """Read a game that somebody hands in, and check it against the rules.

    Nothing in the folder is run, changed or believed: every price is computed again, and
    `capstone_scoring.retrain` tells whether the losses are real.

    Parameters
    ----------
    folder : path-like
        Holds `LEDGER`; a copy of the commitment beside it is compared with it.

    Returns
    -------
    Submission

    Raises
    ------
    NotByTheRules
        If the ledger is missing, damaged or breaks a rule, or nothing was committed.
    """
    path = pathlib.Path(folder) / LEDGER
    if not path.is_file():
        raise NotByTheRules(f"there is no {LEDGER}")
    if path.stat().st_size > LARGEST_LEDGER:
        raise NotByTheRules(f"{LEDGER} is larger than {LARGEST_LEDGER} bytes")
    copy = pathlib.Path(folder) / COMMITMENT
    return parse_submission(path.read_bytes(), copy.read_bytes() if copy.is_file() else None)


def parse_submission(ledger, copy=None):
    """Check the content of a ledger against the rules, as `read_submission` does.

    Parameters
    ----------
    ledger : bytes
        Content of `LEDGER`.
    copy : bytes, optional
        Content of `COMMITMENT`, which is only compared.

    Returns
    -------
    Submission

    Raises
    ------
    NotByTheRules
        If the ledger is damaged or breaks a rule, or nothing was committed.
    """
    if len(ledger) > LARGEST_LEDGER:
        raise NotByTheRules(f"{LEDGER} is larger than {LARGEST_LEDGER} bytes")
    try:
        return _check_entries(parse_ledger(ledger, LEDGER), copy)
    except NotByTheRules:
        raise
    except ValueError as error:
        raise NotByTheRules(str(error)) from error


def _check_entries(entries, copy):
    """Hold the lines of a ledger whose hashes agree against the rules."""
    if not entries or entries[0]["kind"] != "terms":
        raise NotByTheRules("the ledger has no terms in its first line")
    terms, *middle = entries
    task_seed = terms.get("task_seed")
    rules = {"budget": EXPLORE_FLOP, "task": "dialect", "seed": EXPLORE_SEED}
    if {name: terms.get(name) for name in rules} != rules or type(task_seed) is not int:
        raise NotByTheRules("the ledger's terms are not those of the game")
    if not middle or middle[-1]["kind"] != "closing":
        raise NotByTheRules("nothing was committed: final=True was not given")
    *middle, closing = middle
    bought, losses = {}, {}
    for entry in middle:
        kind, key = entry["kind"], entry.get("key")
        if kind == "charge":
            config = _checked_run(entry, task_seed)
            if config.key != key or config.key in bought or entry.get("C") != config.C_6ND:
                raise NotByTheRules("a run is charged twice, or not at its price")
            bought[key] = config
        elif kind == "result" and key in bought and key not in losses:
            losses[key] = _checked_loss(entry.get("loss"))
        else:
            raise NotByTheRules("a line of the ledger is no purchase and no result of one")
    if sum(config.C_6ND for config in bought.values()) > EXPLORE_FLOP or len(bought) > MOST_RUNS:
        raise NotByTheRules("more was bought than the budget allows")
    if not losses:
        raise NotByTheRules("no run was bought")
    # A run that was paid and cut short counts as spent, and tells nothing.
    done = [(bought[key], loss) for key, loss in losses.items()]
    runs = _table((c.H, c.N, c.D, c.C_6ND, loss) for c, loss in done)
    commitment = _checked_commitment(closing)
    notes = () if _copy_agrees(copy, commitment) else (f"{COMMITMENT} does not agree: ignored",)
    version = str(terms.get("version"))[:40]
    if version != __version__:
        notes += (f"made with version {version}, graded with {__version__}",)
    return Submission(task_seed, runs, commitment, version, notes)


def _checked_loss(loss):
    if loss is not None and (type(loss) not in (int, float) or not 0 <= loss < 1000):
        raise NotByTheRules("a result is no loss")
    return loss


def _checked_run(entry, task_seed):
    settings = entry.get("settings")
    if not isinstance(settings, dict) or settings.keys() != {"H", "D"}:
        raise NotByTheRules("a run has settings that are not for sale")
    H, D = settings["H"], settings["D"]
    if type(D) is not int or not LEAST_D <= D <= EXPLORE_FLOP:
        raise NotByTheRules("a run has a D out of range")
    parameters(H)
    return TrainConfig(task="dialect", task_seed=task_seed, seed=EXPLORE_SEED, H=H, D=D)


def _checked_commitment(closing):
    given = {name: value for name, value in closing.items() if name not in ("kind", "hash")}
    if given.keys() != Commitment.__dataclass_fields__.keys():
        raise NotByTheRules("the commitment is incomplete")
    names = ("H", "loss", "low", "high", "learner")
    commitment = make_commitment(**{name: given[name] for name in names})
    if (commitment.N, commitment.D) != (given["N"], given["D"]):
        raise NotByTheRules("the commitment's N and D are not what the hero budget buys")
    return commitment


def _copy_agrees(copy, commitment):
    if copy is None:
        return True  # the ledger is what counts
    try:
        copy = json.loads(copy[:LARGEST_LEDGER])
        return all(copy[name] == value for name, value in asdict(commitment).items())
    except (ValueError, TypeError, KeyError, RecursionError):
        return False


def _table(rows):
    table = pd.DataFrame(list(rows), columns=["H", "N", "D", "C", "loss"])
    table["loss"] = pd.to_numeric(table["loss"], errors="coerce").astype(float)
    return table
