import numpy as np
import pytest

from scaling_lib.experiments.scaling_hypothesis import ensembles
from scaling_lib.experiments.scaling_laws import language_models


def test_an_average_beats_its_members():
    table = ensembles.compare(H=8, members=(1, 4), D=2**14).set_index("k")
    assert table.probabilities[1] == pytest.approx(table.member[1], abs=1e-6)
    assert table.probabilities[4] < table.member[4]
    assert table.logits[4] < table.member[4]
    assert table.N[4] == pytest.approx(table.N_wide[4], rel=0.05)


def test_averages_are_distributions():
    members = [language_models.trained(4, 2**12, seed) for seed in (0, 1)]
    contexts = np.array([[0, 1], [5, 9]])
    for of in ("probabilities", "logits"):
        log_p = ensembles.Average(members, of).log_probs(contexts)
        np.testing.assert_allclose(np.exp(log_p).sum(-1), 1, rtol=1e-5)
    mean = np.mean([np.exp(member.log_probs(contexts)) for member in members], 0)
    log_mean = ensembles.Average(members).log_probs(contexts)
    np.testing.assert_allclose(np.exp(log_mean), mean, rtol=1e-5)
    with pytest.raises(ValueError, match="at least one"):
        ensembles.Average([])
    with pytest.raises(ValueError, match="probabilities"):
        ensembles.Average(members, "votes")
