"""Lighthouse on three pages of the built site, as a phone: the median of three runs each."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from chromium import FLAGS, find, served

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
CATEGORIES = {
    "performance": 95,
    "accessibility": 100,
    "best-practices": 100,
    "seo": 100,
}


def install() -> Path:
    """Install Lighthouse beside the build, from the same lock as the site's packages."""
    folder = ROOT / "_build" / ".audit"
    program = folder / "node_modules" / "lighthouse" / "cli" / "index.js"
    lock = ROOT / "web" / "package-lock.json"
    if not program.exists() or (folder / lock.name).read_bytes() != lock.read_bytes():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            if (ROOT / "web" / name).exists():
                shutil.copy2(ROOT / "web" / name, folder / name)
        command = [shutil.which("npm"), "ci", "--no-progress", "--loglevel=error"]
        subprocess.run(command, cwd=folder, check=True)
    return program


def run(program: Path, url: str) -> dict:
    """Return one report."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = ["node", program, url, "--quiet", "--output=json", f"--output-path={report}"]
        command += [f"--chrome-flags=--headless=new {' '.join(FLAGS)}"]
        command += [f"--only-categories={','.join(CATEGORIES)}", "--max-wait-for-load=60000"]
        environment = {**os.environ, "CHROME_PATH": find() or ""}
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
        return json.loads(report.read_text(encoding="utf-8"))


def failures(report: dict) -> list[str]:
    """Return the audits that cost points outside performance."""
    wanted = set(CATEGORIES) - {"performance"}
    audits = [a for name in wanted for a in report["categories"][name]["auditRefs"] if a["weight"]]
    found = (report["audits"][a["id"]] for a in audits)
    return sorted({a["id"] for a in found if a["score"] is not None and a["score"] < 1})


def default_pages(site: Path) -> list[str]:
    """Return the introduction, the longest chapter, and an exercise if there is one."""
    chapters = [p for p in (site / "chapters").glob("*.html") if p.stem not in {"references"}]
    longest = max(chapters, key=lambda p: p.stat().st_size)
    exercises = sorted((site / "exercises").rglob("*.html"))[:1]
    pages = [site / "chapters/intro.html", longest, *exercises]
    return list(dict.fromkeys(p.relative_to(site).as_posix() for p in pages))


def main() -> int:
    """Print the table; exit status 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", help="addresses from the top of the site")
    parser.add_argument("--runs", type=int, default=3, help="runs of each page (default 3)")
    parser.add_argument("--site", type=Path, default=SITE, help="folder (default _build/html)")
    options = parser.parse_args()
    if not (options.site / "index.html").exists():
        print("There is no site to look at: run `make book` first.", file=sys.stderr)
        return 1
    if shutil.which("npm") is None or find() is None:
        print("The audit needs Node.js and Chromium (or CHROMIUM=/its/path).", file=sys.stderr)
        return 1
    program = install()
    missed = False
    print(f"{'page':<36}" + "".join(f"{name:>16}" for name in CATEGORIES) + "   KiB sent")
    with served(options.site) as address:
        for page in options.pages or default_pages(options.site):
            reports = [run(program, address + page) for _ in range(options.runs)]
            row = f"{page:<36}"
            for name, target in CATEGORIES.items():
                scores = [100 * (r["categories"][name]["score"] or 0) for r in reports]
                score = statistics.median(scores)
                missed |= score < target
                row += f"{f'{score:.0f}' + (' !' if score < target else ''):>16}"
            bytes_sent = reports[0]["audits"]["total-byte-weight"]["numericValue"]
            print(f"{row}   {bytes_sent / 1024:.0f}", flush=True)
            for audit in failures(reports[0]):
                print(f"    {audit}")
    print("targets".ljust(36) + "".join(f"{'>= ' + str(v):>16}" for v in CATEGORIES.values()))
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
