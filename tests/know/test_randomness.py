import hashlib

import pytest

from know.randomness import seed_for


def test_seed_is_the_same_number_everywhere():
    digest = hashlib.sha256(b"pretraining\x1f0\x1fepoch\x1f3").hexdigest()
    assert seed_for("pretraining", 0, "epoch", 3) == int(digest[:16], 16) // 2


def test_seed_of_a_known_purpose_never_changes():
    assert seed_for("init") == 6749210588423060819


def test_seeds_differ_and_fit_what_torch_and_numpy_accept():
    seeds = [seed_for("draw", number) for number in range(1000)]
    assert len(set(seeds)) == 1000
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert max(seeds) > 2**62, "the whole range is used"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("ab", "c"), ("a", "bc")),
        (("a", "b"), ("b", "a")),
        (("a",), ("a", "")),
        (("stage", 1, 11), ("stage", 11, 1)),
    ],
)
def test_where_one_name_ends_matters(one, other):
    assert seed_for(*one) != seed_for(*other)
