"""Exceptions for mistakes that a user can correct."""


class KnowError(ValueError):
    """A user's input is wrong; the message says what is wrong, where and why."""


class DivergedError(KnowError):
    """A training whose loss became NaN or infinite."""


def raise_all(problems: list[str], heading: str) -> None:
    """Refuse once, naming every problem.

    Each problem is one line; without any, nothing happens.

    Raises:
        KnowError: if there is at least one problem.
    """
    if problems:
        lines = "\n".join(f"  - {problem}" for problem in problems)
        raise KnowError(f"{heading}:\n{lines}")
