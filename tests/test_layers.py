"""The package is layered and its scripts are thin."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parents[1]
SCRIPTS = PROJECT / "workflow_scripts"
PACKAGE = SCRIPTS / "know"

# Lowest first. A room is a folder or a single file of the package. It imports itself
# and rooms of the tiers below; rooms of one tier do not know each other.
TIERS = [
    {"errors"},
    {"whole_files", "preemption"},
    {
        "cards",
        "checksum",
        "randomness",
        "sheets",
        "job_log",
        "code_version",
        "plain_text",
        "provenance",
        "shipped",
    },
    {"registry", "json_files"},
    {"schema"},
    {"configuration"},
    {"records", "selection_record", "landscape_record"},
    {"weights"},
    {"data", "architectures", "store"},
    {"training"},
    {"forgetting"},
    {"hypernetwork"},
    {"predictors"},
    {"landscape", "tasks"},
    {"reporting"},
    {"plan"},
    {"cli", "api", "callbacks"},
]
SINGLE_FILES = set.union(*TIERS[:7])
LEVEL = {room: level for level, tier in enumerate(TIERS) for room in tier}

# Downwards, and still not wanted: predictors never see a data set, tasks never see a
# predictor, reporting never sees a model.
UNWANTED = {
    "predictors": {"data", "training", "forgetting"},
    "tasks": {"hypernetwork", "predictors"},
    "reporting": set(LEVEL) - SINGLE_FILES - {"reporting"},
}
# The library takes values, never a running workflow; one module reads config files.
NEVER_IMPORTED = {"snakemake", "yaml"}
READS_CONFIG_FILES = "configuration"
# Slow to load, so absent where a DAG is built or a table is drawn.
HEAVY = {"torch", "torchvision", "torchmetrics", "timm", "webdataset"}
HEAVY |= {"segmentation_models_pytorch", "transformers"}
TORCH_FREE = SINGLE_FILES | {"plan", "reporting"}

MAX_SCRIPT_LINES = 30


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(module: Path) -> str:
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def label(path: Path) -> str:
    return path.relative_to(SCRIPTS).as_posix()


def imports_in(nodes: Iterator[ast.AST]) -> Iterator[str]:
    """Dotted names that import statements among `nodes` ask for."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported_anywhere(module: Path) -> set[str]:
    return set(imports_in(ast.walk(ast.parse(module.read_text()))))


def imported_at_load(module: Path) -> set[str]:
    """Imports at load time, not those in functions or under TYPE_CHECKING."""
    waiting: list[ast.AST] = [ast.parse(module.read_text())]
    loaded: list[ast.AST] = []
    while waiting:
        node = waiting.pop()
        loaded.append(node)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
            continue
        waiting += ast.iter_child_nodes(node)
    return set(imports_in(iter(loaded)))


def know_rooms(names: set[str]) -> set[str]:
    return {name.split(".")[1] for name in names if name.startswith("know.")}


def files_loaded_by(module: Path) -> set[Path]:
    """Modules of the package that importing `module` loads, itself among them."""
    waiting, seen = [module], set()
    while waiting:
        current = waiting.pop()
        if current in seen:
            continue
        seen.add(current)
        for name in imported_at_load(current):
            parts = name.split(".")
            for depth in range(1, len(parts) + 1):
                stem = SCRIPTS.joinpath(*parts[:depth])
                candidates = (stem.with_suffix(".py"), stem / "__init__.py")
                waiting += [path for path in candidates if path.is_file()]
    return seen


def script_of_each_rule() -> dict[str, str]:
    """Script named by each rule that has one, from the text of the rule files."""
    rule, scripts = None, {}
    for rule_file in sorted((PROJECT / "rules").glob("*.smk")):
        for line in rule_file.read_text().splitlines():
            if head := re.match(r"(?:rule|checkpoint) (\w+):", line):
                rule = head[1]
            elif named := re.search(r'"\.\./workflow_scripts/(\w+)\.py"', line):
                scripts[rule] = named[1]
    return scripts


def test_every_room_has_its_place():
    rooms = {room_of(module) for module in modules()} - {"__init__"}
    assert rooms <= set(LEVEL), "add the new room to TIERS, where it belongs"


def test_imports_point_down_and_rooms_that_must_not_meet_do_not():
    offenders = [
        f"{label(module)} imports know.{other}"
        for module in modules()
        if (room := room_of(module)) in LEVEL
        for other in sorted(know_rooms(imported_anywhere(module)) - {room})
        if LEVEL.get(other, len(TIERS)) >= LEVEL[room]
        or other in UNWANTED.get(room, set())
    ]
    assert offenders == []


def test_library_knows_no_snakemake_and_reads_config_files_in_one_place():
    offenders = [
        f"{label(module)} imports {name}"
        for module in modules()
        if room_of(module) != READS_CONFIG_FILES
        for name in sorted(imported_anywhere(module))
        if name.split(".")[0] in NEVER_IMPORTED
    ]
    assert offenders == []


def test_single_files_plan_and_reporting_load_without_torch():
    offenders = [
        f"{label(module)} loads {name} by way of {label(loaded)}"
        for module in modules()
        if room_of(module) in TORCH_FREE
        for loaded in sorted(files_loaded_by(module))
        for name in sorted(imported_at_load(loaded))
        if name.split(".")[0] in HEAVY
    ]
    assert offenders == []


def test_scripts_are_short_and_only_plug_values_into_the_library():
    logic = (
        *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda),
        *(ast.For, ast.While, ast.Try),
    )
    offences = []
    for script in sorted(SCRIPTS.glob("*.py")):
        text = script.read_text()
        if (length := len(text.splitlines())) > MAX_SCRIPT_LINES:
            offences.append(f"{script.name} has {length} lines")
        if "with job_log(snakemake.log[0])" not in text:
            offences.append(f"{script.name} does not log to its rule's log file")
        offences += [
            f"{script.name}:{node.lineno} has a {type(node).__name__}"
            for node in ast.walk(ast.parse(text))
            if isinstance(node, logic)
        ]
    assert offences == [], f"a script has at most {MAX_SCRIPT_LINES} lines, no logic"


def test_each_script_bears_the_name_of_its_rule():
    used = script_of_each_rule()
    assert used == {rule: rule for rule in used}
    assert set(used) == {script.stem for script in SCRIPTS.glob("*.py")}
