"""Shows files and folders where they do not lie, without a change on the machine: what is missing is made in memory."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from rehearsal.sandbox import linux

_MANY_LINKS = 40


class Tree:
    """The files below a root, as the processes of one mount namespace are to see them."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root
        self._mounts: dict[Path, bool] = {}  # and whether one may write there

    def memory(self, path: str | Path, mode: int = 0o755) -> None:
        """Show an empty folder, in memory."""
        point = self._point(path, folder=True)
        linux.mount("tmpfs", point, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, f"mode={mode:o}")
        self._mounts[point] = True

    def folder(self, path: str | Path, mode: int = 0o755) -> None:
        """Show a folder, which is made where there is none."""
        point = self._point(path, folder=True)
        if self._writable(point):
            point.chmod(mode)

    def show(self, source: Path, path: str | Path, *, read_only: bool = False) -> None:
        """Show a file or folder, and what is mounted below it."""
        point = self._point(path, folder=source.is_dir())
        linux.bind(source, point)
        if read_only:
            linux.make_read_only(point)
        self._mounts[point] = not read_only

    def link(self, target: Path, path: str | Path) -> None:
        """Show a symbolic link, in a folder that may be written."""
        (self.resolve(Path(path).parent) / Path(path).name).symlink_to(target)

    def write(self, path: str | Path, text: str) -> None:
        """Show a text file, in memory."""
        folder = self._point(Path(path).parent, folder=True)
        if not self._writable(folder):
            self._take(folder)
        file = folder / Path(path).name
        if file.is_symlink():
            file.unlink()
        elif self._mounts.pop(file, None) is not None:
            linux.unmount(file)
        file.write_text(text)

    def resolve(self, path: str | Path) -> Path:
        """Where a path leads on the machine, by the symbolic links that are seen below the root."""
        place, links = self._root, 0
        rest = list(reversed(Path(path).parts))
        while rest:
            part = rest.pop()
            if part == "/":
                place = self._root
            elif part == "..":
                place = self._root if place == self._root else place.parent
            elif (place / part).is_symlink():
                links += 1
                if links > _MANY_LINKS:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
                rest += reversed((place / part).readlink().parts)
            else:
                place /= part
        return place

    def _point(self, path: str | Path, *, folder: bool) -> Path:
        """Where to mount something. What is missing on the way there is made."""
        point = self.resolve(path)
        place = self._root
        for part in point.relative_to(self._root).parts:
            child = place / part
            if not child.exists():
                if not self._writable(place):
                    self._take(place)
                _make(child, folder=folder or child != point)
            place = child
        return point

    def _writable(self, path: Path) -> bool:
        """Whether what is made at a path stays in memory, or is to lie on a volume."""
        return next((self._mounts[each] for each in (path, *path.parents) if each in self._mounts), False)

    def _take(self, folder: Path) -> None:
        """Put a folder in memory in the place of the machine's, with all that is in that."""
        former = os.open(folder, os.O_PATH | os.O_DIRECTORY)
        try:
            linux.mount("tmpfs", folder, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "mode=755")
            for source in Path(f"/proc/self/fd/{former}").iterdir():
                child = folder / source.name
                if source.is_symlink():
                    child.symlink_to(source.readlink())
                    continue
                _make(child, folder=source.is_dir())
                linux.bind(source, child)
                self._mounts.setdefault(child, False)
        finally:
            os.close(former)
        self._mounts[folder] = True


def _make(path: Path, *, folder: bool) -> None:
    if folder:
        path.mkdir()
    else:
        path.touch()
