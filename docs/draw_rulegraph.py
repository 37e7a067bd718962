"""Draw the workflow's rules into docs/rules.md, as a Mermaid graph.

    uv run python docs/draw_rulegraph.py [--check]

The graph goes between the page's two marks. With `--check` nothing is written; the
status is 1 if the page is out of date.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- rulegraph:begin -->\n", "<!-- rulegraph:end -->"


def dot_text() -> str:
    """Ask Snakemake for its graph of the default config's rules, for Graphviz."""
    with tempfile.TemporaryDirectory() as folder:
        words = ["--snakefile", PROJECT / "Snakefile", "--directory", folder]
        command = [sys.executable, "-m", "snakemake", *words, "--rulegraph", "--quiet"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout


def mermaid(dot: str) -> str:
    """Rewrite the graph for Mermaid, sorted."""
    names = dict(re.findall(r'(\d+)\[label = "(\w+)"', dot))
    pairs = re.findall(r"(\d+) -> (\d+)", dot)
    edges = sorted({(names[a], names[b]) for a, b in pairs} - {("all", "all")})
    lines = [f"    {a} --> {b}" for a, b in edges if b != "all"]
    return "\n".join(["```mermaid", "graph LR", *lines, "```", ""])


def main() -> None:
    """Write the graph, or compare it with the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    page = PROJECT / "docs/rules.md"
    text = page.read_text()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    drawn = before + BEGIN + mermaid(dot_text()) + END + after
    if options.check:
        sys.exit(f"the rule graph in {page} is out of date" if drawn != text else 0)
    page.write_text(drawn)


if __name__ == "__main__":
    main()
