from pathlib import Path

import pytest

from know.errors import DivergedError, KnowError, naming, raise_all


def test_every_problem_is_named_below_the_heading():
    raise_all([], "the config is wrong")
    with pytest.raises(KnowError) as refusal:
        raise_all(["a is missing", "b is 3"], "the config is wrong")
    assert str(refusal.value) == "the config is wrong:\n  - a is missing\n  - b is 3"
    assert issubclass(DivergedError, KnowError)


def test_an_error_of_the_disk_names_the_file():
    # A page that no process has: the only file of Linux that cannot be read.
    memory = Path("/proc/self/mem")
    wanted = pytest.raises(OSError, match=r"Input/output error: '/proc/self/mem'$")
    with wanted, naming(memory), memory.open("rb") as file:
        file.read(1)


def test_an_error_that_names_a_file_keeps_it(tmp_path):
    with pytest.raises(FileNotFoundError, match="other"), naming(tmp_path / "one"):
        (tmp_path / "other").read_bytes()
