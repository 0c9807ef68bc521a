"""Build the site into `_build/html`, warnings as errors; only then replace what was there."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import make_slides

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "_build"
LOST = (
    "The site is built without what it adds: figures that move, the book's own fonts, typeset "
    "formulas (the browser shows them as MathML), and short style sheets and figures."
)


def install_node_packages() -> bool:
    """Run `npm ci` in `web/` when the lock changed; where it cannot be, say what is lost."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        print(f"Node.js was not found. {LOST}", flush=True)
        return True
    web = ROOT / "web"
    stamp = web / "node_modules" / ".installed"
    state = hashlib.sha256((web / "package-lock.json").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="utf-8") == state:
        return True
    print("Installing what the site takes from npm ...", flush=True)
    command = [npm, "ci", "--omit=dev", "--no-progress", "--loglevel=error"]
    if subprocess.run(command, cwd=web).returncode:
        # Half a set of packages is worse than none; and a published site must be a whole one.
        shutil.rmtree(web / "node_modules", ignore_errors=True)
        print(f"npm could not install them. {LOST}", file=sys.stderr, flush=True)
        return not os.environ.get("CI")
    stamp.write_text(state, encoding="utf-8")
    return True


def run_jupyter_book(work: Path) -> int:
    """Build into the work folder and return the exit status; its own words only when it failed."""
    start = "from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", start, "build", ".", "--path-output", str(work)]
    command += ["-nW", "--keep-going", "-q", "--all"]
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
    if not (ROOT / "exercises" / "source").exists():
        print(
            "The pages of the exercises are made from exercises/source, which this copy of the "
            "course leaves out: build the site in the whole repository.",
            file=sys.stderr,
        )
        return 1
    if not install_node_packages():
        return 1
    work = BUILD / ".work"
    built = work / "_build" / "html"
    shutil.rmtree(built, ignore_errors=True)
    status = run_jupyter_book(work)
    if status or not (built / "index.html").exists():
        left = "the earlier site is untouched" if (BUILD / "html").exists() else "there is no site"
        print(f"The build failed or warned, see above; {left}.", file=sys.stderr)
        return 1
    make_slides.make(built)
    replace(built, BUILD / "html")
    print("The site is in _build/html: open _build/html/index.html in a browser.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
