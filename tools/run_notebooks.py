"""Execute notebooks from top to bottom and store them in one normal form.

Executing an unchanged notebook again leaves no difference: whatever changes between two runs that
compute the same thing (timestamps, widget identifiers, how a stream was cut into pieces, the
editor's view state) is not stored. `--clean` brings notebooks to the normal form without running
them and keeps their outputs; the pre-commit hook uses it.
"""

import argparse
import os
import re
import sys
from pathlib import Path

import joblib
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from scaling_lib.data.files import write_bytes

ROOT = Path(__file__).resolve().parent.parent
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
# What metadata may hold: the book's own keys, tags, grading. The rest is an editor's view
# state.
NOTEBOOK_KEYS = {"title", "authors", "description", "mystnb", "handed_out"}
CELL_KEYS = {"mystnb", "tags", "guess", "exercise", "nbgrader", "deletable", "editable"}
# Folds an output on the site; the key that JupyterLab reads follows from it.
FOLDED = "hide-output"
WIDGET_TYPES = {
    "application/vnd.jupyter.widget-view+json",
    "application/vnd.jupyter.widget-state+json",
}


def normalise(nb):
    """Bring a notebook of format 4 to the stored form, in place.

    A cell that wrote to the error stream is a `ValueError`: a warning has no place in the book.
    """
    nb.nbformat, nb.nbformat_minor = 4, 5
    kept = {k: v for k, v in nb.metadata.items() if k in NOTEBOOK_KEYS}
    nb.metadata = nbformat.NotebookNode(
        {**kept, "kernelspec": KERNEL, "language_info": {"name": "python"}}
    )
    taken = set()
    for number, cell in enumerate(nb.cells):
        cell.metadata = nbformat.NotebookNode(
            {k: v for k, v in cell.metadata.items() if k in CELL_KEYS}
        )
        if FOLDED in cell.metadata.get("tags", []):
            cell.metadata["jupyter"] = {"outputs_hidden": True}
        if not cell.get("id") or cell["id"] in taken:
            cell["id"] = f"cell-{number:03d}"
        taken.add(cell["id"])
        if cell.cell_type == "code":
            cell.outputs = _normal_outputs(cell)
    count = 0
    for cell in nb.cells:
        if cell.cell_type == "code":
            count += bool(cell.outputs) or cell.execution_count is not None
            cell.execution_count = count if cell.execution_count is not None else None


def _normal_outputs(cell):
    outputs = []
    for output in cell.outputs:
        if output.output_type == "stream":
            if output.name == "stderr":
                raise ValueError(f"cell {cell['id']} wrote to the error stream: {output.text!r}")
            if outputs and outputs[-1].get("name") == output.name:
                outputs[-1].text += output.text
                continue
        elif "data" in output:
            output.data = nbformat.NotebookNode(
                {k: _stable(v, cell) for k, v in output.data.items() if k not in WIDGET_TYPES}
            )
            output.metadata = nbformat.NotebookNode()
            if "execution_count" in output:
                output.execution_count = cell.execution_count
            if not output.data:
                continue
        outputs.append(output)
    return outputs


def _stable(value, cell):
    """Replace what every process draws anew: addresses, and the names of styled tables."""
    if not isinstance(value, str):
        return value
    value = re.sub(r" at 0x[0-9a-f]+>", ">", value)
    return re.sub(r"\bT_[0-9a-f]{5}(?=[_\" {])", f"T_{cell['id']}", value)


def write(nb, path):
    """Store a notebook; a reader never sees a half-written file."""
    write_bytes(path, (nbformat.writes(nb).rstrip("\n") + "\n").encode())


def execute(path):
    """Run one notebook in a fresh kernel and store it.

    Returns the CPU seconds of the kernel and its peak memory in MB (NaN where the system is not
    Linux, which alone tells it).
    """
    nb = nbformat.read(path, as_version=4)
    client = NotebookClient(
        nb,
        timeout=600,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(path.parent)}},
        store_widget_state=False,
    )
    with client.setup_kernel():
        for index, cell in enumerate(nb.cells):
            client.execute_cell(cell, index)
        cost = _cost(client.km.provisioner.pid)
    normalise(nb)
    write(nb, path)
    return cost


def _cost(pid):
    import psutil

    times = psutil.Process(pid).cpu_times()
    peak = float("nan")
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        peak = int(line.split()[1]) / 1024
    return times.user + times.system, peak


def _run(path, clean):
    try:
        if clean:
            nb = nbformat.read(path, as_version=4)
            normalise(nb)
            write(nb, path)
            return path, None, None
        return path, execute(path), None
    except (CellExecutionError, ValueError, nbformat.validator.NotebookValidationError) as error:
        return path, None, f"{error}"


def main(argv=None):
    """Execute (or clean) the notebooks named, or all of the book's."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: chapters/**/*.ipynb")
    parser.add_argument("--clean", action="store_true", help="normalise only, run nothing")
    parser.add_argument("--jobs", type=int, default=1)
    args = parser.parse_args(argv)
    paths = args.notebooks or sorted(
        p for p in (ROOT / "chapters").rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts
    )
    missing = [str(p) for p in paths if not p.is_file()]
    if missing:
        parser.error(f"no such notebook: {', '.join(missing)}")
    if not args.clean:
        # A pager or colours in a kernel's environment would change what is stored.
        os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", PYTHONHASHSEED="0")
    results = joblib.Parallel(n_jobs=args.jobs)(joblib.delayed(_run)(p, args.clean) for p in paths)
    failed = 0
    for path, cost, error in results:
        if error:
            failed += 1
            print(f"FAILED {path}\n{error}", file=sys.stderr)
        elif cost:
            print(f"{path}: {cost[0]:.1f} CPU s, peak {cost[1]:.0f} MB")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
