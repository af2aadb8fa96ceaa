"""The rules of docs/decisions.md and the design: who imports whom, what reads the surroundings, how modules open."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOUSES = ("blueprint", "preview", "rehearsal")
BLUEPRINT = ROOT / "blueprint"
MODULES = sorted(BLUEPRINT.rglob("*.py"))
ALL = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for house in HOUSES
    for path in sorted((ROOT / house).rglob("*.py"))
}
"""Every module of the three houses."""
PURE_PARTS = {"config", "values", "versions", "hub"}

MAY_IMPORT = {
    "config": set(),
    "values": set(),
    "versions": set(),
    "node": set(),
    "handlers": set(),
    "hub": {"config", "values", "versions"},
    "docs": {"config", "versions"},
    "constructs": {*PURE_PARTS, "handlers"},
    "stacks": {"config", "constructs"},
    "command_line": {"config"},
    "cli": {*PURE_PARTS, "command_line"},
}
"""What each part of the blueprint may import of the others."""


@cache
def imports(path: Path) -> frozenset[str]:
    """The modules that a file imports, wherever in it, by their full names."""
    return frozenset(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def part(path: Path) -> str:
    """The part of the blueprint that a file belongs to."""
    return path.relative_to(BLUEPRINT).with_suffix("").parts[0]


def name(path: Path) -> str:
    """A file as tests call it."""
    return path.relative_to(ROOT).as_posix()


each_module = pytest.mark.parametrize("path", MODULES, ids=name)


@each_module
def test_part_imports_only_what_it_may(path: Path) -> None:
    if part(path) == "__init__":
        assert {each for each in imports(path) if each.startswith("blueprint")} == set()
        return
    others = {each.split(".")[1] for each in imports(path) if each.startswith("blueprint.")} - {part(path)}
    assert others <= MAY_IMPORT[part(path)]


@pytest.mark.parametrize("path", ALL.values(), ids=name)
def test_house_imports_only_what_it_may(path: Path) -> None:
    """Of the blueprint the preview knows pure parts, and how a command line reads the settings of its folder."""
    house = path.relative_to(ROOT).parts[0]
    others = {each for each in imports(path) if each.partition(".")[0] in HOUSES} - {house}
    others = {each for each in others if not each.startswith(f"{house}.")}
    if house == "blueprint":
        assert others == set()
    if house == "preview":
        assert {each.partition(".")[0] for each in others} <= {"blueprint"}
        assert {each.split(".")[1] for each in others if "." in each} <= {*PURE_PARTS, "command_line"}


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Not for types alone either: what two need stands in a third."""
    graph = {module: {each for each in imports(path) if each in ALL} - {module} for module, path in ALL.items()}
    # `from package import module` is about the module alone.
    for wanted in graph.values():
        wanted -= {each for each in wanted if any(other.startswith(f"{each}.") for other in wanted)}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names it


@each_module
def test_only_constructs_and_stacks_know_the_cdk(path: Path) -> None:
    knows = any(each.partition(".")[0] in ("aws_cdk", "constructs", "jsii") for each in imports(path))
    assert not knows or part(path) in ("constructs", "stacks")


def test_one_construct_composes_the_others() -> None:
    parts = {module for module in ALL if module.startswith("blueprint.constructs.") and module.count(".") == 3}
    known = {path.stem: imports(path) & parts for path in (BLUEPRINT / "constructs").glob("*.py")}
    assert [name for name, of in known.items() if {each.split(".")[2] for each in of} == GROUPS] == ["jupyterhub"]


GROUPS = {path.name for path in (BLUEPRINT / "constructs").iterdir() if (path / "__init__.py").exists()}
"""The folders of constructs, by what they are for."""

FOLDERS = sorted({path.parent for path in ALL.values()} | {path.parent for path in (ROOT / "tests").rglob("*.py")})


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.relative_to(ROOT).as_posix())
def test_a_folder_is_seen_at_a_glance(folder: Path) -> None:
    """What belongs together stands together once there is more."""
    assert len([path for path in folder.glob("*.py") if not path.name.startswith("__")]) <= 16


SURROUNDINGS = {
    "boto3",
    "botocore",
    "os",
    "random",
    "requests",
    "socket",
    "subprocess",
    "time",
    "urllib.request",
    "uuid",
}
READERS = {"now", "today", "utcnow", "get_all_context", "get_context", "try_get_context", "getenv", "home", "cwd"}


PURE = [
    path
    for path in MODULES
    if part(path) in ("config", "constructs", "stacks", "hub", "values")
    # It finds the files that context is in, for the commands' entry.
    and path != BLUEPRINT / "config" / "context.py"
]


@pytest.mark.parametrize("path", PURE, ids=name)
def test_nothing_but_the_entries_reads_context_environment_clock_network_or_aws(path: Path) -> None:
    tree = ast.parse(path.read_text())
    called = {
        node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert imports(path) & SURROUNDINGS == set()
    assert called & READERS == set()


@pytest.mark.parametrize("path", [path for path in MODULES if part(path) == "handlers"], ids=name)
def test_handlers_run_with_what_lambda_has(path: Path) -> None:
    """What is imported for types alone, below `if TYPE_CHECKING`, does not run."""
    body = [
        node
        for node in ast.parse(path.read_text()).body
        if not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test))
    ]
    roots = {
        root
        for statement in body
        for node in ast.walk(statement)
        for root in (
            [alias.name.partition(".")[0] for alias in node.names]
            if isinstance(node, ast.Import)
            else [(node.module or "").partition(".")[0]]
            if isinstance(node, ast.ImportFrom) and not node.level
            else []
        )
    }
    assert roots <= sys.stdlib_module_names | {"boto3", "botocore", "urllib3"}


PYTHON = [
    path
    for folder in ("blueprint", "preview", "rehearsal", "charts", "benchmarks")
    for path in sorted((ROOT / folder).rglob("*.py"))
]


@pytest.mark.parametrize("path", [*PYTHON, ROOT / "app.py"], ids=name)
def test_module_opens_with_a_sentence(path: Path) -> None:
    text = ast.get_docstring(ast.parse(path.read_text())) or ""
    first, _, _ = text.partition("\n\n")
    assert first.replace("`", "").rstrip().endswith((".", ":"))


@pytest.mark.parametrize("path", PYTHON, ids=name)
def test_module_is_named_by_what_it_holds(path: Path) -> None:
    assert path.stem not in ("constants", "helpers", "misc", "util", "utils", "common")
