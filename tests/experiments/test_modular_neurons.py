import numpy as np

from scaling_lib.data import load
from scaling_lib.experiments.scaling_hypothesis import modular_neurons


def test_a_wave_is_one_wave_and_noise_is_not():
    a = np.arange(53)[:, None]
    waves = np.cos(2 * np.pi * np.array([1, 7, 20]) * a / 53 + 0.3) + 5
    np.testing.assert_allclose(modular_neurons.one_wave(waves), 1)
    noise = np.random.default_rng(0).standard_normal((53, 200))
    assert modular_neurons.one_wave(noise).max() < 0.6


def test_neurons_become_waves_when_the_network_generalises():
    curve = modular_neurons.run(64, steps=(25, 500)).set_index("step")
    assert curve.loc[25, "explained"] < 0.1
    assert curve.loc[500, "accuracy"] > 0.9
    assert curve.loc[500, "explained"] > 0.3


def test_shipped_map_is_complete():
    table = load("modular_neurons")
    assert set(table["H"]) == {16, 32, 64, 128, 256, 512}
    assert set(table["step"]) == set(modular_neurons.SHIPPED_STEPS)
    assert table[["accuracy", "explained"]].to_numpy().max() <= 1


def test_wider_networks_can_be_read_later_and_in_the_end_better():
    table = load("modular_neurons").query("weight_decay == 0.3")
    explained = table.groupby(["H", "step"])["explained"].agg(["min", "max"])
    assert explained.loc[(512, 2000), "max"] < 0.3 < explained.loc[(128, 2000), "min"]
    wide, narrow = explained.loc[([256, 512], 8000), "min"], explained.loc[([64, 128], 8000), "max"]
    assert wide.min() > narrow.max() + 0.1


def test_at_the_lowest_weight_decay_the_wider_network_is_not_read_better():
    last = load("modular_neurons").query("step == 8000").groupby(["weight_decay", "H"])
    explained = last["explained"].agg(["min", "mean", "max"])
    assert explained.loc[(0.1, 256), "mean"] < explained.loc[(0.1, 64), "mean"]
    for decay in (0.3, 1.0):
        assert explained.loc[(decay, 256), "min"] > explained.loc[(decay, 64), "max"] + 0.1


def test_narrow_networks_fall_mainly_at_the_cut():
    table = load("modular_neurons").query("weight_decay == 0.3 and H <= 64")
    mean = table.groupby(["H", "step"])[["explained", "power"]].mean()
    fall = mean.xs(250, level="step") - mean.xs(8000, level="step")
    assert fall["explained"].min() > 0.1
    assert fall["power"].max() < 0.04


def test_shipped_runs_come_again():
    again = modular_neurons.run(128, seed=1, steps=(125, 250))
    stored = load("modular_neurons").query("H == 128 and seed == 1 and step <= 250")
    np.testing.assert_allclose(again["explained"], stored["explained"], atol=0.03)
