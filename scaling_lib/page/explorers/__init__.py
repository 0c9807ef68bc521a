"""Figures that the reader moves: `explore` makes one, `catalogue` holds those of the book."""

from scaling_lib.page.explorers.controls import choice, slider, toggle
from scaling_lib.page.explorers.explorer import Explorer, explore, explore_frames

__all__ = ["Explorer", "choice", "explore", "explore_frames", "slider", "toggle"]
