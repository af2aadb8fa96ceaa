"""The Kubernetes objects that the templates apply: Ingress, storage classes, volumes, the client secret's way."""

import json
import re
from typing import Any

import pytest

from tests.conftest import Synthesized
from tests.templates import kinds
from tests.templates.assembly import Assembly, made
from tests.templates.template import Template
from tests.templates.variants import OWN_WAF, PUBLIC, SECRET_ARN, SHIPPED

IMPORT = "${{import ExportsOutput{}}}"
FILES = IMPORT.format("FnGetAttUserDataHomes3EF1A134FileSystemId98B8869C")
DATA_KEY = IMPORT.format("FnGetAttUserDataKey371B7AFEArnA7FC8CC5")


@pytest.fixture(scope="module")
def hub(shipped: Assembly) -> Template:
    return shipped["Hub"]


def _annotations(template: Template) -> dict[str, str]:
    annotations = template.objects["Ingress", "hub"]["metadata"]["annotations"]
    return {key.removeprefix("alb.ingress.kubernetes.io/"): value for key, value in annotations.items()}


def test_ingress_annotations(synthesized: Synthesized) -> None:
    hub = synthesized("listed subnets")["Hub"]
    (certificate,) = hub.ids(kinds.CERTIFICATE)
    assert _annotations(hub) == {
        "scheme": "internet-facing",
        "subnets": ",".join(PUBLIC),
        "target-type": "ip",
        "listen-ports": '[{"HTTP": 80}, {"HTTPS": 443}]',
        "ssl-redirect": "443",
        "ssl-policy": "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
        "certificate-arn": f"${{{certificate}}}",
        "inbound-cidrs": "0.0.0.0/0",
        "healthcheck-path": "/hub/health",
        "success-codes": "200",
        "load-balancer-attributes": (
            "idle_timeout.timeout_seconds=3600,"
            "routing.http.drop_invalid_header_fields.enabled=true,"
            "access_logs.s3.enabled=false"
        ),
        "wafv2-acl-arn": "none",
        "tags": "jupyterhub-eks:deployment=jupyterhub",
        "listener-attributes.HTTPS-443": (
            "routing.http.response.strict_transport_security.header_value=max-age=31536000"
        ),
    }


def test_a_firewall_of_others_is_left_alone(synthesized: Synthesized) -> None:
    assert "wafv2-acl-arn" not in _annotations(synthesized("firewall of others")["Hub"])


def test_ingress_annotations_of_ones_own_parts(synthesized: Synthesized, hub: Template) -> None:
    usual, own = _annotations(hub), _annotations(synthesized("own parts")["Hub"])
    changed = {key: value for key, value in own.items() if usual.get(key) != value}
    assert changed.pop("certificate-arn").startswith("arn:aws:acm:")
    assert changed == {
        "wafv2-acl-arn": OWN_WAF,
        "tags": "team=research,jupyterhub-eks:deployment=jupyterhub",
        "inbound-cidrs": "198.51.100.0/24,203.0.113.0/24",
        "load-balancer-attributes": (
            "idle_timeout.timeout_seconds=3600,"
            "routing.http.drop_invalid_header_fields.enabled=true,"
            "access_logs.s3.enabled=true,access_logs.s3.bucket=logs-of-ours,access_logs.s3.prefix=jupyterhub"
        ),
    }


def test_internal_load_balancer_is_in_private_subnets_for_its_ranges(synthesized: Synthesized, hub: Template) -> None:
    internal = synthesized("internal")["Hub"]
    annotations = _annotations(internal)
    assert (annotations["scheme"], annotations["inbound-cidrs"]) == ("internal", "10.20.0.0/16")
    assert annotations["subnets"].count("PrivateSubnet") == 3
    assert _annotations(hub)["subnets"].count("PublicSubnet") == 3


def test_nothing_is_public_that_was_not_asked_for(seed: Assembly) -> None:
    annotations = _annotations(seed["Hub"])
    assert (annotations["scheme"], annotations["inbound-cidrs"]) == (
        "internal",
        "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16",
    )


def test_ingress_leads_to_the_proxy(hub: Template) -> None:
    assert hub.objects["Ingress", "hub"]["spec"] == {
        "ingressClassName": "alb",
        "rules": [
            {
                "host": "jupyter.dev.example.com",
                "http": {
                    "paths": [
                        {
                            "path": "/",
                            "pathType": "Prefix",
                            "backend": {"service": {"name": "proxy-public", "port": {"name": "http"}}},
                        }
                    ]
                },
            }
        ],
    }


def test_no_pod_of_the_hubs_namespace_may_be_privileged(hub: Template) -> None:
    assert hub.objects["Namespace", "jupyterhub"]["metadata"]["labels"] == {
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/warn": "restricted",
        "pod-security.kubernetes.io/audit": "restricted",
    }


def test_priority_of_what_keeps_room_is_there_with_the_calendar(hub: Template) -> None:
    calendar = {**SHIPPED, "nodes.user.warm": "daily 08:00-18:00 UTC"}
    assert made(calendar)["Hub"].objects["PriorityClass", "hub-placeholder"]["value"] == -10
    assert ("PriorityClass", "hub-placeholder") not in hub.objects


def test_homes_on_efs(hub: Template) -> None:
    assert hub.objects["StorageClass", "home"] == {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "home"},
        "provisioner": "efs.csi.aws.com",
        "parameters": {
            "provisioningMode": "efs-ap",
            "fileSystemId": FILES,
            "directoryPerms": "700",
            "uid": "1000",
            "gid": "100",
            "basePath": "/home/jupyterhub",
            "subPathPattern": "${.PVC.name}",
            "ensureUniqueDirectory": "false",
        },
        "mountOptions": ["iam"],
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "Immediate",
    }


def _ebs_class(name: str, *, keep: bool) -> dict[str, Any]:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": "ebs.csi.aws.com",
        "parameters": {
            "type": "gp3",
            "encrypted": "true",
            "kmsKeyId": DATA_KEY,
            "csi.storage.k8s.io/fstype": "ext4",
            "tagSpecification_1": "jupyterhub-eks:deployment=jupyterhub",
        },
        "reclaimPolicy": "Retain" if keep else "Delete",
        "volumeBindingMode": "WaitForFirstConsumer",
        "allowVolumeExpansion": True,
    }


@pytest.mark.parametrize(("variant", "keep"), [("EBS homes", True), ("thrown away, EBS homes", False)])
def test_homes_on_ebs(synthesized: Synthesized, variant: str, keep: bool) -> None:
    found = dict(synthesized(variant)["Hub"].objects["StorageClass", "home"])
    zones = found.pop("allowedTopologies")
    assert found == _ebs_class("home", keep=keep)
    assert [each["key"] for each in zones[0]["matchLabelExpressions"]] == ["topology.kubernetes.io/zone"]


@pytest.mark.parametrize("variant", ["shipped", "EBS homes", "thrown away"])
def test_database_class_always_retains(synthesized: Synthesized, variant: str) -> None:
    found = dict(synthesized(variant)["Hub"].objects["StorageClass", "hub-database"])
    found.pop("allowedTopologies")
    assert found == _ebs_class("hub-database", keep=True)


def test_hubs_claim_finds_the_volume_that_outlives_the_cluster(hub: Template) -> None:
    volume = hub.objects["PersistentVolume", "jupyterhub-hub-db-dir"]["spec"]
    assert volume["csi"] == {
        "driver": "ebs.csi.aws.com",
        "volumeHandle": IMPORT.format("FnGetAttUserDataDatabase11B9B2CEVolumeId2C79A5C4"),
        "fsType": "ext4",
    }
    assert (volume["storageClassName"], volume["persistentVolumeReclaimPolicy"]) == ("hub-database", "Retain")
    assert {key: volume["claimRef"][key] for key in ("namespace", "name")} == {
        "namespace": "jupyterhub",
        "name": "hub-db-dir",
    }
    claim = hub.values("jupyterhub")["hub"]["db"]["pvc"]
    assert (claim["storageClassName"], claim["storage"]) == ("hub-database", volume["capacity"]["storage"])


def test_every_volume_and_claim_of_efs_is_mounted_with_an_identity(hub: Template) -> None:
    volumes = [each["spec"] for (kind, _), each in hub.objects.items() if kind == "PersistentVolume"]
    assert [each["mountOptions"] for each in volumes if each["csi"]["driver"] == "efs.csi.aws.com"] == [["iam"]] * 2


@pytest.mark.parametrize(
    ("name", "user"),
    [("shared-writers", {"Uid": "1000", "Gid": "100"}), ("shared-readers", {"Uid": "65534", "Gid": "65534"})],
)
def test_shared_directory_can_be_written_through_one_access_point_alone(
    hub: Template, name: str, user: dict[str, str]
) -> None:
    handle = hub.objects["PersistentVolume", f"jupyterhub-{name}"]["spec"]["csi"]["volumeHandle"]
    file_system, _, access_point = handle.partition("::")
    id = access_point.removeprefix("${").partition(".")[0]
    properties = hub.resources[id]["Properties"]
    assert file_system == FILES
    assert properties["PosixUser"] == user
    assert properties["RootDirectory"] == {
        "Path": "/shared",
        "CreationInfo": {"OwnerUid": "1000", "OwnerGid": "100", "Permissions": "0755"},
    }
    claim = hub.objects["PersistentVolumeClaim", name]
    assert claim["spec"]["volumeName"] == f"jupyterhub-{name}"


@pytest.mark.parametrize("variant", ["few features", "EBS homes"])
def test_no_shared_directory_without_the_setting_or_efs(synthesized: Synthesized, variant: str) -> None:
    hub = synthesized(variant)["Hub"]
    assert [name for kind, name in hub.objects if kind == "PersistentVolumeClaim"] == []
    assert hub.ids(kinds.ACCESS_POINT) == []
    assert "shared" not in hub.values("jupyterhub")["singleuser"]["storage"].get("extraVolumes", {})


@pytest.mark.parametrize(
    ("variant", "reference"),
    [
        ("shipped", "jupyterhub/oauth-client-secret"),
        ("own parts", SECRET_ARN),
        ("seed", "${JupyterHubClientSecretF0F1F2E3}"),
    ],
)
def test_client_secret_comes_from_secrets_manager(synthesized: Synthesized, variant: str, reference: str) -> None:
    spec = dict(synthesized(variant)["Hub"].objects["ExternalSecret", "hub-oauth-client"]["spec"])
    copied = {each["secretKey"]: each["remoteRef"] for each in spec.pop("data")}
    assert copied["client-secret"] == {"key": reference}
    assert spec == {
        "refreshPolicy": "Periodic",
        "refreshInterval": "1m",
        "secretStoreRef": {"kind": "SecretStore", "name": "aws-secrets-manager"},
        "target": {"name": "hub-oauth-client", "creationPolicy": "Owner", "deletionPolicy": "Retain"},
    }


def test_entry_of_the_client_secret_is_all_that_the_hub_gets() -> None:
    hub = made({**SHIPPED, "client.secret.entry": "client_secret"})["Hub"]
    data = hub.objects["ExternalSecret", "hub-oauth-client"]["spec"]["data"]
    copied = {each["secretKey"]: each["remoteRef"] for each in data}
    assert copied["client-secret"] == {"key": "jupyterhub/oauth-client-secret", "property": "client_secret"}


def test_hub_finds_every_file_that_its_code_reads(hub: Template) -> None:
    """The names in the Kubernetes Secret are those of the files in the folder where it is mounted."""
    copied = {each["secretKey"] for each in hub.objects["ExternalSecret", "hub-oauth-client"]["spec"]["data"]}
    custom = json.dumps(hub.values("jupyterhub")["custom"])
    assert set(re.findall(r"/etc/jupyterhub-oauth-client/([\w-]+)", custom)) == copied


def test_secret_store_uses_its_pods_own_identity(hub: Template) -> None:
    assert hub.objects["SecretStore", "aws-secrets-manager"]["spec"] == {
        "provider": {"aws": {"service": "SecretsManager", "region": "${AWS::Region}"}}
    }
