"""The exceptions for what a user can mend."""


class KnowError(ValueError):
    """Something the user handed in is wrong; the message says what, where and why."""


class DivergedError(KnowError):
    """A training whose loss became NaN or infinite."""


def raise_all(problems: list[str], heading: str) -> None:
    """Refuse once, naming every problem.

    Args:
        problems: one line each; nothing happens where the list is empty.
        heading: what was being checked, without a full stop.

    Raises:
        KnowError: if there is at least one problem.
    """
    if problems:
        lines = "\n".join(f"  - {problem}" for problem in problems)
        raise KnowError(f"{heading}:\n{lines}")
