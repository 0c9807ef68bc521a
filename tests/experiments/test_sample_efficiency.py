import numpy as np
import pandas as pd
import pytest

from scaling_lib.data import DATA
from scaling_lib.experiments.scaling_hypothesis import sample_efficiency


def test_larger_models_need_fewer_tokens():
    table = sample_efficiency.learning_curves(sizes=(16, 64), Ds=(2**12, 2**13, 2**14))
    target = sample_efficiency.tokens_to_target(table, 0.42).set_index("H")
    assert target.tokens[64] < 0.7 * target.tokens[16]
    shipped = pd.read_csv(DATA / "scaling_language.csv")
    tokens = sample_efficiency.tokens_to_target(shipped, 0.2).groupby("H").tokens.mean()
    assert (np.diff(np.log(tokens.dropna())) < 0).all()
    with pytest.raises(ValueError, match="no column"):
        sample_efficiency.tokens_to_target(shipped.drop(columns="C"))
    with pytest.raises(ValueError, match="excess"):
        sample_efficiency.tokens_to_target(shipped, 0)
