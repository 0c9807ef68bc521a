"""What a reader sees and touches: the style of figures, figures that move, questions."""

from scaling_lib.page import figures
from scaling_lib.page.explorer import explore
from scaling_lib.page.micropython.controls import choice, slider, toggle
from scaling_lib.page.quiz import self_check
from scaling_lib.page.style import (
    LAW,
    MEASURED,
    NEW,
    PALETTE,
    REFERENCE,
    RIVAL,
    draw_map,
    draw_seeds,
    label_lines,
    plain_ticks,
    point_out,
    readable,
    shades,
    use_book_style,
)

__all__ = [
    "LAW",
    "MEASURED",
    "NEW",
    "PALETTE",
    "REFERENCE",
    "RIVAL",
    "choice",
    "draw_map",
    "draw_seeds",
    "explore",
    "figures",
    "label_lines",
    "plain_ticks",
    "point_out",
    "readable",
    "self_check",
    "shades",
    "slider",
    "toggle",
    "use_book_style",
]
