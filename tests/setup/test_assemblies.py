"""What was synthesized serves again, as long as nothing that a synthesis reads is another."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.templates import assembly
from tests.templates.variants import Context

Made = list[Context]


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Made]:
    """The contexts that were synthesized, of sources of the test's own."""
    contexts: Made = []

    def synthesize(context: Context, folder: Path, *_: object, **__: object) -> None:
        contexts.append(context)
        folder.mkdir()
        (folder / "asset.1.zip").write_text("an asset")

    monkeypatch.setattr(assembly, "synthesize", synthesize)
    monkeypatch.setattr(assembly, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(assembly, "ROOT", tmp_path)
    monkeypatch.setattr(assembly, "SOURCES", ("app.py", "charts"))
    (tmp_path / "app.py").touch()
    (tmp_path / "charts").mkdir()
    (tmp_path / "charts" / "values.yaml").touch()
    forget()
    yield contexts
    forget()


def forget() -> None:
    """Have the sources be read again, as the next run does."""
    assembly._sources.cache_clear()
    assembly._forget_older.cache_clear()


def test_same_sources_and_context_are_synthesized_once(made: Made) -> None:
    first = assembly.made({"name": "a"})
    forget()
    assert assembly.made({"name": "a"}).folder == first.folder
    assert made == [{"name": "a"}]


def test_another_context_is_another_assembly_with_the_same_assets(made: Made) -> None:
    assets = [assembly.made(each, stage=True).folder / "asset.1.zip" for each in ({"name": "a"}, {"name": "b"})]
    assert len(made) == 2
    assert assets[0].samefile(assets[1])


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "app.py").write_text("pass"),
        lambda folder: (folder / "charts" / "new.yaml").touch(),
        lambda folder: (folder / "charts" / "values.yaml").rename(folder / "charts" / "moved.yaml"),
    ],
    ids=["file changed", "file added", "file moved"],
)
def test_other_sources_are_synthesized_and_what_older_ones_made_goes(
    made: Made, change: Callable[[Path], object], tmp_path: Path
) -> None:
    old = assembly.made({"name": "a"}).folder
    change(tmp_path)
    forget()
    new = assembly.made({"name": "a"}).folder
    assert len(made) == 2
    assert (old.exists(), new.exists()) == (False, True)


def test_synthesis_that_was_interrupted_is_begun_anew(made: Made) -> None:
    folder = assembly.made({"name": "a"}).folder
    folder.rename(folder.with_suffix(".begun"))
    assert (assembly.made({"name": "a"}).folder / "asset.1.zip").exists()
    assert len(made) == 2
