"""Make the student version of each assignment: no solution, no hidden test, nothing to fall over.

`exercises/source/NAME/NAME.ipynb` becomes `exercises/release/NAME/NAME.ipynb` by the steps of
`nbgrader generate_assignment`, without its database and course folder.
"""

import argparse
import sys
from pathlib import Path

import nbformat
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearMarkScheme,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    LockCells,
)
from run_notebooks import normalise, write

from grading.source.submitted_cells import HANDED_OUT, handed_out

ROOT = Path(__file__).resolve().parent.parent
EXERCISES = ROOT / "exercises"
STUBS = {
    "code_stub": {
        "python": 'raise NotImplementedError("Put your solution in place of this line.")'
    },
    "text_stub": "*Put your answer in place of this line.*",
}


def release(source):
    """Return the student version of a notebook in nbgrader's source format."""
    nb, resources = nbformat.from_dict(source), {}
    steps = [LockCells(), ClearSolutions(**STUBS), ClearOutput(), ClearHiddenTests()]
    for step in [*steps, ClearMarkScheme(), ComputeChecksums(), CheckCellMetadata()]:
        nb, resources = step.preprocess(nb, resources)
    normalise(nb)
    nb.metadata[HANDED_OUT] = handed_out((cell.cell_type, cell.source) for cell in nb.cells)
    return nb


def main(argv=None):
    """Write the student versions; with `--check` only say which are out of date."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: all assignments")
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 if one is old")
    args = parser.parse_args(argv)
    known = sorted(p.stem for p in (EXERCISES / "source").glob("*/*.ipynb"))
    if unknown := sorted(set(args.names) - set(known)):
        parser.error(f"no such assignment: {', '.join(unknown)}; there are {', '.join(known)}")
    old = 0
    for name in args.names or known:
        made = release(nbformat.read(EXERCISES / "source" / name / f"{name}.ipynb", as_version=4))
        target = EXERCISES / "release" / name / f"{name}.ipynb"
        if target.exists() and nbformat.read(target, as_version=4) == made:
            continue
        old += 1
        if args.check:
            print(f"{target.relative_to(ROOT)} is not made from its source: run `make exercises`")
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        write(made, target)
        print(f"wrote {target.relative_to(ROOT)}")
    return 1 if args.check and old else 0


if __name__ == "__main__":
    sys.exit(main())
