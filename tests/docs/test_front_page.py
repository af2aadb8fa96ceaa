import re
from xml.etree import ElementTree

from tests.docs.pages import PAGES, README, links, spans

INDEX = README.parent / "docs" / "README.md"
PICTURE = README.parent / "docs" / "architecture.svg"


def test_readme_is_short() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 250


def test_readme_numbers_the_steps_to_a_running_hub() -> None:
    steps = re.findall(r"^### (\d+)\. ", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert steps == [str(number) for number in range(1, len(steps) + 1)]


def test_readme_leads_to_the_index() -> None:
    assert "docs/README.md" in links(README)


def test_index_leads_to_every_page() -> None:
    linked = {(INDEX.parent / link.partition("#")[0]).resolve() for link in links(INDEX)}
    assert set(PAGES) - {INDEX} <= linked


def test_picture_shows_the_stacks_and_both_places_of_the_subzone() -> None:
    shown = [each.text for each in ElementTree.parse(PICTURE).iter("{http://www.w3.org/2000/svg}text")]
    assert {"ParentDns", "Dns", "Data", "Hub", "workload (default)", "parent"} <= set(shown)
    assert shown.count("Subzone") == shown.count("dev.example.com") == 2


def test_picture_can_be_read_on_a_dark_page() -> None:
    light, dark = PICTURE.read_text(encoding="utf-8").split("@media (prefers-color-scheme: dark)")
    coloured = set(re.findall(r"^ +([\w.-]+) \{[^}]*#", light, re.MULTILINE))
    assert coloured == set(re.findall(r"^ +([\w.-]+) \{[^}]*#", dark, re.MULTILINE))


def test_index_tells_what_every_folder_of_code_holds() -> None:
    table = INDEX.read_text(encoding="utf-8").split("## What is where")[1]
    told = {span.split("/")[0] for span in re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)}
    folders = {file.parent for file in README.parent.glob("[a-z]*/*.py")}
    assert {folder.name for folder in folders - {README.parent / "node_modules"}} <= told
    assert {f"charts/{each.name}/" for each in (README.parent / "charts").iterdir()} <= set(spans(INDEX))
