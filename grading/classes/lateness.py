"""The rule for submissions that come too late."""

import dataclasses
import datetime
import math

from grading.classes.submissions import read_time


@dataclasses.dataclass(frozen=True)
class LateRule:
    """Take off a share of the points for each day begun.

    Parameters
    ----------
    due : datetime.datetime, optional
        The deadline. Without it only what the platform marked as late is late, by one day.
    percent : float
        Of the points earned, a day; 100 refuses what is late.
    """

    due: datetime.datetime | None = None
    percent: float = 0.0

    @classmethod
    def parse(cls, due, percent):
        """Read the rule from the command line.

        Parameters
        ----------
        due : str or None
            ISO format, such as ``2026-11-30T23:59+01:00``; UTC if it names no zone.
        percent : float
            From 0 to 100.

        Returns
        -------
        LateRule
            The rule.

        Raises
        ------
        ValueError
            If one of them cannot be used.
        """
        if not 0 <= percent <= 100:
            raise ValueError(f"the penalty for a day is from 0 to 100 percent, not {percent:g}")
        time = None
        if due is not None and (time := read_time(due)) is None:
            raise ValueError(f"a deadline looks like 2026-11-30T23:59+01:00, not {due!r}")
        return cls(time, percent)

    def days(self, submission):
        """Return how many days, begun ones included, a submission is late."""
        if self.due and submission.submitted:
            seconds = (submission.submitted - self.due).total_seconds()
            return max(0, math.ceil(seconds / 86_400))
        return int(submission.flagged_late)

    def apply(self, result, submission):
        """Write into a result what the rule takes off."""
        days = self.days(submission)
        lost = min(result["score"], result["score"] * days * self.percent / 100)
        result["late"] = {"days": days, "lost": round(lost, 6)}
        if submission.submitted:
            result["late"]["submitted"] = submission.submitted.isoformat()
        if days and self.percent:
            result["score"] = round(result["score"] - lost, 6)
            result["notes"].append(
                f"Late by {days} day{'s' * (days > 1)}: {lost:g} points were taken off."
            )
        elif days:
            result["notes"].append(f"Late by {days} day{'s' * (days > 1)}.")
