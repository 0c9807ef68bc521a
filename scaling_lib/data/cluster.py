"""The connection to a Dask cluster, for sweeps and for grading a class."""

CONNECT_SECONDS = 20  # how long a scheduler may take to answer


def connect(scheduler):
    """Return a Dask client of the scheduler at this address; close it after use."""
    try:
        from distributed import Client
    except ImportError:
        raise ValueError("a scheduler needs Dask: pip install scaling-measured[cluster]") from None
    try:
        return Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise ValueError(f"no Dask scheduler answers at {scheduler}: {error}") from None
