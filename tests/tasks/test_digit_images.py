import numpy as np

from scaling_lib.tasks import digit_images


def test_the_handwritten_digits_are_all_there_and_split_without_overlap():
    X, y, X_test, y_test = digit_images.real()
    assert X.shape == (1200, 8, 8) and X_test.shape == (597, 8, 8)
    assert X.dtype == np.float32 and 0 == X.min() < X.max() == 1
    # Images of each digit in the test set of UCI.
    counts = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert np.bincount(np.concatenate([y, y_test])).tolist() == counts
    again = digit_images.real(seed=1)
    everything = np.concatenate([X, X_test]).sum(dtype=float)
    assert again[0].sum(dtype=float) + again[2].sum(dtype=float) == everything
    assert everything * 16 == 561718
