"""Run the scripts of `web/` and say what is there of what they need."""

import shutil
import subprocess
from pathlib import Path

from sphinx.util import logging

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent
NODE_MODULES = ROOT / "web" / "node_modules"


def has_node(package: str = "katex") -> bool:
    """Say whether Node.js and a package that the site takes from npm are at hand."""
    return shutil.which("node") is not None and (NODE_MODULES / package).exists()


def run_node(script: str, *arguments, lost: str) -> bool:
    """Run a script; where it fails, warn of what is `lost` and return False."""
    command = ["node", ROOT / "web" / script, *arguments]
    run = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    if run.returncode:
        log.warning("%s: %s failed: %s", lost, script, run.stderr.strip()[-800:])
    return run.returncode == 0
