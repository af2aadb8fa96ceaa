"""That what a person has set for pip and npm breaks nothing, and that packages still come from where it says."""

import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import packages
from tests.setup.registries import PACKAGE, PACKAGE_LOCK, REQUIREMENTS, WHEEL, WHEEL_NAME, Registry, served

ROOT = Path(__file__).parents[2]
NPM = Path(sysconfig.get_path("scripts"), "npm")

# Each alone would break an installation; none mends what another breaks.
PIP_SETTINGS = {
    **{"user": "true", "target": "/nonexistent/target", "prefix": "/nonexistent/prefix", "root": "/nonexistent/root"},
    **{"require-virtualenv": "true", "python": "/nonexistent/python", "no-binary": ":all:", "dry-run": "true"},
    **{"constraint": "/nonexistent/constraints.txt", "requirement": "/nonexistent/requirements.txt"},
    **{"no-index": "true", "platform": "aix", "python-version": "2.7", "abi": "cp27", "implementation": "jy"},
    **{"quiet": "3", "log": "/nonexistent/log", "report": "/nonexistent/report"},
    **{"use-feature": "of-tomorrow", "progress-bar": "square", "uploaded-prior-to": "2001-01-01"},
}
NPM_SETTINGS = {
    **{"location": "global", "prefix": "/nonexistent/prefix", "dry-run": "true", "omit": "optional"},
    **{"package-lock": "false", "before": "2001-01-01", "usage": "true", "os": "aix", "cpu": "s390x"},
    **{"install-strategy": "linked", "node-options": "--bogus"},
}


@pytest.fixture
def registry() -> Iterator[Registry]:
    with served() as registry:
        yield registry


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment in a folder with a blank and a letter that is not ASCII's."""
    folder = tmp_path_factory.mktemp("environment") / "Meine Bücher" / ".venv"
    venv.create(folder, symlinks=True)
    (site_packages,) = (folder / "lib").glob("python*/site-packages")
    shutil.copytree(Path(sysconfig.get_path("purelib"), "pip"), site_packages / "pip")  # ensurepip takes seconds
    return folder / "bin" / "python"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    (home / ".config" / "pip").mkdir(parents=True)
    (home / ".npmrc").touch()
    return home


Install = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def install(home: Path, tmp_path: Path, python: Path) -> Iterator[Install]:
    """Runs packages.py with nothing set but what a test sets; what it installed is gone afterwards."""
    project = tmp_path / "project"
    project.mkdir()
    for name, text in (
        ("requirements.txt", REQUIREMENTS),
        ("package.json", PACKAGE),
        ("package-lock.json", PACKAGE_LOCK),
    ):
        (project / name).write_text(text)

    def install(code: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-c", f"import packages; from pathlib import Path; packages.{code}"],
            cwd=project,
            env={"HOME": str(home), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    yield install
    for installed in python.parents[1].glob("lib/python*/site-packages/greeting*"):
        shutil.rmtree(installed) if installed.is_dir() else installed.unlink()


def with_pip(python: Path) -> str:
    return f"install(Path({str(python)!r}), Path('requirements.txt'))"


def with_npm() -> str:
    return f"install_node(Path({str(NPM.parent)!r}), Path())"


def has_greeting(python: Path) -> bool:
    return (
        subprocess.run([str(python), "-I", "-c", "import greeting"], stderr=subprocess.DEVNULL, check=False).returncode
        == 0
    )


def variables(prefix: str, settings: dict[str, str]) -> dict[str, str]:
    return {f"{prefix}_{key.upper().replace('-', '_')}": value for key, value in settings.items()}


def test_settings_of_pip_that_break_an_environment_do_not_count(
    install: Install, python: Path, home: Path, registry: Registry
) -> None:
    lines = "".join(f"{key} = {value}\n" for key, value in PIP_SETTINGS.items())
    text = f"[global]\nindex-url = {registry.url}/simple/\n{lines}[install]\n{lines}"
    (home / ".config" / "pip" / "pip.conf").write_text(text)
    done = install(with_pip(python), **variables("PIP", PIP_SETTINGS))
    assert done.returncode == 0, done.stderr
    assert has_greeting(python)


@pytest.mark.parametrize(
    "file", ["files of the machine", "file of the person", "old file", "named file", "environment"]
)
def test_index_counts_wherever_pip_is_told_of_it(
    install: Install, python: Path, home: Path, tmp_path: Path, registry: Registry, file: str
) -> None:
    path = {
        "files of the machine": tmp_path / "xdg" / "pip" / "pip.conf",
        "file of the person": home / ".config" / "pip" / "pip.conf",
        "old file": home / ".pip" / "pip.conf",
        "named file": tmp_path / "named.conf",
        "environment": python.parents[1] / "pip.conf",
    }[file]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"[global]\nindex_url = {registry.url.replace('//', '//me:secret@')}/simple/\n")
    own = home / ".config" / "pip" / "pip.conf"
    own.write_text(f"{own.read_text() if own.exists() else ''}[install]\nuser = true\nquiet = 2\n")
    done = install(
        with_pip(python),
        XDG_CONFIG_DIRS=str(tmp_path / "xdg"),
        **({"PIP_CONFIG_FILE": str(path)} if file == "named file" else {}),
    )
    (python.parents[1] / "pip.conf").unlink(missing_ok=True)
    assert done.returncode == 0, done.stderr
    assert has_greeting(python)
    assert registry.asked[-1] == (f"/{WHEEL_NAME}", "Basic bWU6c2VjcmV0")
    assert "secret" not in done.stdout + done.stderr


def test_variable_beats_a_file_of_pip_and_its_command_s_section_the_global_one(
    install: Install, python: Path, home: Path, registry: Registry
) -> None:
    text = f"[install]\nproxy = {registry.url}\n[global]\nproxy = http://127.0.0.1:9\nindex-url = http://127.0.0.1:9\n"
    (home / ".config" / "pip" / "pip.conf").write_text(text)
    done = install(
        with_pip(python), PIP_INDEX_URL="http://proxy.example.com/simple/", PIP_TRUSTED_HOST="proxy.example.com"
    )
    assert done.returncode == 0, done.stderr
    assert registry.asked[0][0] == "http://proxy.example.com/simple/greeting/"


def test_folder_of_packages_is_enough_for_who_asks_no_index(
    install: Install, python: Path, home: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "packages"
    folder.mkdir()
    (folder / WHEEL_NAME).write_bytes(WHEEL)
    text = f"[global]\nno-index = true\nfind-links =\n  /nonexistent\n  {folder}\nindex-url = http://127.0.0.1:9\n"
    (home / ".config" / "pip" / "pip.conf").write_text(text)
    done = install(with_pip(python))
    assert (done.returncode, done.stderr.count("127.0.0.1:9")) == (0, 0), done.stderr


def test_what_was_installed_need_not_be_compiled_by_who_uses_it(
    install: Install, python: Path, registry: Registry
) -> None:
    done = install(with_pip(python), PIP_INDEX_URL=f"{registry.url}/simple/", PYTHONDONTWRITEBYTECODE="1")
    assert done.returncode == 0, done.stderr
    (site_packages,) = python.parents[1].glob("lib/python*/site-packages")
    assert any("greeting" in str(file.relative_to(site_packages)) for file in site_packages.rglob("*.pyc"))


def test_a_file_that_pip_cannot_read_is_told_of(install: Install, python: Path, home: Path) -> None:
    file = home / ".config" / "pip" / "pip.conf"
    file.write_text("index-url = http://me:secret@proxy.example.com\n")
    done = install(with_pip(python))
    assert done.returncode == 1
    assert done.stderr.startswith(f"{file} cannot be read")
    assert "secret" not in done.stderr


def test_variables_for_another_python_do_not_count(
    install: Install, python: Path, registry: Registry, tmp_path: Path
) -> None:
    (tmp_path / "pip").mkdir()
    (tmp_path / "pip" / "__init__.py").write_text("raise SystemExit('another pip')")
    done = install(
        f"{with_pip(python)}",
        PIP_INDEX_URL=f"{registry.url}/simple/",
        PYTHONPATH=f"{ROOT}:{tmp_path}",
        PYTHONUSERBASE=str(tmp_path),
        PYTHONWARNINGS="error",
    )
    assert done.returncode == 0, done.stderr
    assert has_greeting(python)


def test_project_is_found_in_a_folder_whose_letters_the_machine_does_not_know(
    install: Install, python: Path, tmp_path: Path
) -> None:
    """As it lies there: with what installs it from the environment of the tests."""
    folder = python.parents[2]
    wanted = shutil.ignore_patterns(".*", "__pycache__", "node_modules", "cdk.out", "tests")
    shutil.copytree(ROOT, folder, ignore=wanted, dirs_exist_ok=True)
    (site_packages,) = (python.parents[1] / "lib").glob("python*/site-packages")
    (site_packages / "ours").symlink_to(sysconfig.get_path("purelib"))  # by a name that any machine's encoding knows
    (site_packages / "ours.pth").write_text("ours\n")
    done = install(f"install_own(Path({str(python)!r}), Path({str(folder)!r}))", LC_ALL="C")
    assert done.returncode == 0, done.stderr
    (site_packages / "ours.pth").unlink()
    (site_packages / "typer.py").write_text("import blueprint; print(blueprint.__file__); raise SystemExit")
    command = [str(python.parent / "blueprint"), "--help"]
    found = subprocess.run(command, cwd="/", env={"LC_ALL": "C"}, capture_output=True, check=False)
    assert found.stdout.decode().strip() == str(folder / "blueprint" / "__init__.py"), found.stderr


@pytest.mark.parametrize("more", [{}, {"global": "true"}], ids=["location", "global"])
def test_settings_of_npm_that_break_a_folder_do_not_count(
    install: Install, home: Path, tmp_path: Path, registry: Registry, more: dict[str, str]
) -> None:
    settings = {**NPM_SETTINGS, **more}
    lines = "".join(f"{key} = {value}\n" for key, value in settings.items())
    (home / ".npmrc").write_text(f"registry={registry.url}/\n{lines}")
    named = variables("NPM_CONFIG", settings)
    done = install(with_npm(), **named, **{name.lower(): value for name, value in named.items()})
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "project" / "node_modules" / "greeting" / "package.json").exists()


@pytest.mark.parametrize("place", ["file of the person", "named file", "global file", "variables"])
def test_registry_and_password_count_wherever_npm_is_told_of_them(
    install: Install, home: Path, tmp_path: Path, registry: Registry, place: str
) -> None:
    host = registry.url.removeprefix("http:")
    file = home / ".npmrc" if place == "file of the person" else tmp_path / "named"
    if place != "variables":
        file.write_text(f"; mine\nregistry = {registry.url}/\n{host}/:_authToken = ${{TOKEN}}\nglobal = true\n")
    done = install(
        with_npm(),
        TOKEN="secret",
        **{
            "file of the person": {},
            "named file": {"npm_config_userconfig": str(file)},
            "global file": {"NPM_CONFIG_GLOBALCONFIG": str(file)},
            "variables": {"npm_config_registry": f"{registry.url}/", f"npm_config_{host}/:_authToken": "secret"},
        }[place],
    )
    assert done.returncode == 0, done.stderr
    assert registry.asked[-1] == ("/greeting-1.0.0.tgz", "Bearer secret")
    assert "secret" not in done.stdout + done.stderr


def test_proxy_of_npm_counts(install: Install, home: Path, registry: Registry) -> None:
    elsewhere = "http://packages.example.com"
    (home / ".npmrc").write_text(f"proxy={registry.url}\nregistry={elsewhere}/\n")
    done = install(with_npm())
    assert registry.asked[0][0] == f"{elsewhere}/greeting", done.stderr


def test_failure_of_npm_is_told_in_its_words(install: Install, home: Path, tmp_path: Path, registry: Registry) -> None:
    registry.pages.clear()
    for name in ("package.json", "package-lock.json"):
        file = tmp_path / "project" / name
        file.write_text(
            file.read_text().replace("optionalDependencies", "dependencies").replace('"optional": true', '"x": 1')
        )
    (home / ".npmrc").write_text(f"registry={registry.url}/\n")
    done = install(with_npm())
    assert done.returncode != 0
    assert "404" in done.stderr


def test_who_has_no_home_has_no_settings_in_it(python: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)  # as for a user of a container's, whom nobody knows
    assert Path("~/.pip/pip.conf") in packages._pip_places(python.parents[1], None)
    assert list(packages._npm_settings()) == []


@pytest.mark.parametrize("words", [[], ["gone.txt"], ["."], ["requirements.txt", "more"]], ids=str)
def test_what_is_no_lock_file_is_told(words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "packages.py", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Name one lock file that is there: python packages.py requirements.txt\n"
