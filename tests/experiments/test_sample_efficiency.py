import numpy as np
import pytest

from scaling_lib.data import load
from scaling_lib.experiments.scaling_hypothesis import sample_efficiency


def test_larger_models_need_fewer_tokens_by_a_factor_that_depends_on_the_target():
    shipped = load("scaling_language")
    by_target = {}
    for target in (0.2, 0.3):
        needed = sample_efficiency.tokens_to_target(shipped, target)
        by_target[target] = needed.groupby("H")["tokens"].mean().dropna()
        assert (np.diff(np.log(by_target[target])) < 0).all()
    near, far = (tokens[16] / tokens[512] for tokens in by_target.values())
    assert near > 1.5 * far
    with pytest.raises(ValueError, match="excess"):
        sample_efficiency.tokens_to_target(shipped, 0)
