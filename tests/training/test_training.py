import math
import pickle
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
    batches = training._batches(np.zeros((100, 3)), replace(SMALL, batch=24), 0)
    sizes = [len(y) for x, y in batches]
    assert sizes == [24, 24, 24, 24, 4]


def test_epochs_see_the_same_examples_in_another_order():
    config = TrainConfig(H=4, D=300, epochs=3, batch=100)
    examples = np.arange(100)[:, None] + np.zeros(3, int)
    (_, one), (_, two), (_, three) = training._batches(examples, config, seed=0)
    assert (one == np.arange(100)).all()
    assert (two != one).any() and (two != three).any()
    assert sorted(two) == sorted(three) == list(range(100))


def test_checkpoints_are_read_on_the_way_and_change_nothing():
    run = train(replace(SMALL, checkpoints=(4096, 1000)))
    plain = train(SMALL)
    assert list(run.checkpoints) == [1000, 4096]
    assert run.loss == plain.loss == run.checkpoints[4096]
    assert run.checkpoints[1000] > run.loss


def test_each_checkpoint_has_the_loss_of_the_step_that_reached_it():
    """Steps of 40 tokens, the last of an epoch of 100 has 20: 40, 80, 100, 140, ..."""
    asked = (1, 39, 40, 41, 80, 81, 100, 101, 181, 200)
    read = train(TrainConfig(H=4, D=200, epochs=2, batch=40, checkpoints=asked)).checkpoints
    assert tuple(read) == asked
    assert read[1] == read[39] == read[40] != read[41]
    assert read[41] == read[80] != read[81]
    assert read[81] == read[100] != read[101]
    assert read[181] == read[200]
    assert len(set(read.values())) == 5


def test_checkpoints_that_a_diverged_run_did_not_reach_have_no_loss():
    with np.errstate(all="ignore"):
        run = train(replace(SMALL, optimizer="sgd", lr=1e30, checkpoints=(1, 2, 4096)))
    assert list(run.checkpoints) == [1, 2, 4096]
    assert math.isnan(run.checkpoints[4096])


def test_a_run_carries_its_model_but_not_to_another_process():
    run = train(SMALL)
    # `train` computes with one thread and this line with all that there are: last digits differ.
    measured = training.markov_language(0).test_loss(run.model)
    assert measured == pytest.approx(run.loss, rel=1e-8)
    assert run.model.N == run.N
    assert "model" not in repr(run)
    arrived = pickle.loads(pickle.dumps(run))
    assert arrived.model is None
    assert (arrived.loss, arrived.config) == (run.loss, run.config)


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
    numpy = TrainConfig(H=8, D=4096, lr=np.float32(1), warmup=np.float32(0))
    assert TrainConfig(H=8, D=4096, lr=1, warmup=0).key == numpy.key
    assert numpy.key == TrainConfig(H=8, D=4096, lr=1.0, warmup=0.0).key
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
        ({"k": 3}, "k of task 'language' must be a whole number from 1 to 2, not 3"),
        ({"d": 4}, "d must be left out of task 'language', not 4"),
        ({"epochs": 3}, "D must be a multiple of epochs=3, not 4096"),
        ({"lr": 0.0}, "lr must"),
        ({"lr": math.nan}, "lr must"),
        ({"warmup": 1.0}, "warmup"),
        ({"checkpoints": (5000,)}, "checkpoints"),
    ],
)
def test_bad_settings_are_named(wrong, word):
    with pytest.raises(ValueError, match=word):
        TrainConfig(**{"H": 8, "D": 4096, **wrong})
