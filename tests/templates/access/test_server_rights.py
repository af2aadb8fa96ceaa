"""What servers may do in AWS: a role and an association for each entry, and the way to the agent for them alone."""

import json
from typing import Any

import pytest

from tests.conftest import Synthesized
from tests.templates import kinds
from tests.templates.graph import Graph
from tests.templates.iam import statements
from tests.templates.template import Template
from tests.templates.variants import ACCOUNT, OWN_KEY, REGION

POD = "${aws:PrincipalTag/kubernetes-pod-name}"
OURS = {"aws:ResourceAccount": "${AWS::AccountId}"}
RAW = [
    (
        ["s3:ListBucket"],
        ["arn:aws:s3:::physics-data"],
        {"StringEquals": OURS, "StringLike": {"s3:prefix": "raw/year=2026/*"}},
    ),
    (["s3:GetObject"], ["arn:aws:s3:::physics-data/raw/year=2026/*"], {"StringEquals": OURS}),
]
OWN = [
    (
        ["s3:ListBucket"],
        ["arn:aws:s3:::physics-data"],
        {"StringEquals": OURS, "StringLike": {"s3:prefix": f"users/{POD}/*"}},
    ),
    (
        ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
        [f"arn:aws:s3:::physics-data/users/{POD}/*"],
        {"StringEquals": OURS},
    ),
    (
        ["kms:Decrypt", "kms:GenerateDataKey"],
        [OWN_KEY],
        {"StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}},
    ),
]
OPEN = [
    (["s3:ListBucket"], ["arn:aws:s3:::open-data"], {"StringEquals": OURS}),
    (
        ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
        ["arn:aws:s3:::open-data/*"],
        {"StringEquals": OURS},
    ),
]


@pytest.fixture
def hub(synthesized: Synthesized) -> Template:
    return synthesized("rights")["Hub"]


@pytest.mark.parametrize(("id", "rights"), [("physics", [*RAW, *OWN]), ("everybody", OPEN)])
def test_servers_may_do_this_and_nothing_else(hub: Template, id: str, rights: list[Any]) -> None:
    role = hub.path(hub.pod_roles()["jupyterhub", f"rights-{id}"])
    found = [each for each in statements(hub) if each.role == role]
    assert {each.effect for each in found} == {"Allow"}
    assert [(sorted(each.actions), sorted(each.resources), each.conditions) for each in found] == rights


def test_role_of_ones_own_is_taken_as_it_is(hub: Template) -> None:
    associations = [each["Properties"] for each in hub.all(kinds.ASSOCIATION)]
    (own,) = [each for each in associations if each["ServiceAccount"] == "rights-platform"]
    assert own["RoleArn"] == f"arn:aws:iam::{ACCOUNT}:role/Platform"
    assert own["Namespace"] == "jupyterhub"


def test_each_account_is_there_and_mounts_no_token(hub: Template) -> None:
    accounts = {name: each for (kind, name), each in hub.objects.items() if kind == "ServiceAccount"}
    assert sorted(accounts) == ["rights-everybody", "rights-physics", "rights-platform"]
    assert {each["automountServiceAccountToken"] for each in accounts.values()} == {False}


def test_agent_is_open_to_servers_with_rights_and_nothing_else_is(hub: Template) -> None:
    policies = {name: each["spec"] for (kind, name), each in hub.objects.items() if kind == "NetworkPolicy"}
    assert policies == {
        "rights": {
            "podSelector": {"matchExpressions": [{"key": "jupyterhub-eks/rights", "operator": "Exists"}]},
            "policyTypes": ["Egress"],
            "egress": [
                {"to": [{"ipBlock": {"cidr": "169.254.170.23/32"}}], "ports": [{"protocol": "TCP", "port": 80}]}
            ],
        }
    }


FOLDERS = {
    "rights-physics-raw": (
        "physics-data",
        ["uid=1000", "gid=100", "allow-other", f"region {REGION}", "prefix raw/year=2026/", "read-only"],
    ),
    "rights-everybody-open": (
        "open-data",
        ["uid=1000", "gid=100", "allow-other", f"region {REGION}", "allow-delete", "allow-overwrite"],
    ),
}


@pytest.mark.parametrize("claim", FOLDERS)
def test_part_of_a_bucket_is_a_folder_with_the_rights_of_the_pod(hub: Template, claim: str) -> None:
    bucket, options = FOLDERS[claim]
    found = hub.objects["PersistentVolumeClaim", claim]["spec"]
    volume = hub.objects["PersistentVolume", found["volumeName"]]["spec"]
    assert volume["claimRef"]["name"] == claim
    assert volume["mountOptions"] == options
    assert volume["csi"] == {
        "driver": "s3.csi.aws.com",
        "volumeHandle": f"jupyterhub-{claim}",
        "volumeAttributes": {"bucketName": bucket, "authenticationSource": "pod"},
    }


def test_driver_is_there_for_folders_alone_and_has_no_rights(hub: Template, synthesized: Synthesized) -> None:
    addons = {each["Properties"]["AddonName"]: each["Properties"] for each in hub.all(kinds.ADDON)}
    assert "PodIdentityAssociations" not in addons["aws-mountpoint-s3-csi-driver"]
    assert ("kube-system", "s3-csi-driver-sa") not in hub.pod_roles()
    others = {each["Properties"]["AddonName"] for each in synthesized("shipped")["Hub"].all(kinds.ADDON)}
    assert "aws-mountpoint-s3-csi-driver" not in others


def test_driver_outlives_volumes_and_claims(hub: Template) -> None:
    driver, graph = hub.addon("aws-mountpoint-s3-csi-driver"), Graph(hub)
    assert driver in graph.waits_for(hub.checkpoint("Volumes"))
    assert driver in graph.waits_for(hub.manifest_at("Volumes"))


def test_without_the_setting_there_is_nothing_of_it(synthesized: Synthesized) -> None:
    hub = synthesized("shipped")["Hub"]
    assert not {kind for kind, _ in hub.objects} & {"ServiceAccount", "NetworkPolicy"}
    assert "rights" not in json.dumps(hub.values("jupyterhub")["custom"])
    assert [each for _, each in hub.pod_roles() if each.startswith("rights-")] == []


def test_hub_is_told_after_the_rights_are_there(hub: Template) -> None:
    values = hub.values("jupyterhub")["custom"]["rights"]
    assert [(each["id"], each["everybody"], each["groups"], each["serviceAccount"]) for each in values["entries"]] == [
        ("physics", False, ["physics", "guests of physics"], "rights-physics"),
        ("platform", False, ["platform"], "rights-platform"),
        ("everybody", True, [], "rights-everybody"),
    ]
    assert values["region"] == REGION
    associations = {*hub.ids(kinds.ASSOCIATION)}
    ours = {each for each in associations if "ServerRights" in each}
    assert len(ours) == 3
    assert ours <= Graph(hub).waits_for(hub.chart("jupyterhub"))
