import pytest

from know.errors import DivergedError, KnowError, raise_all


def test_every_problem_is_named_below_the_heading():
    raise_all([], "the config is wrong")
    with pytest.raises(KnowError) as refusal:
        raise_all(["a is missing", "b is 3"], "the config is wrong")
    assert str(refusal.value) == "the config is wrong:\n  - a is missing\n  - b is 3"
    assert issubclass(DivergedError, KnowError)
