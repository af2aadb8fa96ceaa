"""Installs what lock files name, for `make` and for the preview: `python packages.py LOCK`.

What a person has set for pip and npm is heeded as far as it says where packages come from, and how to get there. The
rest is not: settings such as `user`, `target` or `require-virtualenv` for pip, or `global` and `omit` for npm, would
break an environment like ours. It imports nothing but Python's own modules, for it installs the others.
"""

import configparser
import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from configparser import RawConfigParser
from pathlib import Path
from typing import Final

_PIP: Final = {
    "cache-dir",
    "cert",
    "client-cert",
    "default-timeout",
    "extra-index-url",
    "find-links",
    "index-url",
    "keyring-provider",
    "no-cache-dir",
    "no-input",
    "proxy",
    "pypi-url",
    "resume-retries",
    "retries",
    "timeout",
    "trusted-host",
}
_NPM: Final = {
    "auth",
    "authtoken",
    "ca",
    "cache",
    "cafile",
    "cert",
    "email",
    "fetch-retries",
    "fetch-retry-factor",
    "fetch-retry-maxtimeout",
    "fetch-retry-mintimeout",
    "fetch-timeout",
    "https-proxy",
    "key",
    "local-address",
    "maxsockets",
    "noproxy",
    "offline",
    "password",
    "prefer-offline",
    "proxy",
    "registry",
    "replace-registry-host",
    "strict-ssl",
    "username",
}


def pip(python: Path, *arguments: str) -> None:
    """Have an environment's Python install into it. Raises CalledProcessError; pip has said why."""
    command = [str(python), "-I", "-m", "pip", "--disable-pip-version-check", "install", "--quiet", *arguments]
    subprocess.run(command, check=True, stdout=sys.stderr, env=_pip_environment(python))


def install(python: Path, requirements: Path, *more: str) -> None:
    """Install what a lock file names.

    Without a look at dependencies: the pins are complete, and pip 23.2 takes the newest version of whatever another
    package asks for with an extra, to refuse it for want of a hash.
    """
    pip(python, "--require-hashes", "--no-deps", "--no-compile", *more, "--requirement", str(requirements))
    # By all cores, where pip takes one, and for that half of its time. Some packages bring files that do not compile.
    for folder in python.parents[1].glob("lib/python*/site-packages"):
        command = [str(python), "-I", "-m", "compileall", "-q", "-q", "-j", "0", str(folder)]
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def install_own(python: Path, project: Path) -> None:
    """Install the project as it lies there, with the build backend that the lock file has brought."""
    pip(python, "--no-index", "--no-deps", "--no-build-isolation", "--editable", str(project))
    # Python reads the path in this file in the machine's encoding, which may not have its letters: it needs none there.
    for file in python.parents[1].glob("lib/python*/site-packages/_jupyterhub_eks_blueprint.pth"):
        file.write_text(f"{os.path.relpath(project.absolute(), file.parent)}\n", encoding="utf-8")


def install_node(scripts: Path, folder: Path, *more: str) -> None:
    """Have npm install what the lock file of a folder names. Raises CalledProcessError; npm has said why."""
    command = [
        sys.executable,  # a shell would start it in a folder with a blank, and drop variables that name a registry
        str(scripts / "npm"),
        "ci",
        "--prefix",
        ".",
        "--loglevel=error",
        "--no-audit",
        "--no-fund",
        "--no-update-notifier",
    ]
    with tempfile.TemporaryDirectory() as place:
        settings = Path(place, "npmrc")
        settings.touch(mode=0o600)  # it may hold a password
        settings.write_text("".join(_npm_settings()), encoding="utf-8")
        environment = {
            **_npm_environment(),
            "NPM_CONFIG_USERCONFIG": str(settings),
            "NPM_CONFIG_GLOBALCONFIG": os.devnull,
            "PATH": os.pathsep.join([str(scripts), os.environ.get("PATH", os.defpath)]),
        }
        # No package of ours has scripts to run.
        subprocess.run(
            [*command, "--ignore-scripts", *more], check=True, stdout=sys.stderr, cwd=folder, env=environment
        )


def own_surroundings(prefixes: Iterable[str] = ()) -> dict[str, str]:
    """The environment without variables that change what Python does, or that begin with one of these prefixes."""
    passed_over = ("python", *prefixes)
    return {name: value for name, value in os.environ.items() if not name.lower().startswith(passed_over)}


def _pip_environment(python: Path) -> dict[str, str]:
    """The environment for pip: with all that counts of its settings, which are read from no file any more."""
    environment = own_surroundings(["pip_"])
    variables = {
        name[4:].lower().replace("_", "-"): value for name, value in os.environ.items() if name.startswith("PIP_")
    }
    settings = {**_that_count(_pip_files(python.parents[1], variables.get("config-file"))), **_that_count(variables)}
    return {
        **environment,
        **{f"PIP_{key.upper().replace('-', '_')}": value for key, value in settings.items()},
        "PIP_CONFIG_FILE": os.devnull,
    }


def _that_count(settings: Mapping[str, str]) -> dict[str, str]:
    """Where packages come from. Whoever has a folder of them, and wants to ask no index, has said both in one place."""
    allowed = _PIP | {"no-index"} if "find-links" in settings else _PIP
    return {key: value for key, value in settings.items() if key in allowed}


def _pip_files(prefix: Path, named: str | None) -> dict[str, str]:
    """What pip's settings files say about installing. Not asked of pip itself, which they may hinder from telling."""
    settings: dict[str, dict[str, str]] = {"global": {}, "install": {}}
    for file in filter(Path.is_file, _pip_places(prefix, named)):
        parser = RawConfigParser()
        try:
            parser.read_string(file.read_text(encoding="utf-8"), source=str(file))
        except (configparser.Error, OSError, ValueError):  # whose texts may show a password
            sys.exit(f"{file} cannot be read: pip's settings are sections, and in them keys with values, in UTF-8.")
        for section in settings.keys() & set(parser.sections()):
            settings[section] |= {key.replace("_", "-"): value for key, value in parser.items(section)}
    return {**settings["global"], **settings["install"]}


def _pip_places(prefix: Path, named: str | None) -> Iterator[Path]:
    """Where pip's settings files are (https://pip.pypa.io/en/stable/topics/configuration/), the last to count last."""
    macos = Path("Library", "Application Support", "pip", "pip.conf")
    if sys.platform == "darwin":
        yield Path("/", macos)
    else:
        for folder in (os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep):
            yield Path(folder, "pip", "pip.conf")
        yield Path("/etc/pip.conf")
    if not (named and Path(named).exists()):
        yield _home() / ".pip" / "pip.conf"
        if sys.platform == "darwin" and (_home() / macos).parent.is_dir():
            yield _home() / macos
        else:
            yield Path(os.environ.get("XDG_CONFIG_HOME") or _home() / ".config", "pip", "pip.conf")
    yield prefix / "pip.conf"
    if named:
        yield Path(named)


def _home() -> Path:
    """The person's home; where nobody has one, as in some containers, a folder that is not there."""
    return Path(os.path.expanduser("~"))  # noqa: PTH111 - Path's own way fails then


def _npm_environment() -> dict[str, str]:
    counting = {
        name: value
        for name, value in os.environ.items()
        if name.lower().startswith("npm_config_") and _says_where(name[len("npm_config_") :])
    }
    return {**own_surroundings(["npm_config_"]), **counting}


def _npm_settings() -> Iterator[str]:
    """The lines that count of npm's settings files, those of the person last."""
    variables = {name.lower(): value for name, value in os.environ.items()}
    for file in (
        variables.get("npm_config_globalconfig"),
        variables.get("npm_config_userconfig") or str(_home() / ".npmrc"),
    ):
        if file and Path(file).is_file():
            for line in Path(file).read_text(encoding="utf-8", errors="replace").splitlines():
                if _says_where(line.partition("=")[0].strip().removesuffix("[]")):
                    yield f"{line}\n"


def _says_where(key: str) -> bool:
    """Whether a setting of npm says where packages come from: for all of them, or for a registry or a scope."""
    return key.startswith(("//", "@")) or key.lower().lstrip("_").replace("_", "-") in _NPM


def main(lock: Path) -> None:
    """Install into this Python's environment, and into `node_modules` beside its lock file."""
    python = Path(sys.executable)
    try:
        if lock.name == "package-lock.json":
            install_node(Path(sysconfig.get_path("scripts")), lock.parent)
        else:
            install(python, lock)
            install_own(python, Path(__file__).parent)
    except subprocess.CalledProcessError as error:
        sys.exit(f"What {lock} names was not installed: {Path(error.cmd[0]).name} failed, as it says above.")


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_file():
        sys.exit("Name one lock file that is there: python packages.py requirements.txt")
    main(Path(sys.argv[1]))
