"""The pages under docs agree with the code, with each other and with what exists."""

import os
import re
from pathlib import Path

import yaml

from know.data.sources import SOURCES

PROJECT = Path(__file__).parents[1]
DOCS = PROJECT / "docs"
README = PROJECT / "README.md"
DECISIONS = DOCS / "decisions.md"

OURS = (
    *("Snakefile", "rules", "config", "docs", "tests", "benchmarks"),
    "workflow_scripts",
)
TEXT = {"", ".md", ".py", ".rst", ".smk", ".yaml"}
# A path in backticks is checked where it begins with one of these folders; what the
# workflow makes (results, logs, data) need not exist.
FOLDERS = (
    ".ci",
    "benchmarks",
    "config",
    "docs",
    "envs",
    "profiles",
    "rules",
    "tests",
    "workflow_scripts",
)
PATH = re.compile(rf"(?:{'|'.join(map(re.escape, FOLDERS))})/[\w./-]*")
BLOCK = re.compile(r"^```.*?^```", re.M | re.S)
LINK = re.compile(r"\]\((?!\w+:)([^)#\s]+)")
DECISION = re.compile(r"\bDecisions? (\d+)\b")
HEADING = re.compile(r"^## (\d+)\. \S", re.M)


def pages() -> list[Path]:
    return sorted(DOCS.rglob("*.md"))


def words_of(page: Path) -> str:
    """Text of a page without its blocks of code."""
    return BLOCK.sub("", page.read_text())


def sources() -> list[Path]:
    """Files of ours that may speak of a page or a decision, this one left out."""
    found = [PROJECT / "README.md"]
    for name in OURS:
        top = PROJECT / name
        found += [top] if top.is_file() else sorted(top.rglob("*"))
    return [
        path
        for path in found
        if path.is_file() and path.suffix in TEXT and path != Path(__file__)
    ]


def links_of(page: Path) -> set[Path]:
    """Files that a page links to, or names in backticks."""
    text = words_of(page)
    linked = {page.parent / target for target in LINK.findall(text)}
    linked |= {PROJECT / path for path in backticked_paths(text)}
    return {Path(os.path.normpath(path)) for path in linked}


def backticked_paths(text: str) -> list[str]:
    return [code for code in re.findall(r"`([^`\n]+)`", text) if PATH.fullmatch(code)]


def test_every_decision_that_the_code_names_has_its_heading():
    headings = HEADING.findall(DECISIONS.read_text())
    missing = [
        f"{path.relative_to(PROJECT)}: Decision {number}"
        for path in sources()
        for number in DECISION.findall(path.read_text())
        if number not in headings
    ]
    assert missing == []


def test_decisions_are_numbered_from_one_without_a_gap():
    numbers = [int(number) for number in HEADING.findall(DECISIONS.read_text())]
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_page_is_linked_from_the_readme_or_another_page():
    linked = {
        target for page in (README, *pages()) for target in links_of(page) - {page}
    }
    first = DOCS / "index.md"
    assert [page.name for page in pages() if page not in linked | {first}] == []


def test_every_link_and_path_on_a_page_exists():
    missing = [
        f"{page.relative_to(PROJECT)}: {target.relative_to(PROJECT)}"
        for page in (*PROJECT.glob("*.md"), *pages())
        for target in sorted(links_of(page))
        if not target.exists()
    ]
    assert missing == []


def test_every_page_that_the_code_names_exists():
    missing = [
        f"{path.relative_to(PROJECT)}: {name}"
        for path in sources()
        for name in re.findall(r"\bdocs/[\w/-]+\.(?:md|rst)\b", path.read_text())
        if not (PROJECT / name).is_file()
    ]
    assert missing == []


def test_data_page_describes_every_source_and_setting():
    page = (DOCS / "data.md").read_text()
    schema = yaml.safe_load((PROJECT / "config/schemas/config.yaml").read_text())
    settings = schema["properties"]["datasets"]["additionalProperties"]["properties"]
    headings = re.findall(r"^## ([\w-]+)$", page, re.M)
    assert set(SOURCES) <= set(headings)
    assert [name for name in settings if f"`{name}" not in page] == []


def test_rules_page_names_every_rule():
    text = "".join(path.read_text() for path in (PROJECT / "rules").glob("*.smk"))
    page = (DOCS / "rules.md").read_text()
    rules = re.findall(r"^rule (\w+):", text, re.M)
    assert [rule for rule in rules if f"`{rule}`" not in page] == []


def test_the_page_on_scale_says_what_every_rule_asks_for():
    """All that the paper's config runs, but tables and figures, which ask for none."""
    page = (DOCS / "paper_scale.md").read_text()
    _, found, rest = page.partition("### Each rule's memory and minutes")
    assert found
    shown = re.findall(r"`(\w+)`", rest.partition("\n### ")[0])
    rules = "\n".join(path.read_text() for path in (PROJECT / "rules").glob("*.smk"))
    asking = re.findall(r"^rule (\w+):(?=(?:\n(?:    .*)?)+?\n +mem_mb=)", rules, re.M)
    assert len(asking) > 10
    assert set(asking) - set(shown) == {"import_stage"}  # of networks of others
