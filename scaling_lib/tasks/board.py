r"""Connect Four on bitboards: many games at once in arrays of 64-bit integers.

Seven columns of six cells. Each column takes seven bits, of which the top one always stays empty so
that lines cannot wrap from one column into the next::

     5 12 19 26 33 40 47
     4 11 18 25 32 39 46
     3 10 17 24 31 38 45
     2  9 16 23 30 37 44
     1  8 15 22 29 36 43
     0  7 14 21 28 35 42

A position is two numbers: ``mover``, the stones of the side to move, and ``occupied``, all stones.
A move is a number with one bit set. All functions take arrays of any length.
"""

import numpy as np

COLUMNS, ROWS = 7, 6


def _bits(cells) -> np.uint64:
    return np.uint64(sum(1 << cell for cell in cells))


BOTTOM = np.array([1 << 7 * c for c in range(COLUMNS)], dtype=np.uint64)
COLUMN = np.array([_bits(range(7 * c, 7 * c + ROWS)) for c in range(COLUMNS)], dtype=np.uint64)
BOARD = _bits(7 * c + r for c in range(COLUMNS) for r in range(ROWS))
TOP_ROW = _bits(7 * c + ROWS - 1 for c in range(COLUMNS))
BOTTOM_ROW = _bits(7 * c for c in range(COLUMNS))
#: Steps along a line: up, right, and the two diagonals.
STEPS = (1, 7, 6, 8)
_STEP_PAIRS = [(np.uint64(step), np.uint64(2 * step)) for step in STEPS]
#: The 69 lines of four cells.
LINES = np.array(
    [
        _bits(7 * (c + i * dc) + r + i * dr for i in range(4))
        for dc, dr in ((0, 1), (1, 0), (1, 1), (1, -1))
        for c in range(COLUMNS)
        for r in range(ROWS)
        if c + 3 * dc < COLUMNS and 0 <= r + 3 * dr < ROWS
    ],
    dtype=np.uint64,
)

# Which columns are open is a number of 7 bits, so the choice of the k-th open column is a table.
# Multiplying by _GATHER moves the bits 0, 7, ..., 42 next to each other, to bits 42 ... 48.
_GATHER = _bits(42 - 6 * c for c in range(COLUMNS))
_OPEN = [[c for c in range(COLUMNS) if pattern >> c & 1] for pattern in range(128)]
_OPEN_COUNT = np.array([len(columns) for columns in _OPEN], dtype=np.float32)
_OPEN_COLUMN = np.array([columns + [0] * (COLUMNS - len(columns)) for columns in _OPEN], np.int8)


def _shift(stones: np.ndarray, cells: int) -> np.ndarray:
    return stones << np.uint64(cells) if cells >= 0 else stones >> np.uint64(-cells)


def has_four(stones: np.ndarray) -> np.ndarray:
    """Whether the stones contain four in a line; bool, of the shape of ``stones``."""
    found = np.zeros_like(stones)
    for step, two_steps in _STEP_PAIRS:
        pairs = stones & (stones >> step)
        found |= pairs & (pairs >> two_steps)
    return found != 0


def landing_cells(occupied: np.ndarray) -> np.ndarray:
    """Cells on which the next stone of each column would land, as one number a position."""
    return (occupied + BOTTOM_ROW) & BOARD


def moves(occupied: np.ndarray) -> np.ndarray:
    """Legal moves, shape (n, 7): the bit of the landing cell of each column, or 0 if it is full."""
    return landing_cells(occupied)[:, None] & COLUMN


def completing_cells(stones: np.ndarray, occupied: np.ndarray) -> np.ndarray:
    """Empty cells on which one more stone would make four in a line, as one number a position."""
    found = np.zeros_like(stones)
    for step in STEPS:
        before = _shift(stones, step) & _shift(stones, 2 * step)  # two stones behind the cell
        after = _shift(stones, -step) & _shift(stones, -2 * step)  # two stones ahead of it
        found |= before & (_shift(stones, 3 * step) | _shift(stones, -step))
        found |= after & (_shift(stones, -3 * step) | _shift(stones, step))
    return found & BOARD & ~occupied


def random_moves(occupied: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a legal move uniformly for each position; no position may be full."""
    open_columns = ((~occupied & TOP_ROW) >> np.uint64(ROWS - 1)) * _GATHER
    pattern = ((open_columns >> np.uint64(42)) & np.uint64(127)).astype(np.intp)
    k = (rng.random(len(pattern), dtype=np.float32) * _OPEN_COUNT[pattern]).astype(np.intp)
    column = _OPEN_COLUMN[pattern, k]
    return (occupied + BOTTOM[column]) & COLUMN[column]


def rollout(mover: np.ndarray, occupied: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Play positions that nobody has won yet to the end, with uniformly random moves.

    Returns 1 if the side that was to move wins, -1 if it loses, 0 for a draw: int8, shape (n,).
    """
    result = np.zeros(len(mover), np.int8)
    live = np.flatnonzero(occupied != BOARD)
    mover, occupied = mover[live], occupied[live]
    winner = 1
    while len(live):
        move = random_moves(occupied, rng)
        mover = mover | move
        occupied = occupied | move
        won = has_four(mover)
        result[live[won]] = winner
        going = ~won & (occupied != BOARD)
        if not going.all():
            live, mover, occupied = live[going], mover[going], occupied[going]
        mover = mover ^ occupied
        winner = -winner
    return result
