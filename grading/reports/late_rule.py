"""What late work loses: the last change of a result's score, made just before it is written."""

import dataclasses
import datetime
import math
import re


def read_time(text):
    """Return a time in ISO format with its zone (UTC if it names none); None for other text."""
    try:
        text = re.sub(r" ?(UTC|GMT|Z)$", "+00:00", text.strip())
        time = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=datetime.UTC)


@dataclasses.dataclass(frozen=True)
class LateRule:
    """Take off a share of the points for each day begun."""

    # The deadline. Without it only what the platform marked as late is late, by one day.
    due: datetime.datetime | None = None
    percent: float = 0.0  # of the points earned, a day; 100 refuses what is late

    @classmethod
    def parse(cls, due, percent):
        """Read a deadline in ISO format, such as ``2026-11-30T23:59+01:00``, or None."""
        if not 0 <= percent <= 100:
            raise ValueError(f"the late penalty must be from 0 to 100 percent, not {percent:g}")
        time = None
        if due is not None and (time := read_time(due)) is None:
            raise ValueError(f"the deadline must be such as 2026-11-30T23:59+01:00, not {due!r}")
        return cls(time, percent)

    def days(self, submission):
        """Return how many days, begun ones included, a submission is late."""
        if self.due and submission.submitted:
            seconds = (submission.submitted - self.due).total_seconds()
            return max(0, math.ceil(seconds / 86_400))
        return int(submission.flagged_late)

    def terms(self, submission):
        """Return what the rule, if any is ``given``, says of a `Submission`, as plain data."""
        time = submission.submitted.isoformat() if submission.submitted else None
        known = {"days": self.days(submission), "percent": self.percent, "submitted": time}
        return known | {"given": bool(self.due or self.percent)}


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
    result["late"] = {"days": days, "lost": round(lost, 6), "submitted": terms["submitted"]}
    # Not how many points: that would tell of hidden tests whose results are not out yet.
    taken = f": {cost(terms):g} % of the points were taken off" if cost(terms) else ""
    if days:
        result["score"] = round(result["score"] - lost, 6)
        result["notes"].append(f"Late by {days} day{'s' * (days > 1)}{taken}.")
