"""Shares of a whole, as exact as the config means them."""

from fractions import Fraction

# As `know.data.subsets.stage_sizes` reads a rate.
_LARGEST_DENOMINATOR = 1_000_000


def exact_share(value: float | str) -> Fraction:
    """The simple fraction that a number or a text such as `1/3` stands for.

    Args:
        value: 0.5, 0.3333333, "1/3"; a number is taken as the nearest fraction whose
            denominator is at most a million, so that thrice a third is a whole.
    """
    return Fraction(value).limit_denominator(_LARGEST_DENOMINATOR)
