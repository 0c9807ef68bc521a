"""The explorers of the book, ready to show: ``catalogue.isoflop()`` as the last line of a cell.

Each function here says what the reader can move and over which axes. What is drawn is the
pure-Python function of the same name in `bitter_lesson`, `scaling_laws`, `tables`, `hypothesis`,
`data_limits` or `scaffolding`.
"""

from scaling_lib.page.explorers.catalogue.bitter_lesson import (
    knowledge_crossover,
    rules_against_search,
    two_kinds_of_engineering,
)
from scaling_lib.page.explorers.catalogue.data_limits import (
    budget,
    data_cap,
    repetition,
    stock_and_demand,
)
from scaling_lib.page.explorers.catalogue.hypothesis import (
    emergence,
    knowledge_tests,
    many_skills,
    scale_and_algorithms,
    strong_or_weak,
)
from scaling_lib.page.explorers.catalogue.scaffolding import (
    pass_at_k,
    samples_or_size,
    scaffold_threshold,
)
from scaling_lib.page.explorers.catalogue.scaling_laws import (
    allocation,
    broken_law,
    fit_by_hand,
    growth_of_systems,
    isoflop,
)

# In the order of the chapters.
ALL = (
    knowledge_crossover,
    rules_against_search,
    two_kinds_of_engineering,
    isoflop,
    allocation,
    broken_law,
    fit_by_hand,
    growth_of_systems,
    strong_or_weak,
    emergence,
    many_skills,
    scale_and_algorithms,
    knowledge_tests,
    stock_and_demand,
    repetition,
    data_cap,
    budget,
    pass_at_k,
    scaffold_threshold,
    samples_or_size,
)

__all__ = ["ALL", *sorted(f.__name__ for f in ALL)]
