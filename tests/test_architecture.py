"""The rules of docs/decisions.md and the design: who imports whom, what reads the surroundings, how modules open."""

import ast
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

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
def parsed(path: Path) -> ast.Module:
    """A file as Python reads it."""
    return ast.parse(path.read_text())


@cache
def imports(path: Path) -> frozenset[str]:
    """The modules that a file imports, wherever in it, by their full names."""
    return frozenset(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(parsed(path)):
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


def faults(paths: Iterable[Path], faults_of: Callable[[Path], Iterable[str]]) -> dict[str, list[str]]:
    """What is wrong by file: one test looks at hundreds of them."""
    return {name(path): found for path in paths if (found := sorted(faults_of(path)))}


def test_part_imports_only_what_it_may() -> None:
    def beyond(path: Path) -> set[str]:
        known = {each for each in imports(path) if each.startswith("blueprint.")}
        if part(path) == "__init__":
            return known
        return {each.split(".")[1] for each in known} - {part(path)} - MAY_IMPORT[part(path)]

    assert faults(MODULES, beyond) == {}


def test_house_imports_only_what_it_may() -> None:
    """Of the blueprint the preview knows pure parts, and how a command line reads the settings of its folder."""

    def beyond(path: Path) -> set[str]:
        house = path.relative_to(ROOT).parts[0]
        others = {each for each in imports(path) if each.partition(".")[0] in {*HOUSES} - {house}}
        if house == "preview":
            return others - {"blueprint"} - {each for each in others if each.split(".")[1:2] and allowed(each)}
        return others if house == "blueprint" else set()

    def allowed(module: str) -> bool:
        return module.startswith("blueprint.") and module.split(".")[1] in {*PURE_PARTS, "command_line"}

    assert faults(ALL.values(), beyond) == {}


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Not for types alone either: what two need stands in a third."""
    graph = {module: {each for each in imports(path) if each in ALL} - {module} for module, path in ALL.items()}
    # `from package import module` is about the module alone.
    for wanted in graph.values():
        wanted -= {each for each in wanted if any(other.startswith(f"{each}.") for other in wanted)}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names it


def test_only_constructs_and_stacks_know_the_cdk() -> None:
    def known(path: Path) -> set[str]:
        cdk = {"aws_cdk", "constructs", "jsii"} - ({"jsii"} if part(path) == "node" else set())  # which starts Node
        return {each for each in imports(path) if each.partition(".")[0] in cdk}

    assert faults([path for path in MODULES if part(path) not in ("constructs", "stacks")], known) == {}


def test_one_construct_composes_the_others() -> None:
    parts = {module for module in ALL if module.startswith("blueprint.constructs.") and module.count(".") == 3}
    known = {path.stem: imports(path) & parts for path in (BLUEPRINT / "constructs").glob("*.py")}
    assert [name for name, of in known.items() if {each.split(".")[2] for each in of} == GROUPS] == ["jupyterhub"]


GROUPS = {path.name for path in (BLUEPRINT / "constructs").iterdir() if (path / "__init__.py").exists()}
"""The folders of constructs, by what they are for."""

FOLDERS = sorted({path.parent for path in ALL.values()} | {path.parent for path in (ROOT / "tests").rglob("*.py")})


def test_a_folder_is_seen_at_a_glance() -> None:
    """What belongs together stands together once there is more."""
    files = {name(folder): [each for each in folder.glob("*.py") if each.name[:2] != "__"] for folder in FOLDERS}
    assert {folder: len(inside) for folder, inside in files.items() if len(inside) > 16} == {}


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


def test_nothing_but_the_entries_reads_context_environment_clock_network_or_aws() -> None:
    def read(path: Path) -> frozenset[str]:
        calls = [node.func for node in ast.walk(parsed(path)) if isinstance(node, ast.Call)]
        called = {each.attr for each in calls if isinstance(each, ast.Attribute)}
        return (imports(path) & SURROUNDINGS) | (called & READERS)

    assert faults(PURE, read) == {}


def test_handlers_run_with_what_lambda_has() -> None:
    """What is imported for types alone, below `if TYPE_CHECKING`, does not run."""

    def missing(path: Path) -> set[str]:
        body = [
            node
            for node in parsed(path).body
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
        return roots - sys.stdlib_module_names - {"boto3", "botocore", "urllib3"}

    assert faults([path for path in MODULES if part(path) == "handlers"], missing) == {}


PYTHON = [
    path
    for folder in ("blueprint", "preview", "rehearsal", "charts", "benchmarks")
    for path in sorted((ROOT / folder).rglob("*.py"))
]


def test_module_opens_with_a_sentence() -> None:
    def no_sentence(path: Path) -> list[str]:
        first, _, _ = (ast.get_docstring(parsed(path)) or "").partition("\n\n")
        return [] if first.replace("`", "").rstrip().endswith((".", ":")) else [first]

    assert faults([*PYTHON, ROOT / "app.py"], no_sentence) == {}


def test_module_is_named_by_what_it_holds() -> None:
    nothing = ("constants", "helpers", "misc", "util", "utils", "common")
    assert [name(path) for path in PYTHON if path.stem in nothing] == []
