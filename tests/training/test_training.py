import math
from dataclasses import replace

import numpy as np
import pytest

from scaling_lib.training import run as training
from scaling_lib.training.run import TrainConfig, train

SMALL = TrainConfig(H=8, D=4096)


def test_same_seed_same_loss_and_another_seed_another_loss():
    first, again, other = train(SMALL), train(SMALL), train(SMALL, seed=1)
    assert first.loss == again.loss
    assert (first.curve == again.curve).all()
    assert first.loss != other.loss
    assert other.config.seed == 1
    assert first.loss == pytest.approx(other.loss, rel=0.05)


def test_what_a_run_says_of_itself():
    run = train(SMALL)
    assert run.D == 4096 and run.N == 192 * 8 + 8 + 64
    assert run.C == 6 * 8 * 64 * run.D
    assert run.C_6ND == 6 * run.N * run.D == SMALL.C_6ND
    assert len(run.curve) == 4096 // run.config.batch
    assert run.entropy == pytest.approx(2.12156, abs=1e-5)
    assert run.entropy < run.loss < run.curve[0]
    assert run.excess == run.loss - run.entropy
    assert run.curve[0] == pytest.approx(math.log(64), abs=0.8)


def test_wider_and_longer_is_better():
    loss = {(H, D): train(TrainConfig(H=H, D=D)).loss for H in (8, 64) for D in (4096, 32768)}
    assert loss[64, 32768] < min(loss[8, 32768], loss[64, 4096])
    assert max(loss[8, 32768], loss[64, 4096]) < loss[8, 4096]


def test_every_token_is_used_when_the_batch_does_not_divide_D():
    sizes = [len(b) for b in training._batches(np.zeros((100, 3)), replace(SMALL, batch=24), 0)]
    assert sizes == [24, 24, 24, 24, 4]


def test_epochs_see_the_same_examples_in_another_order():
    config = TrainConfig(H=4, D=300, epochs=3, batch=100)
    one, two, three = training._batches(np.arange(100), config, seed=0)
    assert (one == np.arange(100)).all()
    assert (two != one).any() and (two != three).any()
    assert sorted(two) == sorted(three) == list(range(100))


def test_checkpoints_are_read_on_the_way_and_change_nothing():
    run = train(replace(SMALL, checkpoints=(1000, 4096)))
    plain = train(SMALL)
    assert run.loss == plain.loss == run.checkpoints[4096]
    assert list(run.checkpoints) == [1008, 4096]  # whole steps of 16 tokens
    assert run.checkpoints[1008] > run.loss


def test_one_token_of_context_cannot_beat_its_own_entropy():
    run = train(TrainConfig(H=64, D=65536, k=1))
    assert run.loss > training.markov_language(0).entropy_given(1)


def test_text_run():
    run = train(TrainConfig(task="text", H=16, D=8192))
    assert 2.0 < run.loss < math.log(96)
    assert math.isnan(run.entropy)
    assert run.N == 96 * 4 + 8 * 4 * 16 + 16 + 16 * 96 + 96
    assert run.C_6ND == run.config.C_6ND


def test_a_run_that_diverges_says_so():
    with np.errstate(all="ignore"):
        run = train(replace(SMALL, optimizer="sgd", lr=1e30))
    assert math.isnan(run.loss)


def test_key_names_the_run_not_how_it_was_written():
    sizes = np.array([8, 4096])
    assert TrainConfig(H=sizes[0], D=sizes[1]).key == SMALL.key
    assert SMALL.key == SMALL.resolved().key == TrainConfig(H=8, D=4096, batch=16).key
    keys = {replace(SMALL, **change).key for change in ({}, {"seed": 1}, {"D": 8192}, {"lr": 0.1})}
    assert len(keys) == 4


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"task": "speech"}, "task"),
        ({"schedule": "linear"}, "schedule"),
        ({"optimizer": "muon"}, "optimizer"),
        ({"H": 0}, "H must"),
        ({"H": 8.0}, "H must"),
        ({"D": -1}, "D must"),
        ({"seed": -1}, "seed must"),
        ({"k": 3}, "k must"),
        ({"d": 4}, "d is for"),
        ({"epochs": 3}, "multiple of epochs"),
        ({"lr": 0.0}, "lr must"),
        ({"lr": math.nan}, "lr must"),
        ({"warmup": 1.0}, "warmup"),
        ({"checkpoints": (5000,)}, "checkpoints"),
    ],
)
def test_bad_settings_are_named(wrong, word):
    with pytest.raises(ValueError, match=word):
        TrainConfig(**{"H": 8, "D": 4096, **wrong})
