import re

from tests.docs.pages import PAGES, README, links

INDEX = README.parent / "docs" / "README.md"


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
