"""The control plane: versions, who gets in, what is encrypted and logged."""

import importlib.util
import json
from typing import Any

import pytest

from blueprint.config.facts.kubernetes import MINORS
from blueprint.versions import BY_MINOR, CHARTS, EKS_ADDONS
from tests.conftest import Synthesized
from tests.templates import kinds
from tests.templates.assembly import Assembly, made
from tests.templates.template import Template, plain
from tests.templates.variants import ACCOUNT, HUBS, SHIPPED

CLUSTER_KEY = "${JupyterHubClusterKey4819A331.Arn}"


@pytest.fixture(scope="module")
def hub(shipped: Assembly) -> Template:
    return shipped["Hub"]


@pytest.fixture(scope="module")
def cluster(hub: Template) -> dict[str, Any]:
    return hub.properties(kinds.CLUSTER)


def test_nobody_reaches_the_api_from_outside(cluster: dict[str, Any]) -> None:
    endpoint = cluster["ResourcesVpcConfig"]
    assert (endpoint["EndpointPublicAccess"], endpoint["EndpointPrivateAccess"]) == (False, True)


def test_public_api_is_open_to_the_listed_ranges_alone(synthesized: Synthesized) -> None:
    endpoint = synthesized("public API")["Hub"].properties(kinds.CLUSTER)["ResourcesVpcConfig"]
    assert endpoint["EndpointPrivateAccess"]
    assert endpoint["EndpointPublicAccess"]
    assert endpoint["PublicAccessCidrs"] == ["203.0.113.0/24"]


def test_creator_is_no_admin(cluster: dict[str, Any]) -> None:
    assert cluster["AccessConfig"] == {
        "AuthenticationMode": "API",
        "BootstrapClusterCreatorAdminPermissions": False,
    }


@pytest.mark.parametrize(
    ("variant", "admins"),
    [("shipped", [f"arn:aws:iam::{ACCOUNT}:role/PlatformAdmin"]), ("few features", [])],
)
def test_admins_are_the_named_roles_and_kubectl(synthesized: Synthesized, variant: str, admins: list[str]) -> None:
    entries = [plain(entry["Properties"]) for entry in synthesized(variant)["Hub"].all(kinds.ACCESS)]
    kubectl = "${JupyterHubClusterControlPlaneKubectlProviderHandlerServiceRoleCAF6F6E8.Arn}"
    assert {entry["PrincipalArn"] for entry in entries} == {kubectl, *admins}
    assert all(
        entry["AccessPolicies"]
        == [
            {
                "AccessScope": {"Type": "cluster"},
                "PolicyArn": "arn:${AWS::Partition}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
            }
        ]
        for entry in entries
    )


def test_admin_that_goes_leaves_the_others_entries_as_they_are() -> None:
    roles = [f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ("Leaver", "team/Stayer")]
    before, after = (made({**SHIPPED, "admin.roles": admins})["Hub"].resources for admins in (roles, roles[1:]))
    entry = {id: each for id, each in after.items() if each.get("Properties", {}).get("PrincipalArn") == roles[1]}
    assert len(entry) == 1
    assert entry.items() <= before.items()


def test_control_plane_logs_everything(cluster: dict[str, Any]) -> None:
    types = {each["Type"] for each in cluster["Logging"]["ClusterLogging"]["EnabledTypes"]}
    assert types == {"api", "audit", "authenticator", "controllerManager", "scheduler"}


@pytest.mark.parametrize("variant", HUBS)
def test_no_logs_are_kept_for_ever(synthesized: Synthesized, variant: str) -> None:
    groups = [group for stack in synthesized(variant).stacks.values() for group in stack.all(kinds.LOG_GROUP)]
    assert [group for group in groups if not group["Properties"].get("RetentionInDays")] == []


def test_kubernetes_secrets_are_encrypted(cluster: dict[str, Any]) -> None:
    assert plain(cluster["EncryptionConfig"]) == [{"Provider": {"KeyArn": CLUSTER_KEY}, "Resources": ["secrets"]}]


@pytest.mark.parametrize("feature", ["ComputeConfig", "StorageConfig"])
def test_auto_mode_is_off(cluster: dict[str, Any], feature: str) -> None:
    assert "'Enabled': False" in str(cluster[feature])


def test_addons_are_managed_ones_alone(cluster: dict[str, Any]) -> None:
    assert cluster["BootstrapSelfManagedAddons"] is False


@pytest.mark.parametrize("version", [version for version in MINORS if version in BY_MINOR])
def test_kubernetes_version_has_its_own_addons_layer_and_autoscaler(version: str, shipped: Assembly) -> None:
    minor = version.removeprefix("1.")
    if importlib.util.find_spec(f"aws_cdk.lambda_layer_kubectl_v{minor}") is None:
        pytest.skip(f"aws-cdk.lambda-layer-kubectl-v{minor} is not installed")
    hub = made({**SHIPPED, "kubernetes.version": version, "kubernetes.running": version})["Hub"]
    versions = BY_MINOR[version]
    assert hub.properties(kinds.CLUSTER)["Version"] == version
    assert {each["Properties"]["AddonName"]: each["Properties"]["AddonVersion"] for each in hub.all(kinds.ADDON)} == {
        **EKS_ADDONS,
        "kube-proxy": versions.kube_proxy,
        "coredns": versions.coredns,
        "metrics-server": versions.metrics_server,
    }
    assert hub.values("cluster-autoscaler")["image"]["tag"] == versions.cluster_autoscaler
    assert f"1.{minor}." in versions.kube_proxy
    assert f"1.{minor}." in versions.cluster_autoscaler


@pytest.mark.parametrize("version", MINORS)
def test_every_known_kubernetes_version_has_its_versions(version: str) -> None:
    assert version in BY_MINOR


def test_charts_are_the_pinned_ones(hub: Template) -> None:
    releases = [each["Properties"] for each in hub.all(kinds.CHART)]
    assert sorted(
        (each["Chart"], each["Repository"], each["Version"], each["Namespace"]) for each in releases
    ) == sorted((chart.name, chart.repository, chart.version, chart.namespace) for chart in CHARTS)


def test_failed_install_is_rolled_back_and_waited_for(hub: Template) -> None:
    assert all(each["Properties"]["Wait"] and each["Properties"]["Atomic"] for each in hub.all(kinds.CHART))


def test_waiting_and_rolling_back_fit_into_the_time_of_the_function(hub: Template) -> None:
    (handler,) = (each for each in hub.all(kinds.FUNCTION) if each["Properties"].get("Handler") == "index.handler")
    timeouts = [int(each["Properties"]["Timeout"].removesuffix("s")) for each in hub.all(kinds.CHART)]
    assert 2 * max(timeouts) < handler["Properties"]["Timeout"]


def test_network_policies_are_enforced(hub: Template) -> None:
    settings = hub.resources[hub.addon("vpc-cni")]["Properties"]["ConfigurationValues"]
    assert json.loads(settings)["enableNetworkPolicy"] == "true"
