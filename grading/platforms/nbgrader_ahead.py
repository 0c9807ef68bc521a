"""Grade the submissions that nbgrader comes to next while it is at the present one.

nbgrader takes one notebook after another, and a machine has more than one processor. What it will
come to is known: the next notebooks are prepared by nbgrader's own steps and graded beside the
present one. A report serves only a notebook that needs the very same job; whatever else nbgrader
comes to is graded then, as if nothing had been done ahead.
"""

import contextlib
import functools
import logging
import os
import re
from concurrent.futures import ThreadPoolExecutor

from nbconvert.exporters import NotebookExporter
from nbgrader.nbgraderformat import reads

from grading.marking.grade_one import run_job

# What a step has to say of a notebook it says when nbgrader comes to it.
QUIET = logging.Logger("grading.ahead", logging.CRITICAL)


@functools.lru_cache(1)
def look_ahead(converter, jobs):
    """Return the `LookAhead` of one run of ``autograde``, whose steps are new for each notebook."""
    return LookAhead(converter, jobs)


class LookAhead:
    """The jobs that are being done for one run of nbgrader's ``autograde``."""

    def __init__(self, converter, jobs):
        self.converter, self.jobs = converter, jobs
        self.pool = ThreadPoolExecutor(jobs)
        # From paths of notebooks to the job that was begun for each, and its future report.
        self.begun = {}
        self.seen = set()

    def report(self, job, names, make):
        """Return the report on a job, having seen to it that the next ones have begun.

        ``names`` is what nbgrader knows the notebook by: its student, assignment and notebook.
        ``make`` returns the job of a notebook and its resources.
        """
        folder = self._folder(names["student"], names["assignment"])
        path = os.path.join(folder, names["notebook"] + ".ipynb")
        begun, future = self.begun.pop(path, (None, None))
        if begun != job:
            if future:
                future.cancel()
            future = self.pool.submit(run_job, job)
        try:
            for later in self._next(path):
                with contextlib.suppress(Exception):  # nbgrader will come to it and tell
                    job = make(*self._prepare(later))
                    self.begun[later] = job, self.pool.submit(run_job, job)
            return future.result()
        except BaseException:
            for _, waiting in self.begun.values():
                waiting.cancel()
            self.begun.clear()
            raise

    def _next(self, present):
        """Yield the paths of the notebooks that come next and were not looked at yet."""
        folders = sorted(self.converter.assignments.items())
        paths = [path for _, found in folders for path in sorted(found)]
        if self.jobs == 1 or present not in paths:
            return
        place = paths.index(present) + 1
        for path in paths[place : place + self.jobs]:
            if path not in self.seen and not self._is_done(path):
                self.seen.add(path)
                yield path

    def _is_done(self, path):
        course, names = self.converter.coursedir, self._names(path)
        place = course.autograded_directory, names["student"], names["assignment"]
        return os.path.exists(course.format_path(*place)) and not self.converter.force

    def _folder(self, student, assignment, **options):
        course = self.converter.coursedir
        return course.format_path(course.submitted_directory, student, assignment, **options)

    def _names(self, path):
        folder, file = os.path.split(path)
        pattern = self._folder("(?P<student>.*)", "(?P<assignment>.*)", escape=True)
        names = re.fullmatch(pattern, folder).groupdict()
        return names | {"notebook": file.removesuffix(".ipynb")}

    def _prepare(self, path):
        """Return the notebook as nbgrader's first steps leave it, and its resources."""
        names = self._names(path) | {"db_url": self.converter.coursedir.db_url}
        exporter = NotebookExporter(parent=self.converter, config=self.converter.config, log=QUIET)
        for step in self.converter.sanitize_preprocessors:
            exporter.register_preprocessor(step)
        resources = {"unique_key": names["notebook"], "nbgrader": names}
        text, resources = exporter.from_filename(path, resources=resources)
        return reads(text, as_version=4), resources
