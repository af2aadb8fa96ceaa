"""Whose rights a server gets: the pinned KubeSpawner's own pods, with the configuration that is deployed."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from jupyterhub.objects import Hub  # type: ignore[import-untyped]
from jupyterhub.orm import Spawner  # type: ignore[import-untyped]
from kubespawner import KubeSpawner  # type: ignore[import-untyped]

from hub.rights import pod_name
from rehearsal.kubelet.policies import _identity
from tests.hub.deployed import hub_config
from tests.hub.test_profiles import Group, User

RIGHTS = """
physics:
  groups: [physics, guests]
  data:
    raw: {bucket: physics-data, prefix: raw/, folder: true}
    own-files: {bucket: physics-data, prefix: "users/{user}/", write: true}
platform:
  groups: [platform]
  role: arn:aws:iam::111122223333:role/path/Platform
"""
OWN = "mine: {groups: [mine], data: {own: {bucket: own-data, prefix: '{user}/'}}}"
EVERYBODY = "all: {data: {open: {bucket: open-data}}}"
PROFILES = """
p: {title: P}
alone: {title: Alone, compute: fargate}
own: {title: With rights of its own, compute: fargate, policies: ["arn:aws:iam::aws:policy/ReadOnlyAccess"]}
"""
LABEL = "jupyterhub-eks/rights"
VARIABLES = {"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_RIGHTS", "S3_RAW", "S3_OWN_FILES", "S3_OPEN"}


def spawner(folder: Path, name: str, *groups: str, server: str = "", rights: str = RIGHTS) -> Any:
    """Somebody's server as the hub has it."""
    for file, text in (
        ("access.yaml", rights),
        ("profiles.yaml", PROFILES),
        ("client-secret", "secret"),
        ("state-key", "ab" * 32),
    ):
        (folder / file).write_text(text)
    settings = {
        "aws.access": "access.yaml",
        "singleuser.profiles": "profiles.yaml",
        "groups.claim": "groups",
        "workload.account": "111122223333",
        "workload.region": "eu-central-1",
    }
    options = hub_config(settings, folder)
    options.KubeSpawner.storage_pvc_ensure = False
    user = User(name, [Group(each) for each in groups])
    return KubeSpawner(config=options, user=user, hub=Hub(), orm_spawner=Spawner(name=server), _mock=True)


async def started(server: Any, asked: dict[str, Any] | None = None, sub: str = "provider|1") -> dict[str, Any]:
    """The pod that a start comes to, for somebody who asks for something."""
    server.user_options = asked or {}
    await server.run_auth_state_hook({"oauth_user": {"sub": sub}})
    await server._run_apply_user_options(server.user_options)
    await server.load_user_options()
    pod = await server.modify_pod_hook(server, await server.get_pod_manifest())
    found: dict[str, Any] = server.api.api_client.sanitize_for_serialization(pod)
    return found


def pod_of(folder: Path, name: str, *groups: str, asked: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    async def make() -> dict[str, Any]:
        return await started(spawner(folder, name, *groups, **more), asked)

    return asyncio.run(make())


def told(pod: dict[str, Any]) -> dict[str, str]:
    """What a server is told of rights."""
    return {each["name"]: each["value"] for each in pod["spec"]["containers"][0]["env"] if each["name"] in VARIABLES}


def test_member_of_a_group_has_its_account_and_is_told(tmp_path: Path) -> None:
    pod = pod_of(tmp_path, "ada", "physics")
    own = f"s3://physics-data/users/{pod['metadata']['name']}/"
    assert pod["spec"]["serviceAccountName"] == "rights-physics"
    assert pod["metadata"]["labels"][LABEL] == "physics"
    assert told(pod) == {
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_RIGHTS": f"read s3://physics-data/raw/, read and write {own}",
        "S3_RAW": "s3://physics-data/raw/",
        "S3_OWN_FILES": own,
    }


@pytest.mark.parametrize(
    ("groups", "rights", "account"),
    [
        pytest.param(["platform", "physics"], RIGHTS, "rights-physics", id="the first of several"),
        pytest.param(["platform"], RIGHTS, "rights-platform", id="a role of one's own"),
        pytest.param(["guests"], RIGHTS, "rights-physics", id="the second group of an entry"),
        pytest.param([], RIGHTS, None, id="nobody's"),
        pytest.param(["Physics"], RIGHTS, None, id="another group"),
        pytest.param([], f"{RIGHTS}{EVERYBODY}", "rights-all", id="everybody's"),
        pytest.param(["platform"], f"{RIGHTS}{EVERYBODY}", "rights-platform", id="a group's before everybody's"),
    ],
)
def test_first_entry_that_fits_counts(tmp_path: Path, groups: list[str], rights: str, account: str | None) -> None:
    assert pod_of(tmp_path, "ada", *groups, rights=rights)["spec"].get("serviceAccountName") == account


def test_others_have_no_account_no_label_and_no_variable(tmp_path: Path) -> None:
    pod = pod_of(tmp_path, "ada")
    assert "serviceAccountName" not in pod["spec"]
    assert LABEL not in pod["metadata"]["labels"]
    assert told(pod) == {}
    assert pod["metadata"]["name"] == "jupyter-ada"


def test_part_of_a_bucket_is_a_folder_for_those_with_the_rights(tmp_path: Path) -> None:
    spec, other = (pod_of(tmp_path, "ada", *groups)["spec"] for groups in (["physics"], []))
    volumes = {each["name"]: each for each in spec["volumes"]}
    assert volumes["s3-raw"]["persistentVolumeClaim"] == {"claimName": "rights-physics-raw"}
    mounts = [each for each in spec["containers"][0]["volumeMounts"] if each["name"].startswith("s3-")]
    assert mounts == [{"name": "s3-raw", "mountPath": "/home/jovyan/s3/raw", "readOnly": True}]
    assert [each["name"] for each in other["volumes"] if each["name"].startswith("s3-")] == []


@pytest.mark.parametrize("groups", [["physics"], []], ids=["with rights", "without"])
def test_nobody_gets_a_token_for_kubernetes(tmp_path: Path, groups: list[str]) -> None:
    assert pod_of(tmp_path, "ada", *groups)["spec"]["automountServiceAccountToken"] is False


ASKED = {
    "service_account": "rights-physics",
    "serviceAccount": "rights-physics",
    "kubespawner_override": {"service_account": "rights-physics", "extra_labels": {LABEL: "physics"}},
    "rights": "physics",
    "pod_name": "rights-bob-0",
}


@pytest.mark.parametrize("profile", [{}, {"profile": "p"}], ids=["alone", "with a profile"])
def test_nobody_gets_more_by_asking(tmp_path: Path, profile: dict[str, str]) -> None:
    pod, plain = (pod_of(tmp_path, "ada", asked={**asked, **profile}) for asked in (ASKED, {}))
    for each in (pod, plain):
        each["spec"]["containers"][0].pop("env")  # where each start has a token of its own
    assert pod == plain
    assert "serviceAccountName" not in pod["spec"]


def test_groups_count_that_somebody_is_in_when_the_server_starts(tmp_path: Path) -> None:
    async def leave_and_come_back() -> list[tuple[Any, set[str], str]]:
        server = spawner(tmp_path, "ada", "physics")
        found = []
        for groups in (["physics"], [], ["platform"], ["physics"]):
            server.user.groups = [Group(each) for each in groups]
            server.clear_state()
            pod = await started(server)
            found.append((pod["spec"].get("serviceAccountName"), {*told(pod)}, pod["metadata"]["name"][:10]))
        return found

    regions = {"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_RIGHTS"}
    assert asyncio.run(leave_and_come_back()) == [
        ("rights-physics", regions | {"S3_RAW", "S3_OWN_FILES"}, "rights-ada"),
        (None, set(), "jupyter-ad"),
        ("rights-platform", regions, "rights-ada"),
        ("rights-physics", regions | {"S3_RAW", "S3_OWN_FILES"}, "rights-ada"),
    ]


def test_profile_with_an_account_of_its_own_keeps_it(tmp_path: Path) -> None:
    async def make() -> dict[str, Any]:
        server = spawner(tmp_path, "ada", "physics")
        server.service_account = "of-a-profile"
        return await started(server)

    pod = asyncio.run(make())
    assert pod["spec"]["serviceAccountName"] == "of-a-profile"
    assert LABEL not in pod["metadata"]["labels"]
    assert told(pod) == {}


def test_on_fargate_a_member_has_the_groups_rights_but_what_needs_a_node(tmp_path: Path) -> None:
    """No folder of one's own, which Pod Identity knows by the pod's name, and no bucket that a driver mounts."""
    pod = pod_of(tmp_path, "ada", "physics", asked={"profile": "alone"})
    assert pod["spec"]["serviceAccountName"] == "fargate-physics"
    assert pod["metadata"]["labels"][LABEL] == "physics"
    assert told(pod) == {
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_RIGHTS": "read s3://physics-data/raw/",
        "S3_RAW": "s3://physics-data/raw/",
    }
    assert not [each for each in pod["spec"]["volumes"] if each["name"].startswith("s3-")]


@pytest.mark.parametrize(
    ("profile", "groups", "rights", "account"),
    [
        pytest.param("alone", ["platform"], RIGHTS, "fargate-platform", id="a role of one's own"),
        pytest.param("alone", [], RIGHTS, "server-alone", id="nobody's"),
        pytest.param("alone", ["mine"], OWN, "server-alone", id="nothing but a folder of one's own"),
        pytest.param("own", ["platform"], RIGHTS, "server-own", id="a profile with policies"),
    ],
)
def test_others_on_fargate_have_the_role_of_their_profile(
    tmp_path: Path, profile: str, groups: list[str], rights: str, account: str
) -> None:
    pod = pod_of(tmp_path, "ada", *groups, asked={"profile": profile}, rights=rights)
    assert pod["spec"]["serviceAccountName"] == account
    assert (LABEL in pod["metadata"]["labels"]) == account.startswith("fargate-")
    assert ("AWS_RIGHTS" in told(pod)) == account.startswith("fargate-")


class Somebody:
    """As much of a spawner as its pod's name depends on."""

    def __init__(self, name: str, server: str = "", claim: str = "claim") -> None:
        self.user, self.name, self.pvc_name = User(name, []), server, claim


NAMES = ["ada", "Ada", "ada ", "a-da", "ada--x", "ada-", "", "*", "${aws:username}", "孫", "a" * 300, "ada/../bob", "ÿ"]


@pytest.mark.parametrize("name", NAMES)
def test_name_of_a_pod_is_one_for_kubernetes_and_no_pattern_for_aws(name: str) -> None:
    found = pod_name(Somebody(name))
    assert re.fullmatch("rights-[a-z0-9-]+-[0-9a-f]{32}", found)
    assert len(found) <= 63  # of a label, which the host's name is
    assert found == pod_name(Somebody(name))


def test_no_two_servers_have_a_name_whatever_they_and_their_people_are_called() -> None:
    parts = ["ada", "bob", 'ada", "bob', "ada--bob", "ÿ", "adaÿbob", ""]
    found = [pod_name(Somebody(*each)) for each in ((a, b, c) for a in parts for b in parts for c in parts)]
    assert len({*found}) == len(parts) ** 3


def test_names_end_in_a_hash_that_nobody_can_hit_on_purpose() -> None:
    """KubeSpawner's own has eight digits, which are found in minutes: these two people would share a folder."""
    assert len(pod_name(Somebody("ada")).rpartition("-")[2]) * 4 >= 128


@pytest.mark.parametrize("other", ["ada", "rights", "rights-ada", "rights-ada-x", "x"])
def test_rules_of_a_pod_with_rights_are_for_no_pod_without(tmp_path: Path, other: str) -> None:
    """The VPC CNI has one set of rules for all pods of a node whose names differ behind the last hyphen only."""
    pods = [pod_of(tmp_path, "ada", "physics"), pod_of(tmp_path, other)]
    for pod in pods:
        pod["spec"]["nodeName"] = "node"
        pod["metadata"]["namespace"] = "jupyterhub"
    own, others = map(_identity, pods)
    assert own != others


def test_person_reads_of_the_rights_while_the_server_starts(tmp_path: Path) -> None:
    async def first() -> dict[str, Any]:
        server = spawner(tmp_path, "ada", "platform")
        await server.run_auth_state_hook({"oauth_user": {"sub": "1"}})
        deployed = server.config.JupyterHub.spawner_class
        async for event in deployed.progress(server):
            return dict(event)
        return {}

    assert asyncio.run(first())["message"] == "In AWS, your server may do what the role Platform may."
