import ast
import subprocess
import sys
from pathlib import Path

import pytest

import blueprint.handlers
from blueprint.handlers.runtime import RESERVE, Wait, listed
from tests.handlers.cloud import Invocation

FOLDER = Path(blueprint.handlers.__file__).parent


def test_waiting_looks_at_once_even_without_time() -> None:
    lambda_ = Invocation(seconds=1)
    assert len(list(Wait(lambda_, lambda_.sleep).rounds("something"))) == 1
    assert lambda_.naps == 0


def test_waiting_ends_before_lambda_does() -> None:
    lambda_ = Invocation(seconds=RESERVE + 35)
    assert len(list(Wait(lambda_, lambda_.sleep).rounds("something", every=10))) == 4
    assert lambda_.left == RESERVE + 5


def test_waiting_says_what_for(caplog: pytest.LogCaptureFixture) -> None:
    lambda_ = Invocation(seconds=RESERVE + 15)
    list(Wait(lambda_, lambda_.sleep).rounds("the rain to end"))
    assert caplog.messages == ["waiting for the rain to end, for 15 s at most"]


def test_list_names_each_thing() -> None:
    assert listed(["a", "b"]) == "- a\n- b"


def test_long_list_tells_how_many_more() -> None:
    lines = listed([str(number) for number in range(30)]).splitlines()
    assert lines[11:] == ["- 11", "- and 18 more, which the log of this function names"]


@pytest.mark.parametrize("name", ["certificate", "records", "leftovers"])
def test_handler_loads_as_on_lambda(name: str) -> None:
    """Lambda's package is `handlers`, and has nothing else of ours."""
    code = (
        f"import sys; sys.path.insert(0, {str(FOLDER.parent)!r}); "
        f"from handlers.{name} import handler; assert 'blueprint' not in sys.modules"
    )
    subprocess.run([sys.executable, "-I", "-c", code], check=True)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_module_needs_only_what_lambda_has(path: Path) -> None:
    body = ast.parse(path.read_text(encoding="utf-8")).body  # not what stands under `if TYPE_CHECKING`
    plain = [name.name for node in body if isinstance(node, ast.Import) for name in node.names]
    absolute = [node.module for node in body if isinstance(node, ast.ImportFrom) and not node.level]
    packages = {str(name).split(".")[0] for name in [*plain, *absolute]}
    assert packages - set(sys.stdlib_module_names) <= {"boto3", "botocore"}
