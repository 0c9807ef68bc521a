"""Measure speed side by side with the peers, in an environment of its own.

The peers (PyTorch, the `chinchilla` package) are no part of the book: they are installed into
`.venv-bench`, together with this project and the locked versions of what it needs. Each
`benchmarks/bench_*.py` measures us and its peer in one run and prints times and ratios.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv-bench"
ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def python():
    """Path of the interpreter of the benchmarks' environment."""
    folder, name = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    return ENVIRONMENT / folder / name


def install():
    """Make the environment, or bring it up to date."""
    if not python().exists():
        venv.create(ENVIRONMENT, with_pip=True)
    requirements = sorted((ROOT / "benchmarks").glob("requirements*.txt"))
    # The lock without hashes and extras serves as constraints: the same numpy as in .venv.
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    pins = re.findall(r"^([A-Za-z0-9][^\\\n]*?)\s*\\?$", re.sub(r"\[[\w,-]+\]", "", lock), re.M)
    with tempfile.TemporaryDirectory() as folder:
        constraints = Path(folder, "constraints.txt")
        constraints.write_text("\n".join(pins) + "\n", encoding="utf-8")
        command = [python(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        command += ["--constraint", constraints, "--editable", ROOT]
        for path in requirements:
            command += ["--requirement", path]
        subprocess.run(command, check=True)


def main(argv=None):
    """Run the benchmarks named, or all."""
    available = {p.stem.removeprefix("bench_"): p for p in (ROOT / "benchmarks").glob("bench_*.py")}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(sorted(available))}"
    )
    names = parser.parse_args(argv).names or sorted(available)
    if unknown := set(names) - set(available):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}")
    install()
    environment = {**os.environ, **dict.fromkeys(ONE_THREAD, "1")}
    failed = 0
    for name in names:
        print(f"\n## {name}\n", flush=True)
        failed += subprocess.run([python(), available[name]], env=environment).returncode != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
