"""The library as submissions find it: without the functions that their assignment asks for.

An assignment names them (``withheld`` in the metadata of a task). In the sandbox their bodies are
missing, so that neither they nor what is built on them can be handed in.
"""

import ast
import pathlib
import shutil

import scaling_lib

PACKAGE = pathlib.Path(scaling_lib.__file__).resolve().parent


def without(names):
    """Return the changed files of the library, from path to bytes.

    `names` are functions with their modules, such as ``scaling_lib.laws.formulas.bnsl``. Raises
    `ValueError` if there is no such function.
    """
    changed = {}
    for name in names:
        module, _, function = name.rpartition(".")
        path = PACKAGE.parent / f"{module.replace('.', '/')}.py"
        path = path if path.is_file() else path.with_suffix("") / "__init__.py"
        try:
            text = (changed.get(path) or path.read_bytes()).decode()
            body = next(n for n in ast.parse(text).body if getattr(n, "name", "") == function).body
        except (OSError, StopIteration, AttributeError):
            raise ValueError(f"there is no function {name} to be withheld") from None
        words = f"{function} is what an exercise asks for: the library is without it here"
        lines = text.split("\n")
        # The text before it is kept, also where the function is one line.
        first = body[1] if len(body) > 1 and ast.get_docstring(ast.Module(body, [])) else body[0]
        stub = " " * first.col_offset + f"raise NotImplementedError({words!r})"
        lines[first.lineno - 1 : body[-1].end_lineno] = [stub]
        changed[path] = "\n".join(lines).encode()
    return changed


def compiled(path):
    """Return the files in which Python keeps a module's compiled form."""
    return sorted((path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"))


def copy_without(names, folder):
    """Make a copy of the library in a folder."""
    shutil.copytree(PACKAGE, folder / PACKAGE.name)
    for path, content in without(names).items():
        copy = folder / path.relative_to(PACKAGE.parent)
        copy.write_bytes(content)
        for old in compiled(copy):
            old.unlink()
