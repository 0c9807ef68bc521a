"""Six small runs, a law through them, and a seventh run with eight times as much text.

The introduction of the book makes them step by step; the figure of its front page shows this table.
"""

import numpy as np
import pandas as pd

from scaling_lib.experiments.tabulate import shipped_map
from scaling_lib.fitting import fit
from scaling_lib.training import TrainConfig, train

HIDDEN = 32
TOKENS = 2 ** np.arange(11, 20)
MADE = [0, 1, 2, 3, 4, 5, 8]  # at the other two there is a forecast and no run


def run(seed: int = 0) -> pd.DataFrame:
    """Train the seven models and fit a power law in the tokens to the first six.

    Columns: ``D`` tokens; ``loss`` of the run in nats per token, empty where none was made;
    ``low``, ``middle`` and ``high`` of the law's forecast, with a level of 90 %.
    """
    loss = [train(TrainConfig(H=HIDDEN, D=int(D)), seed=seed).loss for D in TOKENS[MADE]]
    law = fit("power", {"x": TOKENS[MADE[:-1]], "loss": loss[:-1]})
    middle, low, high = law.predict({"x": TOKENS}, level=0.9)
    table = pd.DataFrame({"D": TOKENS}).assign(loss=pd.Series(loss, index=MADE))
    return table.assign(low=low, middle=middle, high=high)


regenerate = shipped_map(run, {}, places=5)  # one seed
