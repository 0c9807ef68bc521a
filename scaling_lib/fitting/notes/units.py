"""Notes on the units of sizes, tokens and compute."""

import shlex

import numpy as np

from scaling_lib.fitting.runs import POWERS, available, parts_of, take, unit_of, with_unit

# Largest value of a column below which its unit cannot be one: the smallest models of this book
# have several hundred parameters, and are trained on some 10^7 FLOP.
LEAST = {"N": 200.0, "D": 200.0, "C": 1e6}
# D / N that sweeps have, with all the room that odd ones need: outside, a unit is missing.
TOKENS_A_PARAMETER, USUAL = (0.1, 1e7), 20.0
# No column reaches this, so that a unit in its header is not one to multiply it by once more.
MOST = {"N": 1e16, "D": 1e17, "C": 1e28}


def units(data, mapping, inputs, free=()):
    """Name sizes, tokens or compute that are not counted in ones, apart from those in `free`.

    `inputs` are the columns as the fit took them, read from `data` or derived.
    """
    names, mapping = available(data), mapping or {}
    unused = {}
    for name in MOST.keys() & mapping.keys() - set(free):
        header = mapping[name]  # with its factor, where it is given one
        if header in names and (unit := unit_of(header)) != 1.0:
            if np.nanmax(take(data, [name], mapping, faults={})[0][name]) * unit < MOST[name]:
                unused[name] = header
    if unused:
        pairs = [f"{name}={with_unit(header)}" for name, header in sorted(unused.items())]
        yield (
            f"the unit named by {' and '.join(sorted(unused.values()))} is not applied "
            f"({' '.join(f'--column {shlex.quote(pair)}' for pair in pairs)})"
        )
    for name in sorted(MOST.keys() & mapping.keys() - set(free)):
        header, _, factor = (part.strip() for part in mapping[name].rpartition("*"))
        said = unit_of(header) if header in names and mapping[name] not in names else 1.0
        if said != 1.0 and float(factor) in {*POWERS.values()} - {said}:
            pair = shlex.quote(f"{name}={with_unit(header)}")
            yield (
                f"{header} names another unit than the {factor} that it is multiplied by (--column "
                f"{pair})"
            )
    # The column of the file that a value comes from, the first of two for one that is derived.
    parts = {n: parts_of(n, {*names, *mapping, *inputs} - {n}) for n in MOST.keys() & inputs.keys()}
    given = {n: n if n in {*names, *mapping} else parts[n][0] for n in parts}
    small = [name for name, values in inputs.items() if values.max() < LEAST.get(name, 0.0)]
    known = {*free, *unused} | {name for name in given if given[name] in unused}
    small = [name for name in small if name not in known]
    told = set()
    for name in small:
        if given[name] in told:
            continue
        told.add(given[name])
        what = name
        if given[name] != name:
            what = f"{name}, which follows from {' and '.join(parts[name])},"
        factor = "1e21" if given[name] == "C" else "1e9"
        pair = f"{given[name]}={mapping.get(given[name], given[name])}*{factor}"
        yield (
            f"the largest {what} is {inputs[name].max():g}, too small to be counted in ones: give "
            f"the unit, such as --column {shlex.quote(pair)}"
        )
    if not small and {"N", "D"} <= inputs.keys() - known:
        yield from _tokens_a_parameter(inputs, given, mapping)


def _tokens_a_parameter(inputs, given, mapping):
    """Name a unit that shows in D / N alone; `given` is the column that N and D come from."""
    ratio = float(np.median(inputs["D"] / inputs["N"]))
    least, most = TOKENS_A_PARAMETER
    if least <= ratio <= most:
        return
    name = given["D" if ratio < least else "N"]
    # Tokens that follow from C / N miss what N misses once more.
    squared = name == "N" and given["D"] != "D"
    thousands = max(1, round(abs(np.log10(ratio / USUAL)) / (6 if squared else 3)))
    pair = shlex.quote(f"{name}={mapping.get(name, name)}*1e{3 * thousands}")
    yield (
        f"half of the runs have {'at most' if ratio < least else 'at least'} {ratio:.2g} tokens a "
        f"parameter (D / N), as hardly any sweep has: is {name} counted in another unit? Give it, "
        f"such as --column {pair}"
    )
