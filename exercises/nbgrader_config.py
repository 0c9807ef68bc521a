"""nbgrader's settings for this course: run `nbgrader` in this folder.

Submissions are run by `grading`, in its sandbox; see `grading/README.md`.
"""

from pathlib import Path

from grading.platforms import nbgrader_plugin

c = get_config()  # noqa: F821 - nbgrader provides it

c.CourseDirectory.course_id = "scaling-measured"
c.CourseDirectory.root = str(Path(__file__).resolve().parent)

c.Autograde.sanitize_preprocessors = nbgrader_plugin.SANITIZE
c.Autograde.autograde_preprocessors = nbgrader_plugin.AUTOGRADE
c.GenerateFeedback.preprocessors = nbgrader_plugin.FEEDBACK

# What learners write is shown in formgrader and in the feedback: without scripts.
c.HTMLExporter.filters = nbgrader_plugin.FILTERS

# The secret that hidden inputs are drawn from: a file that is not part of the repository.
secret = Path(__file__).resolve().parent / "SECRET_SEED"
if secret.exists():
    c.SandboxExecute.seed_file = str(secret)
