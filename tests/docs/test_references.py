import json
import re
import shlex
from importlib.util import find_spec
from pathlib import Path

import pytest

from blueprint.config import SETTINGS
from blueprint.config.context import unwrap
from tests.docs.pages import PAGES, ROOT, anchors, blocks, links, spans

KEYS = {setting.key for setting in SETTINGS}
FIRST_WORDS = {key.split(".")[0] for key in KEYS if "." in key}
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
NO_FILES = {"rehearsal/nothing-runs"}  # an annotation
NO_KEYS = (".com", ".json", ".md", ".py", ".sqlite", ".yaml")
OF_THE_CHART = {"hub.extraFiles", "hub.templatePaths", "singleuser.networkPolicy.egress"}
PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def commands(page: Path) -> str:
    """A page's prose between backticks, and its shell blocks."""
    return "\n".join([*spans(page), *(block.code for block in blocks("sh") if block.page == page)])


@PAGE
def test_every_relative_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    astray = []
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if re.match(r"https?://", link):
            continue
        if not target.exists() or (anchor and anchor not in anchors(target)):
            astray.append(link)
    assert astray == []


@PAGE
def test_every_make_target_exists(page: Path) -> None:
    named = re.findall(r"\bmake ([a-z]+)", commands(page))
    assert [target for target in named if target not in TARGETS] == []


@PAGE
def test_every_module_to_run_exists(page: Path) -> None:
    named = re.findall(r"python -m ([\w.]+)", commands(page))
    assert [module for module in named if find_spec(module) is None] == []


@PAGE
def test_every_file_named_exists(page: Path) -> None:
    named = {
        span
        for span in spans(page)
        if re.fullmatch(r"(benchmarks|blueprint|charts|docs|preview|rehearsal|tests|tools)/[\w./*-]*", span)
    }
    assert [path for path in sorted(named - NO_FILES) if not list(ROOT.glob(path))] == []


def test_every_part_of_the_rehearsal_named_exists() -> None:
    table = (ROOT / "docs" / "rehearsal.md").read_text(encoding="utf-8").split("| Part | Holds |")[1]
    parts = re.findall(r"`([^`]+)`", " ".join(re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE)))
    assert len(parts) > 10
    assert [part for part in parts if not (ROOT / "rehearsal" / part).exists()] == []


@PAGE
def test_every_context_key_named_exists(page: Path) -> None:
    dotted = {span for span in spans(page) if re.fullmatch(r"[a-zA-Z]+(\.[a-zA-Z]+)+", span)}
    ours = {span for span in dotted if span.split(".")[0] in FIRST_WORDS and not span.endswith(NO_KEYS)}
    assert sorted(ours - KEYS - OF_THE_CHART) == []


@PAGE
def test_every_override_in_a_command_is_a_setting(page: Path) -> None:
    named = re.findall(r"-c ([\w.]+)=", commands(page))
    assert [key for key in named if key not in KEYS | {"key"}] == []


@PAGE
def test_every_setting_in_an_example_exists(page: Path) -> None:
    contexts = [unwrap(json.loads(block.code)) for block in blocks("json") if block.page == page]
    assert [key for context in contexts for key in context if key not in KEYS | {"$schema"}] == []


@PAGE
def test_shell_blocks_can_be_read_by_a_shell(page: Path) -> None:
    for block in blocks("sh"):
        if block.page == page:
            shlex.split(block.code, comments=True)


def test_readme_names_every_group_that_decides_who_enters() -> None:
    named = set(spans(PAGES[0]))
    assert named >= {"users.allowed", "groups.allowed", "users.admins", "groups.admins"}
