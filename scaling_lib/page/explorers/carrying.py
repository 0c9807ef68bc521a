"""What the page must carry to run an explorer: its function and its data, as JSON types."""

import builtins
import dis
import inspect
import textwrap


def where_defined(f):
    """Return where the page finds a function: a module that it carries, or the function's source.

    Parameters
    ----------
    f : callable
        A function of a module of `page.explorers`, or one that uses no name from outside
        except `math` and the built-in ones.

    Returns
    -------
    dict
        `module` and `name`, or `source` and `name`.

    Raises
    ------
    ValueError
        If the function uses other names.
    """
    if f.__module__.startswith("scaling_lib.page.explorers."):
        return {"module": f.__module__, "name": f.__name__}
    others = sorted(global_names(f.__code__) - {"math"} - set(dir(builtins)))
    if others:
        raise ValueError(
            f"{f.__name__} uses {', '.join(others)}, which the page does not know: define it "
            "inside "
            "the function, or move the function to a module of scaling_lib.page.explorers"
        )
    return {"source": textwrap.dedent(inspect.getsource(f)), "name": f.__name__}


def global_names(code):
    """Return the names that a code object, or one nested in it, takes from outside."""
    loads = ("LOAD_GLOBAL", "LOAD_NAME")
    names = {i.argval for i in dis.get_instructions(code) if i.opname in loads}
    names |= set(code.co_freevars)
    for inner in code.co_consts:
        if inspect.iscode(inner):
            names |= global_names(inner) - set(code.co_cellvars) - set(code.co_freevars)
    return names


def check_arguments(f, controls, data):
    """Raise a ValueError unless the controls, and the data if there are any, are f's arguments."""
    given = {c["name"] for c in controls} | ({"data"} if data is not None else set())
    parameters = inspect.signature(f).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return
    names = {p.name for p in parameters}
    needed = {p.name for p in parameters if p.default is p.empty}
    if given - names:
        raise ValueError(
            f"{f.__name__} has no argument {', '.join(sorted(given - names))}; name each control "
            "after an argument"
        )
    if needed - given:
        raise ValueError(
            f"{f.__name__} needs {', '.join(sorted(needed - given))}; add a control or give data"
        )


def plain(value, digits=None):
    """Return data as JSON types: a table becomes a dict of lists, an array a list.

    Parameters
    ----------
    value
        A table with `to_dict`, an array with `tolist`, or dicts, lists and numbers of these.
    digits : int, optional
        Significant digits to keep of each float.

    Returns
    -------
    dict, list, str, int, float, bool or None
        The same in JSON types.

    Examples
    --------
    >>> plain({"x": (1, 2.123456)}, digits=3)
    {'x': [1, 2.12]}
    """
    if isinstance(value, float):
        return value if digits is None else float(f"{value:.{digits}g}")
    if value is None or isinstance(value, str | bool | int):
        return value
    if hasattr(value, "columns") and hasattr(value, "to_dict"):
        return plain(value.to_dict("list"), digits)
    if hasattr(value, "tolist"):
        return plain(value.tolist(), digits)
    if isinstance(value, dict):
        return {str(k): plain(v, digits) for k, v in value.items()}
    return [plain(v, digits) for v in value]
