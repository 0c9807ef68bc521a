"""Parameters and training FLOP of a decoder-only transformer, and the rule C = 6 N D.

A matrix that multiplies a vector costs one multiplication and one addition for each weight, hence
2 FLOP a weight; the backward pass costs twice the forward pass; 2 x 3 gives the 6 of the rule. The
rule leaves out the attention over the context, and counts embeddings, which are looked up and not
multiplied.

Matrix products are counted exactly and nothing else: softmax, norms, activations, biases and the
optimizer are left out (below one percent at the widths of published models).

>>> gpt2 = Transformer.from_table("GPT-2 small")
>>> gpt2.parameters().total
124439808
>>> round(gpt2.ratio_to_six_nd(), 2)
1.07
"""

from dataclasses import dataclass

from scaling_lib.data import load
from scaling_lib.data.checks import one_of, whole
from scaling_lib.laws.formulas import FLOP_PER_PARAMETER_TOKEN


@dataclass(frozen=True)
class ParameterCount:
    """Trained numbers of a model, by part."""

    embedding: int
    positions: int
    attention: int
    feed_forward: int
    norms: int
    unembedding: int  # 0 when it shares the embedding's matrix

    @property
    def total(self):
        """All parameters: the N of [@hoffmann2022training]."""
        return self.non_embedding + self.embedding + self.positions + self.unembedding

    @property
    def non_embedding(self):
        """Parameters without embeddings and positions: the N of [@kaplan2020scaling]."""
        return self.attention + self.feed_forward + self.norms


@dataclass(frozen=True, kw_only=True)
class Transformer:
    """Dimensions of a decoder-only transformer; a `ValueError` if they do not fit one another."""

    layers: int
    d_model: int  # width of the residual stream
    heads: int  # of queries, a layer
    vocab: int
    context: int  # tokens
    kv_heads: int | None = None  # fewer than `heads` in grouped-query attention [@ainslie2023gqa]
    d_head: int | None = None  # d_model / heads if left out
    d_ff: int | None = None  # width of the feed-forward layer; 4 d_model if left out
    gated: bool = False  # three feed-forward matrices, not two, as in SwiGLU [@shazeer2020glu]
    tied: bool = True  # one matrix for input and output embedding
    # "learned" vectors are parameters; "rotary" ones and "none" are not; "relative" ones
    # (Transformer-XL) add one matrix of size d_model x heads d_head a layer.
    positions: str = "learned"
    bias: bool = True  # in the linear layers
    norm: str = "layer"  # with gain and bias, or "rms", with gain alone

    def __post_init__(self):
        for name in ("layers", "d_model", "heads", "vocab", "context"):
            whole(getattr(self, name), name)
        if self.d_head is None and self.d_model % self.heads:
            raise ValueError(
                f"d_model must be a multiple of heads={self.heads} where d_head is left out, "
                f"not {self.d_model}"
            )
        d = self.d_model
        for name, default in dict(d_head=d // self.heads, kv_heads=self.heads, d_ff=4 * d).items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, default)
            whole(getattr(self, name), name)
        if self.heads % self.kv_heads:
            raise ValueError(
                f"heads must be a multiple of kv_heads={self.kv_heads}, not {self.heads}"
            )
        one_of(self.positions, "positions", ("learned", "rotary", "relative", "none"))
        one_of(self.norm, "norm", ("layer", "rms"))

    @classmethod
    def from_table(cls, model):
        """Return the published model of that name in ``load("language_models")``."""
        table = load("language_models").set_index("model")
        row = table.loc[one_of(model, "model", list(table.index))]
        sizes = "layers d_model heads kv_heads d_head d_ff vocab context".split()
        return cls(
            **{name: int(row[name]) for name in sizes},
            **{name: bool(row[name]) for name in ("gated", "tied", "bias")},
            positions=row["positions"],
            norm=row["norm"],
        )

    def parameters(self):
        """Count the parameters; returns a `ParameterCount`."""
        d, layers = self.d_model, self.layers
        query, key = self.heads * self.d_head, self.kv_heads * self.d_head
        attention = 2 * d * query + 2 * d * key
        feed_forward = (3 if self.gated else 2) * d * self.d_ff
        if self.positions == "relative":
            attention += d * query
        if self.bias:
            attention += query + 2 * key + d
            feed_forward += (2 if self.gated else 1) * self.d_ff + d
        return ParameterCount(
            embedding=self.vocab * d,
            positions=self.context * d if self.positions == "learned" else 0,
            attention=layers * attention,
            feed_forward=layers * feed_forward,
            norms=(2 * layers + 1) * d * (2 if self.norm == "layer" else 1),
            unembedding=0 if self.tied else self.vocab * d,
        )

    def forward_flops(self, context=None, causal=True):
        """Count the FLOP of the matrix products of one token's forward pass, by part (a dict).

        The sequence has `context` tokens, the model's own context if left out. With `causal`, the
        mean over the positions of a sequence in which a token sees itself and what came before,
        ``(context + 1) / 2`` tokens; otherwise every token is charged the whole context, which is
        what software without a mask-aware kernel computes.
        """
        n = self.context if context is None else whole(context, "context")
        seen = (n + 1) / 2 if causal else n
        query, key = self.heads * self.d_head, self.kv_heads * self.d_head
        relative = self.positions == "relative"
        weights = 2 * query + 2 * key + (query if relative else 0)
        return {
            "projections": 2.0 * self.layers * self.d_model * weights,
            "attention over the context": 2.0 * self.layers * (3 if relative else 2) * seen * query,
            "feed forward": 2.0 * self.layers * self.d_model * self.d_ff * (3 if self.gated else 2),
            "unembedding": 2.0 * self.d_model * self.vocab,
        }

    def ratio_to_six_nd(self):
        """Training FLOP of one token, thrice those forward, divided by the rule's 6 N."""
        training = 3 * sum(self.forward_flops().values())
        return training / (FLOP_PER_PARAMETER_TOKEN * self.parameters().total)
