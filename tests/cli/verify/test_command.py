"""`blueprint verify` as a command: what it is asked for, once or again and again, and what it tells scripts."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer

from blueprint.cli.checks.session import Options
from blueprint.cli.verify.verification import interval, watch
from tests.cli.conftest import BLUEPRINT, Run
from tests.cli.internet import Reply
from tests.cli.verify.hub import HSTS, DeployedHub

OPTIONS = Options(None, None, "https://dns.google/resolve", 60, as_json=False, strict=False)


@pytest.mark.parametrize(("healthy", "code"), [(True, 0), (False, 1)])
def test_it_watches_until_ctrl_c(
    hub: DeployedHub, capsys: pytest.CaptureFixture[str], healthy: bool, code: int
) -> None:
    rested: list[float] = []

    def rest(seconds: float) -> None:
        rested.append(seconds)
        if not healthy:
            hub.pages["/hub/health"] = Reply("", 503, (HSTS,))
        if len(rested) == 2:
            raise KeyboardInterrupt

    with pytest.raises(typer.Exit) as ended:
        watch(hub.stage.world(), OPTIONS, 300, rest)
    told = capsys.readouterr().out.splitlines()
    assert (ended.value.exit_code, rested) == (code, [300, 300])
    assert told[0].startswith(f"{datetime.now(UTC):%Y-}")
    assert told[1].startswith("0 faults, 0 warnings")
    assert ("  fault    The hub's health is 503." in told) is not healthy


def test_rounds_are_lines_of_json_for_scripts(hub: DeployedHub, capsys: pytest.CaptureFixture[str]) -> None:
    def rest(_: float) -> None:
        raise KeyboardInterrupt

    options = Options(None, None, "https://dns.google/resolve", 60, as_json=True, strict=False)
    with pytest.raises(typer.Exit):
        watch(hub.stage.world(), options, 300, rest)
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["counts"]["fault"] == 0


@pytest.mark.parametrize(("text", "seconds"), [("5m", 300), ("30s", 30), ("1h", 3600), (" 10s ", 10)])
def test_interval_is_a_number_with_a_unit(text: str, seconds: float) -> None:
    assert interval(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "m", "1s", "-5m", "5m5s", "0h", "99999h"])
def test_other_intervals_are_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="such as 5m"):
        interval(text)


def test_command_looks_from_outside_without_credentials(run: Run, hub: DeployedHub, tmp_path: Path) -> None:
    (tmp_path / "cdk.context.json").write_text(json.dumps(hub.stage.context))
    environment = {**hub.stage.internet.environment, "AWS_EC2_METADATA_DISABLED": "true", "HOME": str(tmp_path)}
    result = run(BLUEPRINT, "verify", "--json", cwd=tmp_path, **environment)
    told = json.loads(result.stdout)
    assert (result.returncode, result.stderr) == (0, "")
    assert {each["subject"] for each in told["findings"]} == {"credentials", "answers", "sign-in"}
    assert told["counts"] == {"ok": 7, "warning": 0, "fault": 0, "unknown": 2}
    assert run(BLUEPRINT, "verify", "--strict", cwd=tmp_path, **environment).returncode == 1


def test_command_refuses_another_interval(run: Run, hub: DeployedHub, tmp_path: Path) -> None:
    (tmp_path / "cdk.context.json").write_text(json.dumps(hub.stage.context))
    result = run(BLUEPRINT, "verify", "--every", "often", cwd=tmp_path)
    assert result.returncode == 2
    assert "such as 5m" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--idle", "5m"), "it is for --login"),
        (("--login", "ada", "--every", "5m"), "it is not for --every"),
        (("--probe", "--every", "5m"), "it is not for --every"),
        (("--login", "ada"), "there is no password on standard input"),
        (("--login", "ada", "--idle", "never"), "'never' is not a number with s, m or h"),
    ],
)
def test_a_command_line_that_asks_for_too_much_is_refused(run: Run, arguments: tuple[str, ...], says: str) -> None:
    result = run(BLUEPRINT, "verify", *arguments, "--timeout", "1", AWS_EC2_METADATA_DISABLED="true")
    assert (result.returncode, says in " ".join(result.stderr.split())) == (2, True)
