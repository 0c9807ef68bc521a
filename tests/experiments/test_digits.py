import functools

import numpy as np
import pandas as pd
import pytest

from scaling_lib import data as datasets
from scaling_lib.experiments.bitter_lesson import digits as experiment
from scaling_lib.tasks import digit_images as digits


def test_glyphs_show_their_digit_and_noise_hides_it():
    clean, labels = digits.glyphs(400, 0.0, np.random.default_rng(0), warp=0.0)
    assert clean.shape == (400, 16, 16)
    assert clean.dtype == np.float32
    assert set(labels.tolist()) == set(range(10))
    # Without warp, digits differ by stretching and brightness only: the mean image finds them.
    scaled = clean / np.linalg.norm(clean, axis=(1, 2), keepdims=True)
    means = np.stack([scaled[labels == d].mean(0) for d in range(10)])
    nearest = (scaled.reshape(400, -1) @ means.reshape(10, -1).T).argmax(1)
    assert (nearest == labels).mean() > 0.8
    noisy, same = digits.glyphs(400, 0.35, np.random.default_rng(0), warp=0.0)
    assert np.array_equal(same, labels)
    assert np.std(noisy - clean) == pytest.approx(0.35, abs=0.01)
    with pytest.raises(ValueError, match="negative"):
        digits.glyphs(3, -0.1, np.random.default_rng(0))


def test_features_do_not_mind_where_the_digit_is():
    image = np.zeros((1, 16, 16), np.float32)
    image[0, 3:10, 3:8] = digits._INK[4, 2:9, 2:7]
    moved = np.roll(image, (4, 3), axis=(1, 2))
    other = np.zeros_like(image)
    other[0, 3:10, 3:8] = digits._INK[7, 2:9, 2:7]
    here, there, seven = (digits.hand_features(x)[0] for x in (image, moved, other))
    assert here.shape == (111,)
    assert np.linalg.norm(here - there) < 0.05 * np.linalg.norm(here - seven)


def test_real_digits_are_split_without_overlap():
    train, train_labels, test, _ = digits.real(seed=1)
    assert len(train) == len(train_labels) == 1200
    assert test.shape == (597, 8, 8)
    assert train.max() == 1
    keep = {image.tobytes() for image in train}
    assert sum(image.tobytes() in keep for image in test) == 0


def test_prior_leads_with_few_images_and_real_data_catch_up():
    table = experiment.real_by_data(
        (50, 1200), seeds=(0,), learners=("hand + logistic", "raw + MLP")
    )
    mean = table.groupby(["D", "learner"])["accuracy"].mean()
    assert mean[50, "hand + logistic"] > mean[50, "raw + MLP"] + 0.03
    assert abs(mean[1200, "hand + logistic"] - mean[1200, "raw + MLP"]) < 0.02
    assert mean[1200, "raw + MLP"] > 0.95
    with pytest.raises(ValueError, match="1200 training images"):
        experiment.real_by_data((1300,), seeds=(0,))


def test_one_pass_prior_starts_ahead_and_optimizer_shifts():
    table = experiment.optimizer_or_prior(sizes=(1024, 4096))
    accuracy = table.set_index(["variant", "D"])["accuracy"]
    for D in (1024, 4096):
        assert accuracy["raw + MLP, SGD", D] < accuracy["raw + MLP, Adam", D]
        assert accuracy["raw + MLP, Adam", D] < accuracy["hand + logistic, Adam", D]
    gain = accuracy.loc["raw + MLP, Adam", 4096] - accuracy.loc["raw + MLP, Adam", 1024]
    prior_gain = (
        accuracy.loc["hand + logistic, Adam", 4096] - accuracy["hand + logistic, Adam", 1024]
    )
    assert gain > 2 * prior_gain


def test_data_multiplier_of_shifted_power_laws():
    D = np.array([10.0, 100.0, 1000.0])
    curves = pd.concat(
        pd.DataFrame({"variant": name, "D": D, "accuracy": 1 - (D * shift) ** -0.5})
        for name, shift in (("base", 1.0), ("better", 4.0))
    )
    table = experiment.data_multiplier(curves, "better", "base", [0.05, 0.1, 0.5])
    assert np.allclose(table["multiplier"][:2], 4)
    assert np.isnan(table["multiplier"][2])


def test_an_unknown_learner_is_named():
    with pytest.raises(ValueError, match=r"learner must be .*, not 'magic'"):
        experiment.by_data(sizes=(10,), learners=("magic",))


@pytest.mark.long
def test_shipped_table_crosses_over_with_noise_and_not_without():
    shipped = datasets.load("digits")
    passes = shipped[shipped["variant"].isna()]
    mean = passes.groupby(["noise", "learner", "D"])["accuracy"].mean()
    hand, raw = "hand + logistic", "raw + MLP"
    for noise in (0.1, 0.2, 0.35):
        assert mean[noise, hand, 50] > mean[noise, raw, 50]
    assert mean[0.35, hand, 60000] < mean[0.35, raw, 60000]
    assert mean[0.1, hand, 60000] > mean[0.1, raw, 60000]
    # Images are drawn 4096 at a time: the first of so many are the first of the shipped 60000.
    again = experiment.by_data(0.2, 1, (150, 4096), (hand, raw))
    both = again.merge(passes, on=["noise", "seed", "D", "learner"])
    assert len(both) == 2
    np.testing.assert_allclose(both["accuracy_x"], both["accuracy_y"], atol=0.005)


def test_regenerate_writes_both_parts(tmp_path, monkeypatch):
    for name in ("by_data", "optimizer_or_prior"):
        small = functools.partial(getattr(experiment, name), sizes=(64,))
        monkeypatch.setattr(experiment, name, small)
    monkeypatch.setattr(experiment, "SEEDS", (0,))
    monkeypatch.setattr(experiment, "TEST_IMAGES", 50)
    monkeypatch.setattr(experiment, "training_steps_for", lambda n: 5)
    experiment.regenerate(tmp_path / "digits.csv")
    table = pd.read_csv(tmp_path / "digits.csv")
    assert len(table) == 3 * len(experiment.LEARNERS) + len(experiment.VARIANTS)
    assert table["learner"].isna().sum() == len(experiment.VARIANTS)
