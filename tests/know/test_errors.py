import pytest

from know.errors import DivergedError, KnowError, raise_all


def test_no_problem_is_no_error():
    raise_all([], "the config is wrong")


def test_every_problem_is_named_below_the_heading():
    with pytest.raises(KnowError) as refusal:
        raise_all(["a is missing", "b is 3"], "the config is wrong")
    assert str(refusal.value) == "the config is wrong:\n  - a is missing\n  - b is 3"


def test_a_diverged_training_is_an_error_that_a_user_can_mend():
    assert issubclass(DivergedError, KnowError)
    assert issubclass(KnowError, ValueError)
