"""That benchmarks tell of what went wrong."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def signin() -> ModuleType:
    spec = spec_from_file_location("signin", Path(__file__).parents[1] / "benchmarks" / "signin.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("served", [0, 1, 2])
def test_a_crowd_of_which_few_are_served_is_told_of(
    signin: ModuleType, capsys: pytest.CaptureFixture[str], served: int
) -> None:
    crowd = [signin.Person("http://hub", str(number)) for number in range(3)]
    for person in crowd[:served]:
        person.signed_in, person.ready = 1.0, 2.0
    assert not signin.report(crowd, [OSError("refused")] * (3 - served), 4.0)
    told = capsys.readouterr().out
    assert f"3 people at once: {served / 4:.1f} served a second, {3 - served} errors\n  OSError: refused" in told
    assert ("p95" in told) == (served > 1)


def test_a_crowd_without_errors_is_well(signin: ModuleType) -> None:
    assert signin.report([], [], 1.0)
