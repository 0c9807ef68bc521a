"""Self-check questions: written once, answered on the page and in JupyterLab."""

from scaling_lib.page.selfcheck.questions import chapters, load
from scaling_lib.page.selfcheck.widget import SelfCheck, self_check

__all__ = ["SelfCheck", "chapters", "load", "self_check"]
