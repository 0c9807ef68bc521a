"""``python -m scaling_lib capstone``: train the hero run of a finished game, and score it."""

from .capstone import read_submission
from .capstone_scoring import MOST_POINTS, derived_seed, hero_curve, hero_loss, retrain, score


def add_parser(subparsers):
    """Add the sub-command ``capstone``.

    Parameters
    ----------
    subparsers : argparse._SubParsersAction
        What ``ArgumentParser.add_subparsers`` returned.
    """
    parser = subparsers.add_parser("capstone", help="train the hero run of a finished game")
    parser.add_argument("folder", nargs="?", default=".", help="folder of the ledger (this one)")
    parser.set_defaults(run=run)


def run(arguments):
    """Score a finished game with the public seed of the hero run.

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
        If the game breaks a rule, or nothing was committed.
    """
    game = read_submission(arguments.folder)
    print(f"committed: {game.commitment}")
    retrain(game)
    print(f"{len(game.runs)} runs trained again: the ledger is true. The hero runs ...", flush=True)
    seed = derived_seed("public", "hero", str(game.task_seed))
    curve = hero_curve(game.task_seed, seed)
    print(report(score(game.commitment, hero_loss(game.task_seed, game.commitment.H, seed), curve)))
    return 0


def report(result):
    """Say in words what a commitment earned.

    Parameters
    ----------
    result : capstone_scoring.Result
        The scores.

    Returns
    -------
    str
    """
    e, most = result.best_loss - result.entropy, f"{MOST_POINTS:g}"
    return "\n".join(
        [
            f"loss of your run  {result.loss:.4f}, the entropy is {result.entropy:.4f}",
            f"best known        {result.best_loss:.4f} at H = {result.best_H:.0f}; e = {e:.4f}",
            f"width             {result.allocation_points:.1f} of {most} points: regret "
            f"{result.regret / e:.2f} e, {result.compute_share:.0%} of the compute was enough",
            f"forecast          {result.forecast_points:.1f} of {most} points: "
            f"{'held' if result.inside else 'missed'}, score {result.interval_score / e:.2f} e",
        ]
    )
