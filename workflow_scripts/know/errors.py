"""Exceptions for mistakes that a user can correct."""


class KnowError(ValueError):
    """A user's input is wrong; the message says what is wrong, where and why."""


class DivergedError(KnowError):
    """A training whose loss became NaN or infinite."""


def raise_all(problems: list[str], heading: str) -> None:
    """Refuse once, naming every problem.

    Args:
        problems: one line each; if there are none, nothing happens.
        heading: first line of the message, without a full stop.

    Raises:
        KnowError: if there is at least one problem.
    """
    if problems:
        lines = "\n".join(f"  - {problem}" for problem in problems)
        raise KnowError(f"{heading}:\n{lines}")
