"""Build the site into `_build/html`: vendor, build with warnings as errors, and only then replace what was there."""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "_build"


def install_node_packages() -> None:
    """Run `npm ci` in `web/` when Node.js is there and the lock changed; without Node.js say what is lost."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        print(
            "Node.js was not found. The site is built without what it adds: figures that move, the book's own fonts, "
            "typeset formulas (the browser shows them as MathML) and a reduced style sheet.",
            flush=True,
        )
        return
    web = ROOT / "web"
    stamp = web / "node_modules" / ".installed"
    state = hashlib.sha256((web / "package-lock.json").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="utf-8") == state:
        return
    print("Installing what the site takes from npm ...", flush=True)
    subprocess.run(
        [npm, "ci", "--omit=dev", "--no-progress", "--loglevel=error"], cwd=web, check=True
    )
    stamp.write_text(state, encoding="utf-8")


def run_jupyter_book(work: Path, fresh: bool) -> int:
    """Build into the work folder and return the exit status; its own words only when it failed."""
    start = "from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", start, "build", ".", "--path-output", str(work)]
    command += ["-nW", "--keep-going", "-q"] + (["--all"] if fresh else [])
    run = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, encoding="utf-8", errors="replace"
    )
    if run.returncode:
        print(run.stdout)
    return run.returncode


def replace(new: Path, target: Path) -> None:
    """Put the finished site in the place of the old one."""
    staged, old = target.with_name("html.new"), target.with_name("html.old")
    for folder in (staged, old):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(new, staged)
    if target.exists():
        os.replace(target, old)
    os.replace(staged, target)
    shutil.rmtree(old, ignore_errors=True)


def main() -> int:
    """Build; exit status 1 and the old site untouched when anything warned."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--incremental", action="store_true", help="read only the pages that changed"
    )
    options = parser.parse_args()
    install_node_packages()
    work = BUILD / ".work"
    built = work / "_build" / "html"
    if not options.incremental:
        shutil.rmtree(built, ignore_errors=True)
    status = run_jupyter_book(work, fresh=not options.incremental)
    if status or not (built / "index.html").exists():
        print(
            "The build failed or warned (see above); "
            + (
                "the earlier site in _build/html is untouched."
                if (BUILD / "html").exists()
                else "there is no site yet."
            ),
            file=sys.stderr,
        )
        return 1
    replace(built, BUILD / "html")
    print(
        f"The site is in {(BUILD / 'html' / 'index.html').relative_to(ROOT)}: open that file in a browser."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
