"""Messages on the terminal: one for each mistake, and no control characters."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from know.errors import KnowError

BAD_INPUT = 2
"""Exit status where the user can mend something."""


@contextmanager
def clear_errors() -> Iterator[None]:
    """Print one message in place of a traceback, for what a user can mend."""
    try:
        yield
    except (KnowError, OSError) as error:
        typer.echo(f"know: {printable(str(error))}", err=True)
        raise typer.Exit(BAD_INPUT) from None
    except ModuleNotFoundError as error:
        if error.name != "h5py":
            raise
        typer.echo(
            "know: h5py is not installed: install it, or know-weights[import]",
            err=True,
        )
        raise typer.Exit(BAD_INPUT) from None


def printable(text: str) -> str:
    r"""Show control characters, which a file's names may hold, as \x1b and the like."""
    return "".join(
        each
        if each.isprintable() or each == "\n"
        else each.encode("unicode_escape").decode()
        for each in text
    )


class Terminal(logging.StreamHandler):  # type: ignore[type-arg]
    """Prints the package's log to standard error."""

    def format(self, record: logging.LogRecord) -> str:
        """Mark warnings, and show control characters."""
        mark = "warning: " if record.levelno >= logging.WARNING else ""
        return printable(mark + record.getMessage())
