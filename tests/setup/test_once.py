"""What is made when it is first asked for, for processes that ask for it at the same time."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from preview.installation import once


def test_who_comes_meanwhile_waits_and_makes_nothing(tmp_path: Path) -> None:
    folder, made, ready = tmp_path / "made", [], Barrier(3)

    def make() -> None:
        folder.mkdir()
        made.append((folder / "whole").exists())
        (folder / "whole").touch()

    def ask(_: int) -> bool:
        ready.wait()
        once(folder, "the same", make)
        return (folder / "whole").exists()

    with ThreadPoolExecutor(3) as pool:
        assert [*pool.map(ask, range(3))] == [True] * 3
    assert made == [False]


def test_what_was_made_of_something_else_or_in_part_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    once(folder, "before", folder.mkdir)
    (folder / "old").touch()
    once(folder, "now", folder.mkdir)
    assert not (folder / "old").exists()
    (folder / ".made-from").unlink()
    (folder / "part").touch()
    once(folder, "now", folder.mkdir)
    assert not (folder / "part").exists()
