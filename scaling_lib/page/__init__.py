"""What a reader sees and touches: the style of figures, figures that move, questions."""

from scaling_lib.page.explorers import catalogue as figures
from scaling_lib.page.selfcheck import self_check
from scaling_lib.page.style import PALETTE, use_book_style

__all__ = ["PALETTE", "figures", "self_check", "use_book_style"]
