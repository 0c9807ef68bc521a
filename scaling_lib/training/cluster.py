"""Workers on other machines, through Dask."""

import contextlib

CONNECT_SECONDS = 20
"""How long to wait for the answer of a cluster's scheduler."""


@contextlib.contextmanager
def connect(scheduler):
    """Connect to a Dask scheduler for as long as a ``with`` block lasts.

    Parameters
    ----------
    scheduler : str
        Its address, such as ``tcp://head-node:8786``.

    Yields
    ------
    distributed.Client
        The connection.

    Raises
    ------
    ValueError
        If Dask is not installed or no scheduler answers.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise ValueError("a scheduler needs Dask: pip install scaling-measured[cluster]") from error
    try:
        client = Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise ValueError(f"no Dask scheduler answers at {scheduler}: {error}") from error
    with client:
        yield client
