import math

import pytest

from know.training.settings import Phase


def rates(schedule, epochs, peak=2.0):
    phase = Phase(epochs=epochs, learning_rate=peak, schedule=schedule)
    return [phase.learning_rate_at(epoch) for epoch in range(epochs)]


def test_constant_stays_at_its_peak():
    assert rates("constant", 3) == [2.0, 2.0, 2.0]


def test_cosine_falls_from_its_peak_and_is_half_of_it_half_way():
    quarter = math.sqrt(0.5)
    assert rates("cosine", 4) == pytest.approx([2, 1 + quarter, 1, 1 - quarter])


def test_step_divides_by_ten_at_two_and_at_four_fifths():
    assert rates("step", 5) == pytest.approx([2, 2, 0.2, 0.2, 0.02])
