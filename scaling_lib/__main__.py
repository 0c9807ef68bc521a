"""The command line: ``python -m scaling_lib COMMAND ...``."""

import argparse
import errno
import importlib
import os
import pathlib
import sys
import time

from scaling_lib import __version__

# Tables that ship with the book because they take too long to make in a cell:
# name: (module that has regenerate(out, jobs), minutes on two cores).
SHIPPED = {
    "first_forecast": ("scaling_lib.experiments.scaling_laws.first_forecast", 1),
    "scaling_language": ("scaling_lib.experiments.scaling_laws.scaling_sweep", 4),
    "scaling_schedules": ("scaling_lib.experiments.scaling_laws.schedules", 7),
    "scaling_text": ("scaling_lib.experiments.scaling_laws.text_sweep", 6),
    "connect_four": ("scaling_lib.experiments.bitter_lesson.connect_four", 9),
    "digits": ("scaling_lib.experiments.bitter_lesson.digits", 3),
    "algorithms": ("scaling_lib.experiments.scaling_hypothesis.algorithms", 1),
    "cipher": ("scaling_lib.experiments.scaling_hypothesis.cipher", 3),
    "emergence": ("scaling_lib.experiments.scaling_hypothesis.emergence", 2),
    "emergence_by_time": ("scaling_lib.experiments.scaling_hypothesis.emergence_by_time", 2),
    "ensembles": ("scaling_lib.experiments.scaling_hypothesis.ensembles", 5),
    "in_context": ("scaling_lib.experiments.scaling_hypothesis.in_context", 5),
    "lazy": ("scaling_lib.experiments.scaling_hypothesis.lazy", 5),
    "modular_neurons": ("scaling_lib.experiments.scaling_hypothesis.modular_neurons", 5),
    "quantisation": ("scaling_lib.experiments.scaling_hypothesis.quantisation", 2),
    "reversal_curse": ("scaling_lib.experiments.scaling_hypothesis.reversal_curse", 3),
    "sparse_parity": ("scaling_lib.experiments.scaling_hypothesis.sparse_parity", 1),
    "collapse": ("scaling_lib.experiments.data_limits.collapse", 3),
    "own_answers": ("scaling_lib.experiments.data_limits.synthetic_data", 3),
    "repetition": ("scaling_lib.experiments.data_limits.repetition", 4),
    "transfer": ("scaling_lib.experiments.data_limits.transfer", 1),
    "weight_decay": ("scaling_lib.experiments.data_limits.weight_decay", 1),
    "retrieval": ("scaling_lib.experiments.scaffolding.retrieval", 3),
    "chain_of_thought": ("scaling_lib.experiments.scaffolding.chain_of_thought", 7),
    "chain_votes": ("scaling_lib.experiments.scaffolding.voting", 4),
    "cups": ("scaling_lib.experiments.scaffolding.cups", 5),
    "guided_search": ("scaling_lib.experiments.since_2024.guided_search", 6),
    "low_precision": ("scaling_lib.experiments.since_2024.low_precision", 2),
    "mixture": ("scaling_lib.experiments.since_2024.mixture", 3),
    "data_mixing": ("scaling_lib.experiments.since_2024.data_mixing", 2),
    "data_filtering": ("scaling_lib.experiments.since_2024.data_filtering", 2),
    "distillation": ("scaling_lib.experiments.since_2024.distillation", 2),
    "width_transfer": ("scaling_lib.experiments.since_2024.width_transfer", 1),
    "reinforcement": ("scaling_lib.experiments.since_2024.reinforcement", 13),
    "serial_parallel": ("scaling_lib.experiments.since_2024.serial_parallel", 2),
    "chain_horizons": ("scaling_lib.experiments.since_2024.chain_horizons", 2),
    "capstone_practice": ("scaling_lib.capstone.practice", 5),
}


class Once(argparse.Action):
    """Store what an option is given, and refuse a second use: it would silently replace the first.

    Only positional arguments come without an `option_string`.
    """

    def __call__(self, parser, namespace, values, option_string=None):
        """Store the values, or end with status 2."""
        given = vars(namespace).setdefault("given", set())
        if option_string and self.dest in given:
            how = ", with all its values" if self.nargs else ""
            how = ", with its conditions joined by and" if self.metavar == "CONDITION" else how
            parser.error(f"{self.option_strings[0]} is given twice: give it once{how}")
        given.add(self.dest)
        setattr(namespace, self.dest, values)


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, and whose options with one value are given once."""

    def __init__(self, **options):
        super().__init__(**options)
        self.register("action", None, Once)

    def error(self, message):
        """Print one line and end with status 2."""
        self.exit(2, f"{self.prog}: error: {message} (--help explains)\n")


# Each command is a function that adds its options, and one that runs it and returns the exit
# status. They import what they need when they are called, so that the others start fast.


def _fitting():
    from scaling_lib.fitting import command

    return command


def fit_options(parser):
    """Fit a scaling law to runs: a table with one line a run, its first line naming the columns.

    N, D or C is derived from C = 6 N D when the law needs it and the file has the other two.
    """
    _fitting().fit_options(parser)


def compare_options(parser):
    """Fit several laws to the same runs and compare them: AICc, BIC, errors on held-out runs.

    AICc says which law fits best for its number of parameters, not whether any is right; runs held
    out (--hold-out) decide what is used for a forecast.
    """
    _fitting().compare_options(parser)


def isoflop_options(parser):
    """Find the compute-optimal sizes: a parabola of loss in log N through the runs of each budget.

    The file needs the columns C, N, D and loss; one of C, N and D may follow from C = 6 N D.
    """
    _fitting().allocation_options(parser)


def envelope_options(parser):
    """Find the compute-optimal sizes: the lowest of the training curves at each compute.

    The file needs the columns run (which curve a row belongs to), N, loss, and C and D so far, one
    of which may follow from C = 6 N D.
    """
    isoflop_options(parser)


def train_options(parser):
    """Train one model and print its loss and its price."""
    from scaling_lib.training.run import LONGEST_CONTEXT, OPTIMIZERS, SCHEDULES

    add = parser.add_argument
    add("--task", default="language", choices=tuple(LONGEST_CONTEXT))
    add("--task-seed", type=int, default=0, help="seed of the language or dialect")
    add("--H", type=int, required=True, help="width of the hidden layer")
    add("--D", type=int, required=True, help="tokens processed")
    add("--k", type=int, help="tokens of context")
    add("--d", type=int, help="width of the embedding (text only)")
    add("--epochs", type=int, default=1)
    add("--batch", type=int, help="tokens a step (default: a rule in D)")
    add("--lr", type=float, help="highest learning rate (default: a rule)")
    add("--schedule", default="cosine", choices=tuple(SCHEDULES))
    add("--optimizer", default="adam", choices=tuple(OPTIMIZERS))
    add("--seed", type=int, default=0)


def train_run(options):
    """Train and print."""
    from scaling_lib.training import TrainConfig, train

    names = "task task_seed H D k d epochs batch lr schedule optimizer seed".split()
    result = train(TrainConfig(**{name: getattr(options, name) for name in names}))
    config = result.config
    print(f"N    {result.N:,} parameters")
    print(f"D    {result.D:,} tokens in steps of {config.batch}, learning rate {config.lr:g}")
    print(f"C    {result.C:.4g} FLOP in matrix products; 6ND = {result.C_6ND:.4g}")
    print(f"loss {result.loss:.4f} nats per token", end="")
    known = result.entropy == result.entropy
    print(f", {result.excess:.4f} above the entropy {result.entropy:.4f}" if known else "")
    print(f"     {result.seconds:.2f} CPU seconds")
    return 0


def sweep_options(parser):
    """Train a grid of models into a CSV file, which ``fit`` reads."""
    add = parser.add_argument
    add("grid", help="TOML file of the grid, such as sweeps/tiny.toml")
    add("--out", required=True, help="CSV file; an unfinished one is continued")
    add("--jobs", type=int, default=1, help="processes on this machine")
    add("--scheduler", help="Dask scheduler, tcp://host:8786, instead of --jobs")


def sweep_run(options):
    """Run the sweep; Ctrl-C leaves a valid file and ends with status 130."""
    from scaling_lib.training import read_grid, sweep

    try:
        runs = sweep(
            read_grid(options.grid), jobs=options.jobs, out=options.out, scheduler=options.scheduler
        )
    except KeyboardInterrupt:
        print(f"stopped; {options.out} is valid, the same command continues it", file=sys.stderr)
        return 130
    print(f"{len(runs)} runs in {options.out}; scaling_lib fit reads that file")
    return 0


def capstone_options(parser):
    """Train the hero run of a finished game of the capstone, and score it."""
    parser.add_argument("folder", nargs="?", default=".", help="folder of the ledger (this one)")


def capstone_run(options):
    """Score a finished game with the public seed of the hero run."""
    from scaling_lib.capstone import scoring
    from scaling_lib.capstone.handed_in import read_submission, retrain

    game = read_submission(options.folder)
    print(f"committed: {game.commitment}")
    retrain(game)
    print(f"{len(game.runs)} runs trained again: the ledger is true. The hero runs ...", flush=True)
    seed = scoring.derived_seed("public", "hero", str(game.task_seed))
    curve = scoring.hero_curve(game.task_seed, seed)
    loss = scoring.hero_loss(game.task_seed, game.commitment.H, seed)
    print(scoring.report(scoring.score(game.commitment, loss, curve)))
    return 0


def regenerate_options(parser):
    """Make the tables that ship with the book again."""
    from scaling_lib.data import DATA

    add = parser.add_argument
    add("name", choices=["all", *sorted(SHIPPED)])
    add("--jobs", type=int, default=1, help="processes")
    add("--out", type=pathlib.Path, default=DATA, help="folder of the tables")


def regenerate_run(options):
    """Regenerate one table or all of them."""
    names = sorted(SHIPPED) if options.name == "all" else [options.name]
    for name in names:
        module, minutes = SHIPPED[name]
        file = f"{name}.csv"
        print(f"{name}: about {minutes:g} minutes on two cores", flush=True)
        start = time.monotonic()
        importlib.import_module(module).regenerate(options.out / file, options.jobs)
        print(f"{name}: {file} made in {(time.monotonic() - start) / 60:.1f} minutes", flush=True)
    return 0


COMMANDS = {
    "fit": (fit_options, lambda options: _fitting().fit_run(options)),
    "compare": (compare_options, lambda options: _fitting().compare_run(options)),
    "isoflop": (isoflop_options, lambda options: _fitting().allocation_run(options)),
    "envelope": (envelope_options, lambda options: _fitting().allocation_run(options)),
    "train": (train_options, train_run),
    "sweep": (sweep_options, sweep_run),
    "capstone": (capstone_options, capstone_run),
    "regenerate": (regenerate_options, regenerate_run),
}


def build_parser(prog, description, commands, chosen=None):
    """Return the parser of a package's command line.

    `commands` are by name a function that adds the options to a parser and whose docstring
    describes the command, and one that runs it and returns the exit status. Only the options of the
    one that was `chosen` are added; those of the others would cost their imports.
    """
    parser = Parser(prog=prog, description=description)
    parser.add_argument("--version", action="version", version=f"{prog} {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (add_options, run) in commands.items():
        text = " ".join(add_options.__doc__.split())
        command = subparsers.add_parser(
            name, help=text.split(". ")[0].rstrip("."), description=text, add_help=name == chosen
        )
        if name == chosen:
            add_options(command)
        command.set_defaults(run=run)
    return parser


def run_command(prog, description, commands, arguments=None):
    """Run one command of a package, `python -m grading` too, and return its exit status.

    That is 2 for input that cannot be used, 1 for a full disk and 130 for Ctrl-C, said in one line.
    """
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    chosen = next((a for a in arguments if not a.startswith("-")), None)
    options, rest = build_parser(prog, description, commands, chosen).parse_known_args(arguments)
    if rest:  # said by the parser of the command, not by the one above it
        command = Parser(prog=f"{prog} {options.command}")
        command.error(f"unrecognized arguments: {' '.join(rest)}")
    try:
        status = options.run(options)
        sys.stdout.flush()
        return status or 0
    except (ValueError, OSError) as error:
        if isinstance(error, BrokenPipeError):  # the reader of our output has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        full = isinstance(error, OSError) and error.errno == errno.ENOSPC
        words = "the disk is full: make room, and give the same command again" if full else error
        print(f"{prog} {options.command}: error: {' '.join(str(words).split())}", file=sys.stderr)
        return 1 if full else 2
    except KeyboardInterrupt:
        print(f"{prog} {options.command}: stopped", file=sys.stderr)
        return 130


def main(arguments=None):
    """Run one command and return its exit status."""
    return run_command("scaling_lib", "Fit, train and forecast.", COMMANDS, arguments)


if __name__ == "__main__":
    sys.exit(main())
