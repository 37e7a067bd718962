import pytest

from know.store.forgetting import compare_accuracies, forgetting_of


@pytest.fixture
def changes(attributes):
    """Change of the last stage since the one before, and its noise, on 1024 images."""

    def find(*accuracies):
        last = forgetting_of(attributes(accuracies))[-1]
        return last.since_previous, last.since_start, last.noise

    return find


def test_the_noise_is_two_standard_errors_of_a_difference_of_shares(changes):
    # 200 sqrt((0.5 * 0.5 + 0.4 * 0.6) / 1024)
    assert changes(50.0, 40.0)[2] == pytest.approx(4.375)


@pytest.mark.parametrize(
    ("after", "wanted"),
    [
        (40.0, "falls"),
        (46.0, "not resolved"),
        (50.0, "not resolved"),
        (54.0, "not resolved"),
        (60.0, "rises"),
    ],
)
def test_a_change_counts_beyond_the_noise(changes, after, wanted):
    assert changes(50.0, after)[:2] == (wanted, wanted)


def test_on_a_quarter_of_the_images_the_noise_is_twice_as_large():
    assert compare_accuracies(50.0, 40.0, 256) == (pytest.approx(8.75), "falls")
    assert compare_accuracies(50.0, 42.0, 256)[1] == "not resolved"


def test_a_stage_is_compared_with_the_one_before_and_with_stage_nought(changes):
    assert changes(50.0, 47.0, 44.0)[:2] == ("not resolved", "falls")
    assert changes(50.0, 30.0, 50.0)[:2] == ("rises", "not resolved")


def test_what_was_not_measured_is_neither(changes):
    assert changes(50.0, None) == ("not measured", "not measured", None)
    assert changes(50.0, None, 40.0)[:2] == ("not measured", "falls")
    assert changes(None, 50.0, 40.0)[:2] == ("falls", "not measured")
