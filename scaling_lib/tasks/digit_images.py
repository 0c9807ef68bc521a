"""Digits: drawn ones with a noise knob and as many as you like, and real handwritten ones.

`glyphs` draws digits from ten small bitmaps, `real` reads 1797 handwritten digits that ship with
the book, and `hand_features` makes features of either that people designed before networks learned
them.
"""

import numpy as np

from scaling_lib.data import DATA

HANDWRITTEN = DATA / "handwritten_digits.csv.gz"  # 64 pixels from 0 to 16, and the label
SIZE = 16
CLASSES = 10
#: Five columns and seven rows a digit; ``#`` is ink.
BITMAPS = (
    (".###.", "#...#", "#...#", "#...#", "#...#", "#...#", ".###."),
    ("..#..", ".##..", "#.#..", "..#..", "..#..", "..#..", "#####"),
    (".###.", "#...#", "....#", "..##.", ".#...", "#....", "#####"),
    ("####.", "....#", "....#", ".###.", "....#", "....#", "####."),
    ("#..#.", "#..#.", "#..#.", "#####", "...#.", "...#.", "...#."),
    ("#####", "#....", "####.", "....#", "....#", "#...#", ".###."),
    (".###.", "#....", "#....", "####.", "#...#", "#...#", ".###."),
    ("#####", "....#", "...#.", "..#..", "..#..", ".#...", ".#..."),
    (".###.", "#...#", "#...#", ".###.", "#...#", "#...#", ".###."),
    (".###.", "#...#", "#...#", ".####", "....#", "....#", ".###."),
)
_CHUNK = 4096
_MARGIN = 2  # empty cells around a bitmap, so that bending does not cut ink off
_INK = np.pad(
    np.array([[[cell == "#" for cell in row] for row in rows] for rows in BITMAPS], np.float32),
    ((0, 0), (_MARGIN, _MARGIN), (_MARGIN, _MARGIN)),
)


def glyphs(
    n: int, noise: float, rng: np.random.Generator, warp: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Draw `n` random digits: images of shape (n, 16, 16), float32, and their labels.

    `noise` is the standard deviation of Gaussian noise added to every pixel, where ink is 0.6 to
    1.2. `warp` is how much digits are rotated, slanted, moved and bent; 0 only stretches them.
    """
    if n < 1 or noise < 0 or warp < 0:
        raise ValueError(f"n must be positive, noise and warp not negative: {n}, {noise}, {warp}")
    chunks = [_draw_glyphs(size, noise, rng, warp) for size in _chunks(n)]
    return tuple(np.concatenate(parts) for parts in zip(*chunks, strict=True))


def _chunks(n):
    """Sizes of the parts in which n images are made, so that memory does not grow with n."""
    return [min(_CHUNK, n - start) for start in range(0, n, _CHUNK)]


def _draw_glyphs(n, noise, rng, warp):
    labels = rng.integers(0, CLASSES, n)

    def draw(low, high):  # one number an image, to combine with its pixels
        return rng.uniform(low, high, (n, 1, 1)).astype(np.float32)

    def normal(std):
        return (std * warp * rng.standard_normal((n, 1, 1))).astype(np.float32)

    # For each pixel, where in the bitmap its ink comes from.
    line = np.arange(SIZE, dtype=np.float32) - (SIZE - 1) / 2
    x = line[None, None, :] - warp * draw(-2.5, 2.5)
    y = line[None, :, None] - warp * draw(-1.5, 1.5)
    angle, slant = normal(0.25), normal(0.25)
    u = np.cos(angle) * x + np.sin(angle) * y
    v = np.cos(angle) * y - np.sin(angle) * x
    u = u + slant * v + 0.6 * warp * np.sin(draw(0.2, 0.6) * v + draw(0, 6))
    rows, columns = _INK.shape[1:]
    u = u / draw(1.2, 2.2) + (columns - 1) / 2
    v = v / draw(1.2, 2.0) + (rows - 1) / 2
    images = _bilinear(_INK, labels, v, u) * draw(0.6, 1.2)
    images += noise * rng.standard_normal(images.shape, dtype=np.float32)
    return images.astype(np.float32), labels


def real(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Handwritten digits of 8 by 8 pixels, of which 597 out of 1797 are held out.

    Returns images, float32 from 0 to 1, and labels to train on, and those held out.
    """
    table = np.loadtxt(HANDWRITTEN, int, delimiter=",")
    images, labels = table[:, :-1], table[:, -1]
    images = (images.reshape(-1, 8, 8) / 16).astype(np.float32)
    order = np.random.default_rng(seed).permutation(len(labels))
    held_out, train = order[:597], order[597:]
    return images[train], labels[train], images[held_out], labels[held_out]


def hand_features(images: np.ndarray) -> np.ndarray:
    """Features designed by people.

    Each image is smoothed, then resampled on a grid of 10 by 10 points that is centred on its
    centre of mass, as wide and high as its standard deviations, and slanted with it. The features
    are the directions of edges in 4 by 4 zones (4 directions), the ink in 5 by 5 zones, the
    profiles of ink over rows and columns, the proportions and the slant: (n, 111) numbers for
    images of shape (n, size, size), in which ink is about 1 and paper about 0.
    """
    ends = np.cumsum(_chunks(len(images)))[:-1]
    return np.concatenate([_features(part) for part in np.split(images, ends)])


def _features(images):
    n, size = len(images), images.shape[1]
    ink = images.astype(np.float32)
    inner = ink[:, 1:-1, 1:-1]
    neighbours = ink[:, :-2, 1:-1] + ink[:, 2:, 1:-1] + ink[:, 1:-1, :-2] + ink[:, 1:-1, 2:]
    smooth = ink.copy()
    smooth[:, 1:-1, 1:-1] = (2 * inner + neighbours) / 6

    weight = np.maximum(smooth - 0.3, 0) + 1e-6
    weight /= weight.sum((1, 2), keepdims=True)
    line = np.arange(size, dtype=np.float32)

    def moment(values):
        return (weight * values).sum((1, 2), keepdims=True)

    row, column = line[None, :, None], line[None, None, :]
    centre_y, centre_x = moment(row), moment(column)
    height = np.sqrt(moment((row - centre_y) ** 2)) + 0.5
    width = np.sqrt(moment((column - centre_x) ** 2)) + 0.5
    slant = moment((row - centre_y) * (column - centre_x)) / height**2

    grid = np.linspace(-1.8, 1.8, 10, dtype=np.float32)
    y = grid[None, :, None] * height
    x = grid[None, None, :] * width + slant * y
    upright = _bilinear(smooth, np.arange(n), centre_y + y + 0 * x, centre_x + x)

    dy = upright[:, 2:, 1:-1] - upright[:, :-2, 1:-1]
    dx = upright[:, 1:-1, 2:] - upright[:, 1:-1, :-2]
    direction = (np.arctan2(dy, dx) % np.pi / np.pi * 4).astype(int) % 4
    strength = np.hypot(dx, dy)
    edges = [_zones(strength * (direction == d), 2) for d in range(4)]
    profiles = [upright.mean(1), upright.mean(2)]
    shape = np.stack([width / height, slant], axis=1).reshape(n, 2)
    return np.hstack([*edges, _zones(upright, 2), *profiles, shape]).astype(np.float32)


def _zones(images, side):
    """Mean over squares of so many pixels, flattened."""
    n, rows, columns = images.shape
    squares = images.reshape(n, rows // side, side, columns // side, side)
    return squares.mean((2, 4)).reshape(n, -1)


def _bilinear(images, which, y, x):
    """Interpolate ``images[which]`` at the points y, x (arrays of shape (n, ...))."""
    rows, columns = images.shape[1:]
    y, x = np.broadcast_arrays(np.clip(y, 0, rows - 1.001), np.clip(x, 0, columns - 1.001))
    i, j = y.astype(np.intp), x.astype(np.intp)
    down, right = y - i.astype(y.dtype), x - j.astype(x.dtype)
    image = np.asarray(which)[:, None, None]
    top = (1 - right) * images[image, i, j] + right * images[image, i, j + 1]
    bottom = (1 - right) * images[image, i + 1, j] + right * images[image, i + 1, j + 1]
    return (1 - down) * top + down * bottom
