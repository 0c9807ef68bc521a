"""Counts against published models, budgets against arithmetic done by hand, and refusals."""

import dataclasses

import numpy as np
import pytest

from scaling_lib import compute
from scaling_lib.compute import Transformer
from scaling_lib.data import load

MODELS = load("language_models").set_index("model")
SMALL = {"layers": 2, "d_model": 8, "heads": 2, "vocab": 11, "context": 5}


@pytest.mark.parametrize("name", MODELS.index[MODELS["exact"]])
def test_parameters_equal_those_of_released_weights(name):
    assert Transformer.from_table(name).parameters().total == MODELS.loc[name, "N"]


@pytest.mark.parametrize("name", MODELS.index[~MODELS["exact"]])
def test_parameters_match_published_rounded_numbers(name):
    total = Transformer.from_table(name).parameters().total
    assert total == pytest.approx(MODELS.loc[name, "N"], rel=0.004)


def test_gpt3_family_compute():
    """Brown et al. 2020, Table D.1, ignores attention: the rule with their rounded N."""
    table = load("gpt3_family").set_index("model")
    family = [name for name in table.index if name in MODELS.index]
    assert len(family) == 8
    for name in family:
        N = Transformer.from_table(name).parameters().total
        assert 6 * N * 3e11 == pytest.approx(table.loc[name, "C"], rel=0.006)


# Hoffmann et al. 2022, Table A4: N, layers, d_model, d_ff, heads, d_head, FLOP over 6ND.
TABLE_A4 = [
    (73e6, 10, 640, 2560, 10, 64, 1.03),
    (305e6, 20, 1024, 4096, 16, 64, 1.10),
    (552e6, 24, 1280, 5120, 10, 128, 1.08),
    (1.1e9, 26, 1792, 7168, 14, 128, 1.04),
    (1.6e9, 28, 2048, 8192, 16, 128, 1.03),
    (6.8e9, 40, 3584, 14336, 28, 128, 0.99),
]


@pytest.mark.parametrize("row", TABLE_A4)
def test_hoffmann_table_of_flop_ratios(row):
    """Six ratios to two decimals.

    The text above the table lists embedding and logits as matrix products, but the printed ratios
    come out only without both, with the softmax, without a causal mask, and with an N that
    includes the relative-position matrices and the embedding.
    """
    stated, layers, d_model, d_ff, heads, d_head, ratio = row
    shape = {"layers": layers, "d_model": d_model, "d_ff": d_ff, "heads": heads, "d_head": d_head}
    shape |= {"vocab": 32000, "context": 2048, "bias": False}
    N = Transformer(**shape, positions="relative", norm="rms").parameters().total
    assert stated == pytest.approx(N, rel=0.04)
    flops = Transformer(**shape, positions="none").forward_flops(causal=False)
    flops["softmax"] = 3 * heads * 2048 * layers
    counted = 3 * (sum(flops.values()) - flops["unembedding"])
    assert counted / (6 * N) == pytest.approx(ratio, abs=0.005)


def test_kaplan_forward_pass():
    """Kaplan et al. 2020, Table 1: 2 N + 2 layers n_ctx d_attn, N without embeddings."""
    model = Transformer(
        layers=6, d_model=512, heads=8, vocab=50257, context=1023, bias=False, positions="none"
    )
    flops = model.forward_flops(context=1023)
    N = model.parameters().attention + model.parameters().feed_forward
    assert flops["projections"] + flops["feed forward"] == 2 * N == 2 * 12 * 6 * 512**2
    assert flops["attention over the context"] == 2 * 6 * 1024 * 512


def _forward_products(model, n):
    """FLOP of a causal forward pass, product by product and token by token."""
    query, key = model.heads * model.d_head, model.kv_heads * model.d_head
    total = 0
    for position in range(n):
        for _ in range(model.layers):
            total += 2 * model.d_model * (query + key + key) + 2 * query * model.d_model
            for _ in range(model.heads):
                total += (position + 1) * 2 * model.d_head  # scores
                total += (position + 1) * 2 * model.d_head  # weighted values
            total += (3 if model.gated else 2) * 2 * model.d_model * model.d_ff
        total += 2 * model.d_model * model.vocab
    return total


@pytest.mark.parametrize("options", [{}, {"gated": True, "kv_heads": 1, "d_ff": 12, "d_head": 6}])
def test_flops_equal_a_count_product_by_product(options):
    model = Transformer(**SMALL, **options)
    forward = sum(model.forward_flops().values())
    assert forward * 5 == _forward_products(model, 5)
    assert model.ratio_to_six_nd() == 3 * forward / (6 * model.parameters().total)


def test_parameters_of_a_small_model_by_hand():
    count = Transformer(**SMALL).parameters()
    assert count.embedding == 88
    assert count.positions == 40
    assert count.attention == 2 * (4 * 64 + 4 * 8)
    assert count.feed_forward == 2 * (2 * 8 * 32 + 32 + 8)
    assert count.norms == 5 * 16
    assert count.unembedding == 0
    assert count.total == 88 + 40 + count.non_embedding
    assert Transformer(**SMALL, tied=False).parameters().unembedding == 88


def test_the_ratio_to_six_nd_falls_with_width():
    narrow, wide = Transformer.from_table("GPT-3 Small"), Transformer.from_table("GPT-3 175B")
    assert narrow.ratio_to_six_nd() > wide.ratio_to_six_nd() > 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layers": 0}, "layers must be a whole number of at least 1"),
        ({"vocab": 10.5}, "vocab must be a whole number of at least 1"),
        ({"context": True}, "context must be a whole number of at least 1"),
        ({"heads": 3}, "d_model must be a multiple of heads=3 where d_head is left out, not 8"),
        ({"heads": 4, "kv_heads": 3}, "heads must be a multiple of kv_heads=3, not 4"),
        ({"d_ff": -1}, "d_ff must be a whole number of at least 1"),
        ({"heads": "two"}, "heads must be a whole number of at least 1"),
        ({"layers": float("nan")}, "layers must be a whole number of at least 1"),
        ({"positions": "sine"}, "positions must be .*'rotary'.*, not 'sine'"),
        ({"norm": "batch"}, "norm must be 'layer' or 'rms', not 'batch'"),
    ],
)
def test_bad_dimensions_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        Transformer(**{**SMALL, **change})


def test_unknown_model_and_chip_are_refused_with_the_list():
    with pytest.raises(ValueError, match=r"model must be .*GPT-2 small.*, not 'GPT-9'"):
        Transformer.from_table("GPT-9")
    with pytest.raises(ValueError, match=r"chip must be .*H100.*, not 'abacus'"):
        compute.chip("abacus")


def test_budget_by_hand():
    h100 = compute.chip("H100")
    run = compute.budget(9.89e14 * 0.5 * 3600 * 24 * 100, h100, utilisation=0.5, chips=10)
    assert run.chip_hours == pytest.approx(2400)
    assert run.days == pytest.approx(10)
    assert run.cost == pytest.approx(4800)
    assert run.energy == pytest.approx(2400 * 3600 * 700)
    assert run.power == pytest.approx(7000)
    same = compute.budget(run.C, h100, utilisation=0.5, days=10, price_hour=3, overhead=1.5)
    assert same.chips == pytest.approx(10)
    assert same.cost == pytest.approx(7200)
    assert same.energy == pytest.approx(1.5 * run.energy)
    half = compute.budget(run.C, h100, utilisation=0.5, precision="fp8")
    assert half.chip_hours == pytest.approx(run.chip_hours / 2, rel=0.001)
    assert np.isnan(half.days) and np.isnan(half.power)


def test_deepseek_v3_report():
    """The report names 2.788 million hours of H800 and 5.576 million USD at 2 USD an hour."""
    C = load("notable_systems").set_index("system").loc["DeepSeek-V3", "C"]
    h100 = compute.chip("H100")
    implied = C / (2.788e6 * 3600 * h100.bf16)
    assert 0.3 < implied < 0.4, "of the 16-bit rate; the run used 8 bits for most products"
    run = compute.budget(C, h100, utilisation=implied)
    assert run.cost == pytest.approx(5.576e6, rel=1e-3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"C": -1}, "C must be positive"),
        ({"utilisation": 40}, "at most 1"),
        ({"utilisation": 0}, "utilisation must be positive"),
        ({"chips": 8, "days": 3}, "not both"),
        ({"precision": "fp4"}, "'fp8', not 'fp4'"),
        ({"overhead": 0.9}, "at least 1"),
        ({"chips": 0}, "chips must be positive"),
        ({"price_hour": -2}, "price_hour must be positive"),
        ({"chip": compute.chip("A100"), "precision": "fp8"}, "A100 has no published fp8 rate"),
        ({"chip": compute.chip("TPU v5p")}, "TPU v5p has no published power"),
    ],
)
def test_bad_budgets_are_refused(change, message):
    arguments = {"C": 1e24, "chip": compute.chip("H100"), "utilisation": 0.4} | change
    with pytest.raises(ValueError, match=message):
        compute.budget(arguments.pop("C"), arguments.pop("chip"), **arguments)


def test_a_chip_without_a_price_gives_no_cost():
    assert np.isnan(compute.budget(1e22, compute.chip("A100"), utilisation=0.4).cost)


def test_thresholds():
    assert compute.EU_AI_ACT.flop == 1e25
    assert compute.US_EO_14110.flop == 1e26 and compute.US_EO_14110.ended == "2025-01-20"
    with pytest.raises(dataclasses.FrozenInstanceError):
        compute.EU_AI_ACT.flop = 1e24
    assert compute.thresholds_passed(1e25) == []
    assert compute.thresholds_passed(1.01e25) == [compute.EU_AI_ACT]
    on = [compute.thresholds_passed(4e26, on=day) for day in ("2024-06-30", "2025-03-01")]
    assert on == [[compute.US_EO_14110], []]
    assert compute.thresholds_passed(4e26, on="2026-06-30") == [
        compute.EU_AI_ACT,
        compute.CALIFORNIA_SB_53,
    ]
    assert compute.NEW_YORK_RAISE not in compute.thresholds_passed(4e26, on="2026-12-31")
    assert compute.NEW_YORK_RAISE in compute.thresholds_passed(4e26, on="2027-01-01")
    with pytest.raises(ValueError, match="on must be a date such as '2026-01-01', not 'soon'"):
        compute.thresholds_passed(1e26, on="soon")
