"""docs/paper_config.md shows what config/paper.yaml says, and what in it is a guess."""

import re
from functools import reduce
from pathlib import Path

import pytest
import yaml

from know.configuration import read_config

PROJECT = Path(__file__).parents[1]
PAPER = PROJECT / "config" / "paper.yaml"
PAGE = PROJECT / "docs" / "paper_config.md"
SETTING = re.compile(r"`([a-z0-9_.-]+): ([^`]+)`")
GUESS = "# guess: "


def settings():
    """Path, value as text, and whether it is a guess, of each setting on the page."""
    for line in PAGE.read_text().splitlines():
        if line.startswith("| "):
            is_guess = line.endswith("| guess |")
            yield from ((*found, is_guess) for found in SETTING.findall(line))


def keys(path):
    return [int(key) if key.isdigit() else key for key in path.split(".")]


def line_of(path):
    """Number of the line of the file that says a setting, from 0."""

    def child(node, key):
        if isinstance(node, yaml.SequenceNode):
            return node.value[key]
        names = {name.value: (name, value) for name, value in node.value}
        last.append(names[key][0])
        return names[key][1]

    last = []
    reduce(child, keys(path), yaml.compose(PAPER.read_text()))
    return last[-1].start_mark.line


def guess_of(path):
    """Line of the remark that a setting is a guess: its own, or the one above it."""
    lines, own = PAPER.read_text().splitlines(), line_of(path)
    above = lines[own - 1].strip().startswith(GUESS)
    if GUESS in lines[own]:
        return own
    return own - 1 if above else None


@pytest.fixture(scope="module")
def config():
    return read_config(PROJECT / "config", PAPER)


@pytest.mark.parametrize(("path", "value", "is_guess"), list(settings()))
def test_the_page_says_what_the_config_says(config, path, value, is_guess):
    assert reduce(lambda at, key: at[key], keys(path), config) == yaml.safe_load(value)
    assert (guess_of(path) is not None) == is_guess


def test_every_guess_has_a_reason_and_a_line_on_the_page():
    lines = PAPER.read_text().splitlines()
    marked = {number for number, line in enumerate(lines) if GUESS in line}
    assert len(marked) > 30
    assert all(lines[number].split(GUESS)[1].strip() for number in marked)
    assert marked == {guess_of(path) for path, _, is_guess in settings() if is_guess}
