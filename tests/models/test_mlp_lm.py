import numpy as np
import pytest

from scaling_lib.models.mlp_lm import CharMLP, OneHotLM

MODELS = {
    "one-hot": lambda dtype: OneHotLM(V=7, k=2, H=5, seed=1, dtype=dtype),
    "one-hot, one token": lambda dtype: OneHotLM(V=7, k=1, H=5, seed=1, dtype=dtype),
    "characters": lambda dtype: CharMLP(V=7, k=3, d=4, H=5, seed=1, dtype=dtype),
}


def data(model, B=11, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, model.V, (B, model.k)), rng.integers(0, model.V, B)


def dense_logits(model, contexts):
    """The forward pass with a dense one-hot matrix, as a textbook writes it."""
    p, one_hot = model.p, np.eye(model.V)[contexts]
    x = one_hot @ p["E"] if "E" in p else one_hot
    h = np.maximum(0, x.reshape(len(contexts), -1) @ p["W1"] + p["b1"])
    return h @ p["W2"] + p["b2"]


def mean_loss(model, contexts, targets):
    return -model.log_probs(contexts)[np.arange(len(targets)), targets].mean()


@pytest.mark.parametrize("name", MODELS)
def test_gradients_against_finite_differences(name):
    model = MODELS[name](np.float64)
    model.theta += 0.1 * np.random.default_rng(2).standard_normal(model.N)  # biases off zero
    contexts, targets = data(model)
    loss = model.loss_and_grad(contexts, targets)
    assert loss == pytest.approx(mean_loss(model, contexts, targets), rel=1e-12)
    gradient = model.grad.copy()
    numeric, step = np.empty(model.N), 1e-6
    for i in range(model.N):
        before = model.theta[i]
        model.theta[i] = before + step
        up = mean_loss(model, contexts, targets)
        model.theta[i] = before - step
        numeric[i] = (up - mean_loss(model, contexts, targets)) / (2 * step)
        model.theta[i] = before
    np.testing.assert_allclose(gradient, numeric, atol=1e-8)
    assert np.abs(gradient).max() > 1e-2


@pytest.mark.parametrize("name", MODELS)
def test_sparse_product_is_the_dense_one(name):
    model = MODELS[name](np.float64)
    contexts, _ = data(model)
    np.testing.assert_allclose(model.logits(contexts), dense_logits(model, contexts), rtol=1e-12)


@pytest.mark.parametrize("name", MODELS)
def test_batches_of_different_sizes_do_not_disturb_each_other(name):
    model, fresh = MODELS[name](np.float32), MODELS[name](np.float32)
    contexts, targets = data(model)
    model.loss_and_grad(*data(model, B=4, seed=5))
    model.loss_and_grad(*data(model, B=11, seed=6))
    assert model.loss_and_grad(contexts, targets) == fresh.loss_and_grad(contexts, targets)
    assert (model.grad == fresh.grad).all()


@pytest.mark.parametrize("name", MODELS)
def test_freed_memory_is_made_anew(name):
    model = MODELS[name](np.float32)
    contexts, targets = data(model)
    loss, gradient = model.loss_and_grad(contexts, targets), model.grad.copy()
    model.free_memory()
    assert model.loss_and_grad(contexts, targets) == loss
    assert (model.grad == gradient).all()


@pytest.mark.parametrize("name", MODELS)
def test_views_counts_and_types(name):
    model = MODELS[name](np.float32)
    assert model.theta.dtype == model.grad.dtype == np.float32
    assert sum(w.size for w in model.p.values()) == model.N == len(model.theta)
    assert all(np.shares_memory(w, model.theta) for w in model.p.values())
    assert all(np.shares_memory(w, model.grad) for w in model.g.values())
    sizes = (model.V, model.k, *([model.d] if name == "characters" else []), model.H)
    assert model.count_parameters(*sizes) == model.N
    assert model.logits(data(model)[0]).dtype == np.float32


def test_exact_flop_against_the_rule():
    one_hot = OneHotLM(V=64, k=2, H=32)
    assert one_hot.flops_per_token() == 3 * 2 * 32 * 64
    assert 6 * one_hot.N / one_hot.flops_per_token() == pytest.approx(3.05, abs=0.01)
    text = CharMLP(V=96, k=8, d=8, H=64)
    assert text.flops_per_token() == 3 * 2 * (64 * 64 + 64 * 96)
    assert text.flops_per_token() == 6 * (text.N - 96 * 8 - 64 - 96)


def test_bad_input_is_named():
    model = OneHotLM(V=7, k=2, H=3)
    with pytest.raises(ValueError, match="shape"):
        model.logits(np.zeros((4, 3), int))
    for token in (-1, 7):
        with pytest.raises(ValueError, match=f"contexts must be from 0 to 6, not {token}"):
            model.logits(np.full((4, 2), token))
        with pytest.raises(ValueError, match=f"targets must be from 0 to 6, not {token}"):
            model.loss_and_grad(np.zeros((4, 2), int), np.array([0, 1, 2, token]))
    with pytest.raises(ValueError, match="H must be"):
        OneHotLM(V=7, k=2, H=0)
