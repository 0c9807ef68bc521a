"""Grade the capstone: games are data, checked against the rules and trained again.

A submission is a ledger (`capstone.ledger`). Nothing in it is run. Its chain of hashes and its
prices are checked, every run that it claims to have bought is trained again, and so is the hero run
that it commits to, with a seed that only the instructor knows.
"""

import collections
import dataclasses
import json
import pathlib
import re

import joblib
from tqdm import tqdm

from grading.classes.archives import Refused, list_inner
from grading.classes.own_process import read_apart
from grading.classes.records import Records, held, log
from grading.classes.submissions import MAX_DEPTH, Submission, by_student
from grading.reports.feedback import write_feedback
from grading.reports.late_rule import LateRule
from grading.reports.spreadsheets import letters, name_orders, read_rows, some
from grading.reports.student_results import clean, empty_result, number, versions, write_json
from grading.source.assignment import Assignment, Cell, digest
from scaling_lib.capstone import handed_in
from scaling_lib.capstone import scoring as capstone_scoring
from scaling_lib.capstone.game import LEDGER
from scaling_lib.capstone.handed_in import NotByTheRules
from scaling_lib.capstone.scoring import MOST_POINTS, derived_seed

PARTS = tuple(Cell("code", "", part, "test", MOST_POINTS) for part in ("width", "forecast"))
# The game as an assignment with two tests, so that its results have the form of all others.
GAME = Assignment("capstone_game", "", PARTS)

# File of hero losses that are known: a second call trains only what is missing.
HERO_RUNS = "hero_runs.json"

# Width below which a committed run is read from the curve: trained, it would take minutes and
# gigabytes, and it is far from the best in every language.
NARROWEST = 32


@dataclasses.dataclass
class Game:
    """What one student handed in."""

    submission: Submission
    played: handed_in.Submission | None = None
    problem: str = ""  # why it earns nothing, for the student; empty if it counts
    notes: list = dataclasses.field(default_factory=list)
    twins: list = dataclasses.field(default_factory=list)  # who committed the same


def language_of(secret, name):
    """Return the language of a student or a class: the number that goes into the notebook."""
    return derived_seed(secret, "language", letters(name))


def read_languages(path):
    """Return languages by `letters` of names, in any order that may not be somebody else."""
    _, rows = read_rows(path, ("student", "language"), "the table that --hand-out wrote")
    try:
        languages = {letters(row["student"].lstrip("'")): int(row["language"]) for row in rows}
    except ValueError:
        raise ValueError(f"{path}: the column language must hold whole numbers") from None
    if len(languages) < len(rows):
        raise ValueError(f"{path} names a student twice")
    others = {}
    for row in rows:
        for name in set(map(letters, name_orders(row["student"].lstrip("'")))):
            others.setdefault(name, []).append(int(row["language"]))
    return {name: found[0] for name, found in others.items() if len(found) == 1} | languages


def grade_games(submissions, out, secret, languages, jobs=1):
    """Grade the games of a class; return results, in the order of the students.

    Parameters
    ----------
    submissions : path-like
        Folder or zip archive with a ledger a student: ``STUDENT/.../capstone_ledger.jsonl``, or
        what Canvas or Moodle exports.
    out : path-like
        Folder for a folder a student and ``grades.csv``.
    secret : str
        The instructor's; the seed of the hero runs is derived from it.
    languages : dict of str to int, or int
        From `read_languages`, or the language of everybody.
    """
    out = pathlib.Path(out)
    with held(out, submissions):
        records, place = Records(out, GAME.name), str(pathlib.Path(submissions).resolve())
        games = [
            _read(*found, languages) for found in by_student(submissions, GAME.name, records.knows)
        ]
        records.expect([game.submission for game in games])
        _note_twins(games)
        _check_runs(games, jobs)
        valid = [game for game in games if not game.problem]
        losses = _hero_losses(valid, secret, out / HERO_RUNS, jobs)
        for game in games:
            record, counts, _ = records.deliver(game.submission, place, LateRule())
            if counts.digest == game.submission.digest or "score" not in record:
                result = _result(game, secret, losses) | {"student": record["student"]}
                write_feedback(record["folder"] / "feedback.html", result)
                if game.twins:
                    log(out, student=record["student"], alike=result["alike"])
                records.write(record, result)
            else:  # handed in later, elsewhere
                records.write(record)
        return records.table()


def _played(files):
    """Return the ledger in a student's files, the game, and why it does not count."""
    ledgers, copies, refused = set(), [], []
    for file in _opened(files, refused):
        # Platforms add a number to the name of a file that was handed in again.
        kind = re.search(r"(capstone_ledger|capstone_commitment)[^/]*\.jsonl?$", file.name)
        if kind is None:
            continue
        try:
            (ledgers.add if kind[1] in LEDGER else copies.append)(file.read())
        except Refused as error:
            refused.append(str(error))
    if len(ledgers) != 1:
        count = f"are {len(ledgers)} different files" if ledgers else "is no file"
        return b"", None, "; ".join([f"There {count} {LEDGER}, one is needed", *refused])
    (ledger,), copy = ledgers, copies[0] if len(copies) == 1 else None
    try:
        return ledger, handed_in.parse_submission(ledger, copy), ""
    except NotByTheRules as error:
        return ledger, None, str(error)


def _opened(files, refused, depth=0):
    """Return files, and what is in those of them that are archives."""
    for file in files:
        if not file.name.lower().endswith(".zip") or depth == MAX_DEPTH:
            yield file
            continue
        try:
            yield from _opened(list_inner(file.read(), file.name), refused, depth + 1)
        except Refused as error:
            refused.append(str(error))


def _read(submission, found, languages):
    """Hold one submission against the rules, as far as that needs no training."""
    game = Game(submission)
    try:
        files = [file for file, _, _ in found]
        submission.content, game.played, game.problem = read_apart(_played, files)
    except Refused as error:
        names = ", ".join("/".join(file.path) for file, _, _ in found[:5])
        game.problem = f"The files ({names}) cannot be read: {error}"
    submission.digest = digest(submission.content, game.problem)
    if game.problem:
        submission.status = "refused"
        return game
    submission.file = LEDGER
    game.notes += game.played.notes
    everybody = isinstance(languages, int)
    expected = languages if everybody else languages.get(letters(submission.student))
    if expected is None:
        game.problem = "This student is not in the table of languages"
    elif game.played.task_seed != expected:
        game.problem = f"This was played on language {game.played.task_seed}, not on your own"
    return game


def _note_twins(games):
    """Note commitments that are the same to the last digit, for nobody but the instructor."""
    seen = {}
    for game in games:
        if game.played is not None:
            c = game.played.commitment
            seen.setdefault((game.played.task_seed, c.H, c.low, c.high), []).append(game)
    for twins in seen.values():
        for game in twins if len(twins) > 1 else ():
            game.twins = [g.submission.student for g in twins if g is not game]


def _check_runs(games, jobs):
    """Train again what was bought; games with losses that nobody trained no longer count."""
    valid = [game for game in games if not game.problem]
    found = _each(_forgery, [(game.played,) for game in valid], jobs, "ledger")
    for game, problem in zip(valid, found, strict=True):
        game.problem = problem


def _each(function, arguments, jobs, unit):
    """Yield what a function returns for each tuple of arguments, in several processes."""
    parallel = joblib.Parallel(n_jobs=jobs, return_as="generator")
    results = parallel(joblib.delayed(function)(*given) for given in arguments)
    return tqdm(results, total=len(arguments), unit=unit)


def _forgery(played):
    try:
        handed_in.retrain(played)
    except NotByTheRules as error:
        return str(error)
    except Exception as error:  # of a ledger that fits no rule we thought of
        return f"its runs cannot be trained again ({type(error).__name__}: {error})"
    return ""


def _hero_losses(games, secret, path, jobs):
    """Return the hero losses that the games need, by language, width and seed."""
    needed = {}
    for game in games:
        language = game.played.task_seed
        seed = derived_seed(secret, "hero", str(language))
        committed = game.played.commitment.H
        for H in (*capstone_scoring.LADDER, *([committed] if committed >= NARROWEST else [])):
            needed[f"{language} {H} {seed}"] = (language, H, seed)
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = {}
    missing = [key for key in needed if key not in known]
    runs = [needed[key] for key in missing]
    found = _each(capstone_scoring.hero_loss, runs, jobs, "hero run")
    for key, loss in zip(missing, found, strict=True):
        known[key] = loss
        write_json(path, known)
    return known


def _result(game, secret, losses):
    """Return the result of a game, in the form that the exports read."""
    status = "refused" if game.problem else "graded"
    message = f"This game does not count: {game.problem}." if game.problem else ""
    result = empty_result(GAME, status, message) | {
        "submission": game.submission.digest,
        "file": game.submission.file,
        "notes": [clean(note) for note in game.notes],
        "alike": [clean(name) for name in game.twins],
        "sandbox": "not needed",
        "versions": versions(),
    }
    if not game.problem:
        _fill(result, game.played, secret, losses)
    return result


def _fill(result, played, secret, losses):
    """Add the scores of a game that counts, with the reasons."""
    seed, made = derived_seed(secret, "hero", str(played.task_seed)), played.commitment

    def hero(language, H, seed):
        return losses[f"{language} {H} {seed}"]

    curve = capstone_scoring.hero_curve(played.task_seed, seed, hero)
    if made.H >= NARROWEST:
        loss = hero(played.task_seed, made.H, seed)
    else:
        loss = curve.loss_at(made.H)
        result["notes"].append("The loss of so narrow a model is read from the curve.")
    earned = capstone_scoring.score(made, loss, curve)
    e = curve.excess
    width, forecast = result["items"]
    width["score"] = round(earned.allocation_points, 2)
    width["message"] = (
        f"H = {made.H} gave {earned.loss:.4f}; the best known is {curve.best_loss:.4f} at about "
        f"H = {curve.best_H:.0f}: a regret of {earned.regret / e:.2f} e, for which "
        f"{earned.compute_share:.0%} of the compute would have been enough"
    )
    forecast["score"] = round(earned.forecast_points, 2)
    forecast["message"] = (
        f"{made.low:.4f} to {made.high:.4f} {'held' if earned.inside else 'missed'} "
        f"{earned.loss:.4f}: score {earned.interval_score:.2f}, of which each unit costs 4 points"
    )
    result["score"] = round(width["score"] + forecast["score"], 2)
    result["game"] = {
        "language": played.task_seed,
        "runs": len(played.runs),
        "spent": int(played.runs.C.sum()),
        "commitment": dataclasses.asdict(made),
        "hero": {**dataclasses.asdict(earned), "seed": seed, "e": e},
    }


def languages_table(students, secret):
    """Return header and rows of who plays on which language.

    Raises `ValueError` if names cannot be told apart, or there is none.
    """
    counts = collections.Counter(map(letters, students))
    if alike := some([name for name in students if counts[letters(name)] > 1]):
        words = "write each as grades.csv of an earlier assignment does"
        raise ValueError(f"the list has names that are alike: {alike}; {words}")
    if not students:
        raise ValueError("the list names nobody")
    return [("student", "language"), *((name, language_of(secret, name)) for name in students)]


def summary_line(results):
    """Return one line on a graded class."""
    counted = [result["score"] for result in results if result["status"] == "graded"]
    line = f"{len(results)} game{'' if len(results) == 1 else 's'}, {len(counted)} by the rules"
    if counted:
        line += f"; mean of these {number(round(sum(counted) / len(counted), 1))} points"
    return line
