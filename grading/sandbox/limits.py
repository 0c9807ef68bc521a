"""What a submission may use up."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Limits:
    """Limits of one submission.

    Seconds count elapsed time. `memory` and `processes` count everything that the submission
    started; `address_space` is that of one process, which reserves far more than it uses.
    """

    call: float = 10.0
    """Seconds a call of one of its functions may take."""

    cell: float = 20.0
    """Seconds a cell may take."""

    test: float = 60.0
    """Seconds a test cell may take, its calls included."""

    total: float = 120.0
    """Seconds after which the submission does not run any more."""

    hard: float = 170.0
    """Seconds after which everything that belongs to the submission is killed."""

    start: float = 60.0
    """Seconds the sandbox may take to start."""

    memory: int = 2 << 30
    """Bytes."""

    address_space: int = 6 << 30
    """Bytes."""

    disk: int = 256 << 20
    """Bytes of all files it writes."""

    message: int = 16 << 20
    """Bytes of one answer."""

    processes: int = 64
    """Processes at a time."""

    restarts: int = 20
    """How often a sandbox that died is started again."""

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if type(value) not in (int, float) or not 0 < value < float("inf"):
                raise ValueError(f"limit {field.name} must be a positive number, not {value!r}")

    @classmethod
    def parse(cls, settings):
        """Read ``["call=5", "memory=1e9"]``.

        Parameters
        ----------
        settings : iterable of str
            What differs from the defaults.

        Returns
        -------
        Limits
            The limits.

        Raises
        ------
        ValueError
            If a name is unknown or a value is no positive number.
        """
        kinds = {field.name: type(field.default) for field in dataclasses.fields(cls)}
        values = {}
        for setting in settings:
            name, _, value = setting.partition("=")
            if name not in kinds:
                raise ValueError(f"there is no limit {name!r}; there are {', '.join(kinds)}")
            try:
                values[name] = kinds[name](float(value))
            except (ValueError, OverflowError):
                raise ValueError(f"limit {name} must be a number, not {value!r}") from None
        if "total" in values and "hard" not in values:  # the time to end everything stays
            values["hard"] = max(cls.hard, values["total"] + cls.hard - cls.total)
        return cls(**values)
