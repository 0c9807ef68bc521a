"""Two languages with a shared part, and what one is worth for the other."""

import numpy as np
import pandas as pd
import pytest

from scaling_lib import load
from scaling_lib.experiments.data_limits import transfer
from scaling_lib.tasks.dialects import dialect, relative


def test_relatives_share_the_rows_that_they_should():
    a, b = dialect(0), dialect(1)
    small, large = (relative(a, b, share, seed=3) for share in (0.25, 0.5))
    same = [(one.P == a.P).all(-1) for one in (small, large)]
    assert [round(rows.mean(), 2) for rows in same] == [0.25, 0.5]
    assert not (same[0] & ~same[1]).any()  # the larger share contains the smaller
    assert (relative(a, b, 0, 0).P == b.P).all() and (relative(a, b, 1, 0).P == a.P).all()
    np.testing.assert_allclose(relative(a, b, 1, 0).pi, a.pi)
    with pytest.raises(ValueError, match="share"):
        relative(a, b, 1.5, 0)


def test_the_share_of_the_text_is_counted_in_text():
    a, b = transfer.languages(0)
    part, none = relative(a, b, 0.5, 0), relative(a, b, 0, 0)
    rows = (part.P == a.P).all(-1)
    assert rows.mean() == 0.5 and transfer.shared(a, part) == pytest.approx(a.pi[rows].sum())
    assert (transfer.shared(a, none), transfer.shared(a, a)) == (0, pytest.approx(1))


def test_the_tokens_transferred_are_read_off_runs_on_own_text():
    alone = pd.DataFrame({"other": 0, "own": [1000, 4000, 16000], "excess": [0.8, 0.4, 0.2]})
    both = pd.DataFrame({"other": 1500, "own": [1000, 4000], "excess": [0.4, 0.8]})
    table = pd.concat([alone, both]).assign(seed=0, share=0.5)
    found = transfer.transferred(table)
    assert found.tokens.tolist() == pytest.approx([3000, -3000])
    assert found.worth.tolist() == pytest.approx([2, -2])
    assert found.alone.tolist() == [0.8, 0.4]


def test_shipped_runs_come_again():
    shipped = load("transfer").set_index(["seed", "share", "other", "own"]).excess
    again = transfer.run(share=0.5, other=2**14, own=2**10, seed=1)
    assert again["excess"] == pytest.approx(shipped[1, 0.5, 2**14, 2**10], rel=0.01)


def test_the_signs_are_as_the_page_says():
    moved = transfer.transferred(load("transfer"))
    assert moved.seed.nunique() >= 8 and moved.worth.notna().all()
    far = moved[moved.other == 2**16]
    worth = {share: part.worth for share, part in far.groupby("share")}
    assert (worth[0] < 0).all() and worth[0.75].between(0, 0.5, inclusive="neither").all()
    half = far[(far.share == 0.5) & (far.own >= 2**12)].groupby("own").worth
    assert (half.min() < 0).all() and (half.max() > 0).all()
