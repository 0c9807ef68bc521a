"""The same engine inside nbgrader, so that its gradebook and its marking by hand can be used.

``exercises/nbgrader_config.py`` puts `SANITIZE`, `AUTOGRADE`, `FEEDBACK` and `FILTERS` to use.
"""

import base64
import os
import pathlib
import struct

import nbformat
import nh3
from nbconvert.filters import markdown2html
from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbformat.v4 import new_output
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearHiddenTests,
    ClearOutput,
    GetGrades,
    LimitOutput,
    NbGraderPreprocessor,
    OverwriteCells,
    OverwriteKernelspec,
    SaveAutoGrades,
)
from nbgrader.utils import is_grade, is_solution
from traitlets import Bool, Dict, Int, Unicode

from grading.marking.grade_one import Settings, make_job
from grading.platforms.nbgrader_ahead import look_ahead
from grading.reports.student_results import clean, read_report
from grading.sandbox.enclosure import Limits
from grading.source.assignment import load
from grading.source.hidden_tests import PUBLIC, SEED_VARIABLE, read_secret
from grading.source.submitted_cells import read_notebook, restore_notebook, without_outputs

MAX_PIXELS = 50_000_000

TAGS = "a abbr b blockquote br code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i img li ol"
TAGS += " p pre s span strong sub summary sup table tbody td th thead tr ul"
PROTOCOLS = {"http", "https", "data"}
ATTRIBUTES = {"*": {"class", "id", "title"}, "a": {"href"}, "img": {"src", "alt"}}


class SourcePreprocessor(NbGraderPreprocessor):
    """A preprocessor that knows the instructor's source notebook."""

    overlay = Unicode("", help="Private folder of further hidden tests.").tag(config=True)

    def assignment(self, resources):
        """Return the `Assignment` to which a notebook belongs."""
        names = resources["nbgrader"]
        course = self.parent.parent.coursedir
        folder = course.format_path(course.source_directory, ".", names["assignment"])
        return load(pathlib.Path(folder, names["notebook"] + ".ipynb"), self.overlay or None)


class RestoreCells(SourcePreprocessor):
    """Put back the cells and the metadata that a submission has lost."""

    def preprocess(self, nb, resources):
        """Return the notebook with all cells of the source; see `restore_notebook`."""
        cells = read_notebook(nbformat.writes(nb).encode())
        made = restore_notebook(self.assignment(resources), cells)
        return nbformat.from_dict(made), resources


class SandboxExecute(SourcePreprocessor):
    """Run a submission in the sandbox and its tests outside, in place of nbgrader's ``Execute``."""

    seed_file = Unicode(
        "",
        help="File with the secret that hidden inputs are drawn from; without it the environment "
        f"variable {SEED_VARIABLE} is used.",
    ).tag(config=True)
    sandbox = Unicode("", help="Insist on one kind of sandbox.").tag(config=True)
    unsafe = Bool(False, help="Grade where there is no sandbox.").tag(config=True)
    limits = Dict(help="What differs from grading.sandbox.enclosure.Limits.").tag(config=True)
    jobs = Int(
        min(2, os.cpu_count() or 1),
        min=1,
        help="Submissions at a time: while nbgrader is at one, the next ones are graded too.",
    ).tag(config=True)

    def preprocess(self, nb, resources):
        """Return the notebook with the outputs of its cells and of the tests."""
        ahead = look_ahead(self.parent.parent, self.jobs)
        report = ahead.report(self.job(nb, resources), resources["nbgrader"], self.job)
        result = read_report(self.assignment(resources), report)
        for cell in nb.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        for event in report["events"]:
            if event["event"] == "cell":
                nb.cells[event["cell"]].outputs = outputs(event)
        cells = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell for cell in nb.cells}
        for item in result["items"]:
            cells[item["id"]].outputs = verdict(item, result, report["sandbox"])
        return nb, resources

    def job(self, nb, resources):
        """Return what has to be known to grade a notebook; see `make_job`."""
        settings = Settings(
            limits=Limits(**self.limits),
            sandbox=self.sandbox or None,
            unsafe=self.unsafe,
            seed=self._seed(),
        )
        cells = read_notebook(nbformat.writes(nb).encode())
        return make_job(self.assignment(resources), without_outputs(cells), settings)

    def _seed(self):
        if self.seed_file:
            return read_secret(self.seed_file)
        if not (secret := os.environ.get(SEED_VARIABLE, "")):
            self.log.warning("%s: name a file with your secret in SandboxExecute.seed_file", PUBLIC)
        return secret


def outputs(event):
    """Return what a cell printed and showed as a notebook's outputs."""
    made = []
    if event["printed"]:
        made.append(new_output("stream", name="stdout", text=clean(event["printed"])))
    for shown in event["shown"]:
        data = {"text/plain": clean(shown.get("text/plain", "")), "image/png": picture(shown)}
        data = {kind: text for kind, text in data.items() if text}
        if data:
            made.append(new_output("display_data", data=data))
    if event["error"]:
        made.append(_error("Error", event["error"]))
    return made


def picture(data):
    """Return a PNG in base64 from a dict of MIME types that a submission may have made up.

    Empty if there is none, or one that would fill the memory of who looks at it: pages that show it
    do not look.
    """
    try:
        content = base64.b64decode("".join(data["image/png"].split()), validate=True)
        width, height = struct.unpack_from(">II", content, 16)
    except (KeyError, ValueError, struct.error):
        return ""
    fine = content.startswith(b"\x89PNG\r\n\x1a\n") and width * height <= MAX_PIXELS
    return base64.b64encode(content).decode() if fine else ""


def markdown(text):
    """Return a text cell as HTML in which nothing is live; nbgrader's pages show any HTML."""
    kept = {"tags": set(TAGS.split()), "attributes": ATTRIBUTES, "url_schemes": PROTOCOLS}
    return nh3.clean(markdown2html(text), link_rel=None, **kept)


def verdict(item, result, sandbox):
    """Return the outputs from which nbgrader reads the points of a test."""
    made = []
    if sandbox == "none":
        text = "Graded without a sandbox."
        made.append(new_output("display_data", data={"text/plain": text}))
    if item["score"] == item["points"]:
        return made
    if item["score"]:
        data = {"text/plain": repr(float(item["score"]))}
        return [*made, new_output("execute_result", data=data, execution_count=None)]
    return [*made, _error("CheckFailed", item["message"] or result["message"])]


def _error(kind, text):
    text = clean(text)
    return new_output("error", ename=kind, evalue=text, traceback=[text])


class ClearTests(ClearHiddenTests):
    """Leave out the hidden part of test cells; its marks in a learner's own cell mean nothing."""

    def preprocess_cell(self, cell, resources, cell_index):
        """Clear one cell."""
        if is_grade(cell) and not is_solution(cell):
            return super().preprocess_cell(cell, resources, cell_index)
        return cell, resources


SANITIZE = [RestoreCells, ClearOutput, OverwriteKernelspec, OverwriteCells, CheckCellMetadata]
AUTOGRADE = [SandboxExecute, LimitOutput, SaveAutoGrades, AssignLatePenalties, CheckCellMetadata]
# Autograded notebooks are for instructors; what learners get is without hidden tests.
FEEDBACK = [GetGrades, ClearTests, CSSHTMLHeaderPreprocessor]

FILTERS = {"markdown2html": "grading.platforms.nbgrader_plugin.markdown"}
