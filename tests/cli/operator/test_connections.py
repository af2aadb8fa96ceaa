"""How the operator's commands come to the cluster and to AWS: one connection, and one sign-in, for all of a command."""

import json
import sys
from pathlib import Path

import pytest

from blueprint.cli.checks import connections
from tests.cli.operator.deployment import ACCOUNT, Deployment


def test_a_command_asks_the_cluster_by_one_connection(deployment: Deployment) -> None:
    deployment.told("status")
    assert deployment.cluster.connections == 1
    assert len(deployment.cluster.asked) > 3


def test_a_connection_that_the_cluster_has_closed_is_opened_anew(deployment: Deployment) -> None:
    deployment.claim("ada")
    deployment.cluster.hangs_up = True
    assert [each["claim"] for each in deployment.json("homes", "size")["homes"]] == ["claim-ada"]
    assert deployment.cluster.connections == len(deployment.cluster.asked)


def test_what_changes_something_is_sent_by_a_connection_of_its_own(deployment: Deployment) -> None:
    """So nothing is sent twice: of one that is closed meanwhile, nobody knows whether it was heard."""
    deployment.claim("ada")
    deployment.json("homes", "size")
    changes = [each for each in deployment.cluster.asked if not each.startswith("GET ")]
    assert len(changes) > 1
    assert deployment.cluster.connections == 1 + len(changes)


def test_a_connection_that_nobody_used_for_long_is_not_trusted(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "_IDLE", -1)
    deployment.told("status")
    assert deployment.cluster.connections == len(deployment.cluster.asked)


def test_a_profile_that_asks_for_a_code_does_so_once(
    deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here a program stands for the person with the code."""
    given = deployment.server.credentials(ACCOUNT)
    told = {"Version": 1, "AccessKeyId": given.access_key, "SecretAccessKey": given.secret_key}
    program, asked = tmp_path / "program.py", tmp_path / "asked"
    program.write_text(f"open({str(asked)!r}, 'a').write('once ')\nprint({json.dumps(told)!r})")
    config = tmp_path / "config"
    config.write_text(f"[profile ada]\ncredential_process = {sys.executable} -I -S {program}\n")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    deployment.told("status", "--profile", "ada")
    assert asked.read_text() == "once "
