"""The stand-in's server as a whole: what it begins with, and what it leaves."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import moto.settings
import pytest
from moto import mock_aws

from rehearsal.aws import Server
from tests.rehearsal.no_kubernetes import NoKubernetes
from tests.rehearsal.stacks import ACCOUNT, REGION


@pytest.fixture(autouse=True)
def _no_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)


def new(folder: Path) -> Server:
    return Server(folder, NoKubernetes(), modules=folder / "no-modules", charts=folder / "no-charts")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Server]:
    with new(tmp_path / "running") as server:
        yield server


def me(server: Server) -> str:
    return str(server.cloud(ACCOUNT, REGION).client("sts").get_caller_identity()["Account"])


def test_an_administrator_is_of_the_account_that_was_asked_for(running: Server) -> None:
    assert me(running) == ACCOUNT


def test_a_server_begins_with_nothing_and_with_credentials_of_its_own(tmp_path: Path) -> None:
    with new(tmp_path / "first") as first:
        first.cloud(ACCOUNT, REGION).client("ec2").create_vpc(CidrBlock="10.0.0.0/16")
        first.cloud(ACCOUNT, REGION).client("s3").create_bucket(
            Bucket="of-the-first", CreateBucketConfiguration={"LocationConstraint": REGION}
        )
    with mock_aws():  # as other tests use it: at its end it is emptied
        pass
    with new(tmp_path / "second") as second:
        cloud = second.cloud(ACCOUNT, REGION)
        vpcs = cloud.client("ec2").describe_vpcs(Filters=[{"Name": "is-default", "Values": ["false"]}])["Vpcs"]
        assert (me(second), vpcs, cloud.client("s3").list_buckets()["Buckets"]) == (ACCOUNT, [], [])


def test_a_second_server_in_a_process_is_refused(running: Server, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="another stand-in runs in this one: stop it first"):
        new(tmp_path / "second").start()


def test_moto_s_settings_are_afterwards_what_they_were(tmp_path: Path) -> None:
    before = (moto.settings.ACM_VALIDATION_WAIT, moto.settings.ec2_load_default_amis)
    with new(tmp_path / "server"):
        pass
    assert (moto.settings.ACM_VALIDATION_WAIT, moto.settings.ec2_load_default_amis) == before
