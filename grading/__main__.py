"""The command line: ``python -m grading COMMAND ...``."""

import contextlib
import os
import sys

# Python looks for modules where the instructor stands. That may be among submissions, one of which
# may be called numpy.py.
_HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
if sys.path and os.path.realpath(sys.path[0]) == os.getcwd() != os.path.realpath(_HERE):
    del sys.path[0]

import pathlib  # noqa: E402

# Both packages have the same kind of command line; it is written once, for any table of `COMMANDS`.
from scaling_lib.__main__ import run_command  # noqa: E402

# Each command is a function that adds its options, and one that runs it and returns the exit
# status. They import what they need when they are called, so that the others start fast.


def grade_options(parser):
    """Grade a class: a result, and a page of feedback, for each student."""
    _assignment_options(parser)
    add = parser.add_argument
    add(
        "submissions",
        help="folder (STUDENT/ASSIGNMENT/*.ipynb, STUDENT/*.ipynb or STUDENT.ipynb) or the zip "
        "archive that Canvas, Moodle or Gradescope exports",
    )
    add("--out", required=True, help="folder of results; an unfinished one is continued")
    add("--jobs", type=int, default=1, help="submissions at a time (1)")
    add("--scheduler", help="Dask scheduler, tcp://host:8786, instead of --jobs")
    add("--due", help="deadline: 2026-11-30T23:59+01:00, or 2026-11-30 for the end of that day")
    add("--worksheet", metavar="WORKSHEET.csv", help="Moodle's, which says when each one came")
    _settings_options(parser)


def grade_run(options):
    """Grade; 1 if a submission got no result, 130 after Ctrl-C."""
    from grading.classes.batch import grade
    from grading.platforms.rosters import worksheet_times
    from grading.reports.late_rule import LateRule
    from grading.source.assignment import load
    from grading.source.hidden_tests import PUBLIC

    assignment = load(options.assignment, options.overlay)
    if options.worksheet and not options.due:
        raise ValueError("--worksheet says when submissions came: give --due, too")
    times = worksheet_times(options.worksheet) if options.worksheet else {}
    settings, late = _settings(options), LateRule.parse(options.due, options.late, times)
    if not settings.seed:
        print(f"{PUBLIC}: give --seed-file", file=sys.stderr)
    where = options.submissions, options.out
    try:
        summary = grade(assignment, *where, settings, late, options.jobs, options.scheduler)
    except KeyboardInterrupt:
        print(f"stopped; the same command continues {options.out}", file=sys.stderr)
        return 130
    known = f", {summary.resumed} of them known before" if summary.resumed else ""
    print(f"{len(summary.results)} results in {options.out}{known}; grades.csv has the table")
    for sentence in summary.late:
        print(sentence)
    if assignment.max_by_hand:
        more = f"{assignment.max_by_hand:g} more points"
        print(f"{more} are to be marked by hand: see `by_hand` in each result.json")
    for result in summary.results:
        if result["status"] in ("unreadable", "missing", "refused", "other"):
            print(f"{result['student']}: {result['message']}", file=sys.stderr)
    for remark in summary.remarks:
        print(remark, file=sys.stderr)
    for student, reason in summary.failed.items():
        print(f"no result for {student}: {reason}", file=sys.stderr)
    return 1 if summary.failed else 0


def check_options(parser):
    """Run the class's tests on your own notebook, on your own machine, without a sandbox."""
    add = parser.add_argument
    add("assignment", help="its name, such as data_limits, its folder, or your notebook in it")
    add("notebook", nargs="?", help="your notebook (exercises/release/NAME/NAME.ipynb)")
    add("--exercise", metavar="ID", help="only this one, such as effective-data")
    add("--why", action="store_true", help="also tell what the hidden tests say")


def check_run(options):
    """Print the points and the feedback that a class would get."""
    from grading.marking.own_work import run_own
    from grading.reports.feedback import feedback_text
    from grading.reports.student_results import read_report
    from grading.source.assignment import SOURCES, known, load

    if not known():
        raise ValueError(
            "the hidden tests are not in this copy of the course: your instructor runs them. The "
            "checks of a notebook: python -m pytest --nbval-lax exercises/release/NAME"
        )
    name, path = options.assignment, pathlib.Path(options.assignment)
    if path.is_dir():
        name = path.resolve().name
        path = path / f"{name}.ipynb"
    if path.is_file() and not options.notebook:
        name = path.stem
        if name not in known():
            words = f"is not called as one of the assignments ({', '.join(known())})"
            raise ValueError(f"{path} {words}: give its name first, check NAME {path}")
    else:
        path = options.notebook or SOURCES.parent / "release" / name / f"{name}.ipynb"
    assignment = load(name)
    wanted = assignment.only(options.exercise) if options.exercise else assignment
    report = run_own(assignment, pathlib.Path(path).read_bytes(), wanted.tests)
    result = read_report(wanted, report)
    if result["status"] != "graded":
        raise ValueError(f"{path}: {result['message']}")
    print(feedback_text(result, options.why))
    print("Your code ran with all of your rights. Other people's: `python -m grading grade`.")
    return 0


def export_options(parser):
    """Write the scores for Canvas, Moodle, Gradescope or a table."""
    add = parser.add_argument
    add(
        "graded",
        nargs="+",
        help="the folder that `grade --out` named; of several (capstone and its games) the points "
        "are added",
    )
    kinds = parser.add_mutually_exclusive_group(required=True)
    kinds.add_argument("--canvas", metavar="ROSTER.csv", help="gradebook that Canvas exported")
    kinds.add_argument("--moodle", metavar="ROSTER.csv", help="grading worksheet of Moodle")
    kinds.add_argument(
        "--gradescope", action="store_true", help="a results.json in each student's folder"
    )
    kinds.add_argument("--table", action="store_true", help="grades.csv again, with the marks")
    kinds.add_argument(
        "--to-mark",
        action="store_true",
        help="sheet of what is marked by hand; marks that are in it are kept",
    )
    add("--marks", metavar="SHEET.csv", help="the sheet of --to-mark, filled in; goes to feedback")
    add("--texts", action="store_true", help="with --marks: the points of answers in words alone")
    add(
        "--corrections",
        metavar="TABLE.csv",
        help="student, item (a test or an exercise), points that it earns now, and reason",
    )
    add("--column", help="Canvas's column, if it is not called as the assignment")
    add("--scale", action="store_true", help="convert to the platform's maximum")
    add("--out", help="file to write (GRADED/canvas.csv, moodle.csv, table.csv, to_mark.csv)")


def export_run(options):
    """Write the scores; 1 if a result found no place in the roster."""
    from grading.classes.records import locked

    with contextlib.ExitStack() as stack:
        for folder in {pathlib.Path(name).resolve() for name in options.graded}:
            if os.access(folder, os.W_OK):  # elsewhere nobody grades
                stack.enter_context(locked(folder))
        return _export(options)


def _export(options):
    from grading.platforms.gradescope import gradescope_results
    from grading.platforms.rosters import add_marks, correct
    from grading.reports.feedback import write_feedback
    from grading.reports.spreadsheets import some
    from grading.reports.student_results import number, write_json

    classes = [_to_export(folder) for folder in options.graded]
    results = [result for results in classes for result in results]
    if options.to_mark:
        if options.marks:
            raise ValueError("--to-mark takes no --marks: it keeps those of the sheet in its place")
        return _write_sheet(results, _export_path(options, "to_mark"))
    if options.texts and not options.marks:
        raise ValueError("--texts needs the marks: give --marks, too")
    if options.corrections:
        count, lower = correct(results, options.corrections)
        print(f"{count} corrections")
        if lower:
            words = "take points away: were they made for the work that is graded now?"
            print(f"of these {len(lower)} {words} {some(lower)}", file=sys.stderr)
    if options.marks:
        add_marks(results, options.marks)
    elif left := sum(results[0]["max_by_hand"] for results in classes):
        words = "points to be marked by hand are left out: give --marks"
        print(f"{number(left)} {words}", file=sys.stderr)
    if options.marks or options.corrections:
        for result in results:
            write_feedback(pathlib.Path(result["folder"], "feedback.html"), result)
        print(f"what was done by hand is in {len(results)} files feedback.html")
    for result in results if options.texts else ():
        result["score"] = sum(item["score"] for item in result["by_hand"])
        result["max_score"] = sum(item["points"] for item in result["by_hand"])
    missing = []
    if options.gradescope:
        for result in results:
            write_json(pathlib.Path(result["folder"], "results.json"), gradescope_results(result))
        print(f"{len(results)} files results.json in the folders of {' '.join(options.graded)}")
    else:
        missing = _write_table(classes, options)
    if missing:
        print(f"not in the roster: {some(missing)}", file=sys.stderr)
    return 1 if missing else 0


def _to_export(folder):
    """Return the results in a folder without those of another assignment."""
    from grading.reports.spreadsheets import some
    from grading.reports.student_results import read_results

    everybody = read_results(folder)
    if left := [r["student"] for r in everybody if r["status"] == "other"]:
        print(f"left out, with the notebook of another assignment: {some(left)}", file=sys.stderr)
    if len(left) == len(everybody):
        raise ValueError(f"{folder} has no result to export")
    return [result for result in everybody if result["status"] != "other"]


def _export_path(options, name):
    return pathlib.Path(options.out or pathlib.Path(options.graded[0], f"{name}.csv"))


def _write_table(classes, options):
    """Write the table of all students; return those whom the roster has not."""
    from grading.platforms.rosters import canvas, joined, moodle, moodle_feedback, named
    from grading.reports.spreadsheets import BOM
    from grading.reports.student_results import grades_table
    from scaling_lib.data.files import write_bytes

    students, absent = joined(classes)
    if absent:
        print(f"0 points for what has no result: {named(absent)}", file=sys.stderr)
    if options.canvas:
        text, missing = canvas(options.canvas, students, options.column, options.scale)
    elif options.moodle:
        text, missing = moodle(options.moodle, students, options.scale)
    else:
        text, missing = BOM + grades_table(students), []
    name = "canvas" if options.canvas else "moodle" if options.moodle else "table"
    out = _export_path(options, name)
    write_bytes(out, text.encode())
    print(f"{len(students) - len(missing)} students in {out}")
    if options.moodle:
        each = [result for results in classes for result in results]
        content, files = moodle_feedback(each, students)
        write_bytes(pages := out.with_name(f"{out.stem}_feedback.zip"), content)
        print(f"{files} pages of feedback in {pages}, which Moodle uploads")
    return missing


def _write_sheet(results, out):
    """Write the sheet of what is marked by hand, with the marks of the one that is there."""
    from grading.platforms.rosters import UTF_8, kept_marks, marking_sheet, named
    from grading.reports.spreadsheets import BOM
    from scaling_lib.data.files import write_bytes

    marks, lost = kept_marks(results, out) if out.exists() else ({}, [])
    if lost:
        number = 1
        while (copy := out.with_name(f"{out.stem}-old-{number}{out.suffix}")).exists():
            number += 1
        write_bytes(copy, out.read_bytes())
        words = f"marks left out, since their answers are others now ({len(lost)})"
        advice = f"; {UTF_8}" if any("?" in student for student, _ in lost) else ""
        print(f"{words}: {named(lost)}; the old sheet is kept as {copy}{advice}", file=sys.stderr)
    write_bytes(out, (BOM + marking_sheet(results, marks)).encode())
    kept = sum(bool(row["points"].strip()) for row in marks.values())
    known = f", {kept} marks of the sheet that was there are kept" if kept else ""
    print(f"{len({result['student'] for result in results})} students in {out}{known}")
    return 0


def arrange_options(parser):
    """Put submissions where nbgrader looks for them.

    What cannot be read becomes a notebook without answers that says why, so that nbgrader gives it
    a mark, too.
    """
    _assignment_options(parser)
    parser.add_argument("submissions", help="folder or archive, as for `grade`")
    parser.add_argument("--course", required=True, help="nbgrader's course folder, as exercises")


def arrange_run(options):
    """Write ``COURSE/submitted/STUDENT/ASSIGNMENT/ASSIGNMENT.ipynb`` for each submission."""
    from grading.classes.records import free_name, with_folders
    from grading.classes.submissions import TIMESTAMP, Submission, collect
    from grading.reports.student_results import clean, write_json
    from grading.source.assignment import load
    from grading.source.submitted_cells import read_notebook, restore_notebook
    from scaling_lib.data.files import write_bytes

    assignment = load(options.assignment, options.overlay)
    submitted = pathlib.Path(options.course) / "submitted"

    def known(name):
        return (submitted / free_name(Submission(name), set())).is_dir()

    found = list(with_folders(collect(options.submissions, assignment, known), submitted))
    for submission, folder in found:
        cells = read_notebook(submission.content) if submission.file else []
        remark = " ".join([submission.message, *submission.notes])
        made = restore_notebook(assignment, cells, remark)
        write_json(folder / assignment.name / f"{assignment.name}.ipynb", made)
        if submission.submitted:
            time = submission.submitted.strftime("%Y-%m-%d %H:%M:%S.%f %Z")
            write_bytes(folder / assignment.name / TIMESTAMP, f"{time}\n".encode())
        if submission.student != folder.name:
            print(f"{submission.student} is called {folder.name} there", file=sys.stderr)
        if submission.message:
            print(f"{submission.student}: {clean(submission.message)}", file=sys.stderr)
    print(f"{len(found)} submissions in {submitted}")


def bundle_options(parser):
    """Build an autograder for Gradescope."""
    _assignment_options(parser)
    parser.add_argument("--out", required=True, help="zip archive to write")
    _settings_options(parser)


def bundle_run(options):
    """Write the archive, which holds all that grading needs on Gradescope's machine."""
    from grading.platforms.gradescope import bundle
    from grading.source.assignment import load
    from scaling_lib.data.files import write_bytes

    assignment = load(options.assignment, options.overlay)
    settings = _settings(options)
    if not settings.seed:
        raise ValueError("a bundle needs a secret: give --seed-file")
    content = bundle(assignment, settings, options.late)
    write_bytes(options.out, content)
    print(f"{options.out}: {len(content) / 1e6:.1f} MB, with the solutions and the secret")


def capstone_options(parser):
    """Score the games of the capstone, or hand out its languages."""
    add = parser.add_argument
    add("input", help="folder or zip archive of submissions; with --hand-out a list of students")
    add("--out", required=True, help="folder of results; with --hand-out a file")
    add("--seed-file", help="file with your secret")
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument(
        "--hand-out", action="store_true", help="write a language for each line of the list"
    )
    who.add_argument("--languages", help="the table that --hand-out wrote")
    who.add_argument("--language", type=int, help="the one language of the class")
    add("--jobs", type=int, default=1, help="processes (1)")


def capstone_run(options):
    """Hand out languages, or grade."""
    from grading.classes.games import grade_games, languages_table, read_languages, summary_line
    from grading.reports.spreadsheets import BOM, decode, some, to_csv
    from grading.source.hidden_tests import PUBLIC_SEED
    from scaling_lib.data.checks import whole
    from scaling_lib.data.files import read_bytes, write_bytes

    secret = _secret(options) or PUBLIC_SEED
    if secret == PUBLIC_SEED:
        print("the public seed is used, which anyone can use: give --seed-file", file=sys.stderr)
    jobs = whole(options.jobs, "jobs")
    if options.hand_out:
        lines = decode(read_bytes(options.input, "name a list of students")).splitlines()
        students = [line.strip() for line in lines if line.strip()]
        table = BOM + to_csv(languages_table(students, secret))
        write_bytes(options.out, table.encode())
        print(f"{len(students)} languages in {options.out}: give each student their own")
        return
    languages = options.language
    if languages is None:
        languages = read_languages(options.languages)
    try:
        results = grade_games(options.input, options.out, secret, languages, jobs)
    except KeyboardInterrupt:
        print(f"stopped; the same command continues {options.out}", file=sys.stderr)
        return 130
    print(f"{summary_line(results)}; {options.out}/grades.csv has the table")
    for result in results:
        if not result["score"]:
            print(f"{result['student']}: 0 points. {result['message']}", file=sys.stderr)
        if twins := result.get("alike"):
            print(f"{result['student']}: the same commitment as {some(twins)}", file=sys.stderr)


def answers_options(parser):
    """Show how known right and wrong answers score."""
    add = parser.add_argument
    add("assignment", help="name in exercises/source, or a source notebook's path")
    add("--answers", help="file of answers (exercises/answers/NAME.py)")
    add("--why", action="store_true", help="also say why points were lost")


def answers_run(options):
    """Print the table; 1 if an answer earned something else than it should."""
    from grading.marking.known_answers import answers_table, score_answers
    from grading.marking.session import Broken

    try:
        rows = score_answers(options.assignment, options.answers)
    except Broken as error:
        raise ValueError(str(error)) from None
    print("\n".join(answers_table(rows, options.why)))
    return 0 if all(row["ok"] for row in rows) else 1


def _assignment_options(parser):
    """Add the options that say what is graded."""
    parser.add_argument(
        "assignment", help="name of a folder in exercises/source, or a source notebook's path"
    )
    parser.add_argument("--overlay", help="private folder of hidden tests, ASSIGNMENT/TEST-ID.py")


def _settings_options(parser):
    """Add the options that say how submissions are run, and what late ones lose."""
    from grading.sandbox.enclosure import KINDS, Limits

    add = parser.add_argument
    add("--late", type=float, default=0, metavar="PERCENT", help="taken off for each day late (0)")
    add("--seed-file", help="file with the secret that hidden inputs are drawn from")
    add("--files", help="folder whose content submissions find beside them")
    add(
        "--limit",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="change a limit; there are "
        + ", ".join(f"{name}={value}" for name, value in vars(Limits()).items()),
    )
    add("--sandbox", choices=KINDS, help="insist on one kind of sandbox")
    add(
        "--unsafe",
        action="store_true",
        help="without a sandbox, run submissions with all of your rights; every result says so",
    )


def _settings(options):
    """Return the `Settings` that the options of `_settings_options` describe."""
    from grading.marking.grade_one import Settings
    from grading.sandbox.enclosure import Limits

    files = pathlib.Path(options.files) if options.files else None
    if files and not files.is_dir():
        raise ValueError(f"--files must be a folder, not {files}")
    limits = Limits.parse(options.limit)
    return Settings(limits, options.sandbox, options.unsafe, _secret(options), files)


def _secret(options):
    """Return the instructor's secret; empty if none was named."""
    from grading.source.hidden_tests import read_secret

    return read_secret(options.seed_file) if options.seed_file else ""


def strategies_options(parser):
    """Play the capstone's known strategies again and write the table of what they earn."""
    parser.add_argument("--out", required=True, type=pathlib.Path, help="CSV file of the scores")


def strategies_run(options):
    """Play; about 6 CPU minutes."""
    from grading.classes.strategies import regenerate

    regenerate(options.out)
    print(f"{options.out} written")
    return 0


COMMANDS = {
    "check": (check_options, check_run),
    "grade": (grade_options, grade_run),
    "export": (export_options, export_run),
    "arrange": (arrange_options, arrange_run),
    "bundle": (bundle_options, bundle_run),
    "capstone": (capstone_options, capstone_run),
    "answers": (answers_options, answers_run),
    "strategies": (strategies_options, strategies_run),
}


def main(arguments=None):
    """Run one command; return 0, 1 if it failed, or 2 for input that cannot be used."""
    return run_command("grading", "Grade untrusted notebooks.", COMMANDS, arguments)


if __name__ == "__main__":
    sys.exit(main())
