"""Results of fits as tables, in plain text and in HTML."""

from __future__ import annotations

import html as escape
import math


def number(value):
    """Return a number with five significant digits, "unbounded" for an infinite one.

    >>> number(406.4), number(2.085e13), number(float("inf"))
    ('406.4', '2.085e+13', 'unbounded')
    """
    if not math.isfinite(value):
        return "unbounded"
    return f"{value:.5g}"


def interval(parameter, low, high):
    """Return the two ends of an interval as text; an end without a bound says so."""
    below = "unbounded" if (parameter.positive and low == 0) else number(low)
    return below, number(high)


def rows(result, level):
    """Return the header and rows of the table of parameters, as text."""
    method = "profile" if result.replicates is None else "bootstrap"
    header = ("parameter", "estimate", "std. error", f"{100 * level:g} % from", "to", "unit")
    errors, ends = result.stderr, result.intervals(level)
    table = []
    for parameter in result.law.parameters:
        name = parameter.name
        table.append(
            (
                name,
                number(result.params[name]),
                number(errors[name]),
                *interval(parameter, *ends[name]),
                result.units[name],
            )
        )
    return header, table, method


def facts(result):
    """Return the lines below the table: objective, criteria, identifiability, rivals, warnings."""
    lines = [
        f"objective {result.objective:.6g} (sum of Huber losses, delta {result.delta:g}), "
        f"AIC {result.aic:.2f}, BIC {result.bic:.2f}, condition {result.condition:.1e}"
    ]
    minima = result.other_minima
    if minima:
        lines.append(
            f"next minimum at {minima[0]['ratio']:.4g} times the objective: "
            + ", ".join(f"{name} {number(value)}" for name, value in minima[0]["params"].items())
        )
    else:
        lines.append("no other minimum was found")
    lines += [f"note: {warning}" for warning in result.warnings]
    return lines


def text(result, level=0.9):
    """Return a fit as a plain-text table with what a reader must know below it."""
    header, table, method = rows(result, level)
    widths = [max(len(row[j]) for row in [header, *table]) for j in range(len(header))]

    def line(row):
        left = [row[0].ljust(widths[0])]
        middle = [cell.rjust(width) for cell, width in zip(row[1:-1], widths[1:-1], strict=True)]
        return "  ".join([*left, *middle, row[-1]]).rstrip()

    ways = f"{method} intervals"
    if result.replicates is not None:
        ways += f", {result.replicates} replicates, seed {result.seed}"
    title = f"{result.law.title}: {result.law.equation}"
    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    return "\n".join(
        [title, f"{result.n} runs, {ways}", rule, line(header), rule]
        + [line(row) for row in table]
        + [rule, *facts(result)]
    )


def html(result, level=0.9):
    """Return a fit as an HTML table with a caption, and header cells for columns and rows."""
    header, table, method = rows(result, level)
    caption = f"{result.law.title}, {result.n} runs, {method} intervals"
    head = "".join(f'<th scope="col">{escape.escape(cell)}</th>' for cell in header)
    body = "".join(
        f'<tr><th scope="row">{escape.escape(row[0])}</th>'
        + "".join(f"<td>{escape.escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in table
    )
    notes = "".join(f"<li>{escape.escape(line)}</li>" for line in facts(result))
    return (
        f'<table class="fit"><caption>{escape.escape(caption)}<br><code>'
        f"{escape.escape(result.law.equation)}</code></caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table><ul>{notes}</ul>"
    )
