import numpy as np
import pytest

from scaling_lib.models.attention import AttentionLM


def example(dtype=np.float64, **sizes):
    model = AttentionLM(V=11, T=7, dtype=dtype, **({"d": 8, "layers": 2, "seed": 1} | sizes))
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 11, (2, 3, 6))
    return model, x, y


@pytest.mark.parametrize("left_out", [0, 4])
def test_gradient_equals_finite_differences(left_out):
    model, x, y = example()
    y[:, :left_out] = -1
    model.loss_and_grad(x, y)
    exact = model.grad.copy()
    # Up to twenty entries of every matrix, found in theta through the views.
    place = {name: np.arange(model.N)[_where(model, name)] for name in model.p}
    rng = np.random.default_rng(0)
    step = 1e-5
    for name, entries in place.items():
        for i in rng.permutation(entries)[:20]:
            kept = model.theta[i]
            model.theta[i] = kept + step
            up = model.loss_and_grad(x, y)
            model.theta[i] = kept - step
            down = model.loss_and_grad(x, y)
            model.theta[i] = kept
            assert exact[i] == pytest.approx((up - down) / (2 * step), rel=1e-5, abs=1e-8), name
    assert np.abs(exact).max() > 1e-3


def _where(model, name):
    """Slice of theta that holds one named array."""
    start = (model.p[name].ctypes.data - model.theta.ctypes.data) // model.theta.itemsize
    return slice(start, start + model.p[name].size)


def test_the_future_is_hidden():
    model, x, _ = example()
    changed = x.copy()
    changed[:, -1] = (changed[:, -1] + 1) % model.V
    before, after = model.logits(x), model.logits(changed)
    np.testing.assert_allclose(before[:, :-1], after[:, :-1], atol=1e-12)
    assert np.abs(before[:, -1] - after[:, -1]).max() > 1e-3


def test_loss_is_the_mean_cross_entropy_of_the_positions_that_count():
    model, x, y = example()
    z = model.logits(x)
    log_p = z - np.log(np.exp(z).sum(-1, keepdims=True))
    picked = np.take_along_axis(log_p, y[..., None], -1)[..., 0]
    assert model.loss_and_grad(x, y) == pytest.approx(-picked.mean(), rel=1e-12)
    y[0, :3] = -1
    kept = picked[y >= 0]
    assert model.loss_and_grad(x, y) == pytest.approx(-kept.mean(), rel=1e-12)


def test_bad_targets():
    model, x, y = example()
    with pytest.raises(ValueError, match="at least one position"):
        model.loss_and_grad(x, np.full_like(y, -1))
    with pytest.raises(ValueError, match="one shape"):
        model.loss_and_grad(x, y[:, :2])
    for token in (-2, model.V):
        with pytest.raises(ValueError, match=f"targets must be from 0 to .*, not {token}"):
            model.loss_and_grad(x, np.full_like(y, token))


def test_counts():
    model = AttentionLM(V=11, T=7, d=8, layers=2, heads=2, ff=4)
    assert model.N == 11 * 8 + 7 * 8 + 2 * (4 * 64 + 2 * 8 * 32 + 32) + 8 * 11 + 11
    assert model.N == model.theta.size == sum(v.size for v in model.p.values())
    forward = 2 * (2 * (4 * 64 + 2 * 8 * 32) + 8 * 11) + 2 * 2 * 2 * 5 * 8
    assert model.flops_per_token(5, backward=False) == forward
    assert model.flops_per_token(5) == 3 * forward + 2 * 8 * 11


def test_six_n_rule_holds_for_wide_models_and_short_sequences():
    wide = AttentionLM(V=16, T=4, d=256, layers=2)
    assert wide.flops_per_token() / (6 * wide.N) == pytest.approx(1, abs=0.02)
    long = AttentionLM(V=16, T=512, d=16, layers=2)
    assert long.flops_per_token() / (6 * long.N) > 2


def test_float32_agrees_with_float64_and_seeds_differ():
    m64, x, y = example()
    m32 = example(np.float32)[0]
    assert m32.theta.dtype == m32.grad.dtype == np.float32
    assert m32.loss_and_grad(x, y) == pytest.approx(m64.loss_and_grad(x, y), rel=1e-5)
    assert not np.array_equal(example(seed=2)[0].theta, m64.theta)


def test_completion_follows_the_logits():
    model, x, _ = example()
    out = model.complete(x[:, :3], 4)
    np.testing.assert_array_equal(out[:, :3], x[:, :3])
    for t in range(3, 7):
        np.testing.assert_array_equal(out[:, t], model.logits(out[:, :t])[:, -1].argmax(-1))
    assert model.complete(x[:, :3], 2, allowed=slice(4, 6))[:, 3:].min() >= 4


@pytest.mark.parametrize(
    ("sizes", "message"), [({"d": 9}, "multiple of heads"), ({"layers": 0}, "layers")]
)
def test_bad_sizes(sizes, message):
    with pytest.raises(ValueError, match=message):
        AttentionLM(V=5, T=5, **sizes)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((2, 9), int), "exceed T=7"),
        (np.full((2, 3), 11), "must lie in"),
        (np.zeros((2, 3)), "must be integers"),
        (np.zeros(3, int), "must be integers"),
    ],
)
def test_bad_tokens(x, message):
    with pytest.raises(ValueError, match=message):
        example()[0].logits(x)
