"""``python -m scaling_lib train``: one run, and its record."""

from .training import LONGEST_CONTEXT, OPTIMIZERS, SCHEDULES, TrainConfig, train


def add_parser(subparsers):
    """Add the sub-command ``train``.

    Parameters
    ----------
    subparsers : argparse._SubParsersAction
        What ``ArgumentParser.add_subparsers`` returned.
    """
    parser = subparsers.add_parser("train", help="train one model and print its loss and price")
    parser.add_argument("--task", default="language", choices=tuple(LONGEST_CONTEXT))
    parser.add_argument("--task-seed", type=int, default=0, help="seed of the language or dialect")
    parser.add_argument("--H", type=int, required=True, help="width of the hidden layer")
    parser.add_argument("--D", type=int, required=True, help="tokens processed")
    parser.add_argument("--k", type=int, help="tokens of context")
    parser.add_argument("--d", type=int, help="width of the embedding (text only)")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--batch", type=int, help="tokens a step (default: a rule in D)")
    parser.add_argument("--lr", type=float, help="highest learning rate (default: a rule)")
    parser.add_argument("--schedule", default="cosine", choices=tuple(SCHEDULES))
    parser.add_argument("--optimizer", default="adam", choices=tuple(OPTIMIZERS))
    parser.add_argument("--seed", type=int, default=0)
    parser.set_defaults(run=run)


def run(arguments):
    """Train and print.

    Parameters
    ----------
    arguments : argparse.Namespace
        What the parser of `add_parser` read.

    Returns
    -------
    int
        Exit status 0.

    Raises
    ------
    ValueError
        If a setting is wrong.
    """
    names = "task task_seed H D k d epochs batch lr schedule optimizer seed".split()
    result = train(TrainConfig(**{name: getattr(arguments, name) for name in names}))
    config = result.config
    print(f"N    {result.N:,} parameters")
    print(f"D    {result.D:,} tokens in steps of {config.batch}, learning rate {config.lr:g}")
    print(f"C    {result.C:.4g} FLOP in matrix products; 6ND = {result.C_6ND:.4g}")
    print(f"loss {result.loss:.4f} nats per token", end="")
    known = result.entropy == result.entropy
    print(f", {result.excess:.4f} above the entropy {result.entropy:.4f}" if known else "")
    print(f"     {result.seconds:.2f} CPU seconds")
    return 0
