"""``python -m grading answers``: how known right and wrong answers score."""

from grading.marking.known_answers import score_answers


def add_parser(subparsers):
    """Add the sub-command ``answers``.

    Parameters
    ----------
    subparsers : argparse._SubParsersAction
        What ``ArgumentParser.add_subparsers`` returned.
    """
    words = "show how known right and wrong answers score"
    parser = subparsers.add_parser("answers", help=words)
    parser.add_argument("assignment", help="name in exercises/source, or a source notebook's path")
    parser.add_argument("--answers", help="file of answers (exercises/answers/NAME.py)")
    parser.add_argument("--why", action="store_true", help="also say why points were lost")
    parser.set_defaults(run=run)


def run(arguments):
    """Print the table.

    Parameters
    ----------
    arguments : argparse.Namespace
        What the parser of `add_parser` read.

    Returns
    -------
    int
        Exit status: 1 if an answer earned something else than it should.
    """
    rows = score_answers(arguments.assignment, arguments.answers)
    print("\n".join(table(rows, arguments.why)))
    return 0 if all(row["ok"] for row in rows) else 1


def table(rows, why=False):
    """Return the lines of the table.

    Parameters
    ----------
    rows : list of dict
        What `score_answers` returned.
    why : bool
        Whether to say why points were lost.

    Returns
    -------
    list of str
        Lines of a Markdown table, and a last one that counts.
    """
    lines = ["| exercise | answer | kind | earned | expected |  |", "|---|---|---|--:|--:|---|"]
    for row in rows:
        cells = [row["exercise"], row["name"], row["kind"]]
        cells += [f"{row['earned']:g} of {row['points']:g}", f"{row['expected']:g}"]
        lines.append("| " + " | ".join([*cells, "" if row["ok"] else "**differs**"]) + " |")
        if why:
            lines += [f"  - {test}: {' '.join(text.split())}" for test, text in row["lost"].items()]
    wrong = sum(not row["ok"] for row in rows)
    lines += ["", f"{len(rows)} answers, {wrong or 'none'} of them not as expected"]
    return lines
