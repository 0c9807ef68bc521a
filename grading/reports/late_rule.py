"""What late work loses: the last change of a result's score, made just before it is written."""

import dataclasses
import datetime
import math
import re

from grading.reports.spreadsheets import letters, some


def read_time(text):
    """Return a time in ISO format with its zone (UTC if it names none); None for other text."""
    time = _read(text)
    return time.replace(tzinfo=datetime.UTC) if time and not time.tzinfo else time


def read_deadline(text):
    """Return a deadline: a time, in this machine's zone if it names none, or the end of a day."""
    try:
        day = datetime.date.fromisoformat(text.strip())
        return datetime.datetime.combine(day, datetime.time.max).astimezone()
    except ValueError:
        time = _read(text)
    return time.astimezone() if time and not time.tzinfo else time


def _read(text):
    try:
        return datetime.datetime.fromisoformat(re.sub(r" ?(UTC|GMT|Z)$", "+00:00", text.strip()))
    except ValueError:
        return None


@dataclasses.dataclass(frozen=True)
class LateRule:
    """Take off a share of the points for each day begun."""

    # The deadline. Without it only what the platform marked as late is late, by one day.
    due: datetime.datetime | None = None
    percent: float = 0.0  # of the points earned, a day; 100 refuses what is late
    # When submissions came that do not say so themselves: by the platform's id, such as
    # ``("moodle", "41")``, or the `letters` of a name.
    times: dict = dataclasses.field(default_factory=dict)

    @classmethod
    def parse(cls, due, percent, times=()):
        """Read a deadline, such as ``2026-11-30T23:59+01:00`` or ``2026-11-30``, or None."""
        if not 0 <= percent <= 100:
            raise ValueError(f"the late penalty must be from 0 to 100 percent, not {percent:g}")
        time = None
        if due is not None and (time := read_deadline(due)) is None:
            raise ValueError(f"the deadline must be such as 2026-11-30T23:59+01:00, not {due!r}")
        return cls(time, percent, dict(times))

    def came(self, submission):
        """Return when a submission was handed in, or None."""
        keys = *submission.ids.items(), letters(submission.student)
        known = (self.times[key] for key in keys if key in self.times)
        return submission.submitted or next(known, None)

    def days(self, submission):
        """Return how many days, begun ones included, a submission is late."""
        if self.due and (came := self.came(submission)):
            seconds = (came - self.due).total_seconds()
            return max(0, math.ceil(seconds / 86_400))
        return int(submission.flagged_late)

    def terms(self, submission):
        """Return what the rule, if any is ``given``, says of a `Submission`, as plain data."""
        came, due = self.came(submission), self.due and self.due.isoformat()
        known = {"days": self.days(submission), "percent": self.percent, "due": due}
        known["submitted"] = came and came.isoformat()
        return known | {"given": bool(self.due or self.percent)}

    def in_words(self, results):
        """Return what the rule has meant for the results of a run, in a sentence each."""
        if not (self.due or self.percent):
            return []
        due = self.due and self.due.isoformat(" ", "minutes")
        lines = [f"deadline: {due or 'that of the platform'}; {self.percent:g} % a day"]
        late = [r for r in results if r["late"]["days"]]
        if late:
            days = [f"{r['student']} ({r['late']['days']})" for r in late]
            lines.append(f"late, in days: {some(days)}")
        if marked := [r["student"] for r in late if not r["late"]["submitted"]]:
            lines.append(f"marked as late by Canvas, which counts as one day: {some(marked)}")
        blind = [r["student"] for r in results if not r["late"]["submitted"] and r not in late]
        if self.due and blind:
            lines.append(f"taken as in time, as no time is known ({len(blind)}): {some(blind)}")
        return lines


def mildest(rules):
    """Return the `LateRule.terms` that cost least, of those that were made: values of a dict."""
    made = [one for one in rules.values() if one["given"]] or list(rules.values())
    return min(made, key=lambda one: (cost(one), one["days"]))


def cost(terms):
    """Return what lateness costs, in percent of the points."""
    return min(100, terms["days"] * terms["percent"])


def take_off(result, terms):
    """Take off the points of late work from a result's ``score``, and say so in its ``notes``."""
    days, lost = terms["days"], result["score"] * cost(terms) / 100
    facts = {"percent": cost(terms), "lost": round(lost, 6), "submitted": terms["submitted"]}
    result["late"] = {"days": days, **facts}
    # Not how many points: that would tell of hidden tests whose results are not out yet.
    taken = f": {cost(terms):g} % of the points were taken off" if cost(terms) else ""
    if days:
        result["score"] = round(result["score"] - lost, 6)
        result["notes"].append(f"Late by {days} day{'s' * (days > 1)}{taken}.")
