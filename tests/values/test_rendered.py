"""What the charts make of the values, rendered by the Helm that installs them."""

from typing import Any

import pytest

from blueprint.values import merge
from blueprint.versions import (
    CHARTS,
    CLUSTER_AUTOSCALER,
    JUPYTERHUB,
    KARPENTER,
    KARPENTER_CHARTS,
    LOAD_BALANCER_CONTROLLER,
    Chart,
)
from tests.config.seed import CLIENT_SECRET
from tests.conftest import Synthesized
from tests.templates.variants import VARIANTS
from tests.values.charts import Object, default_values, rendered
from tests.values.pods import Pod, breaches, containers, pods

VARIANT = dict.fromkeys(KARPENTER_CHARTS, "Karpenter")
"""Where a chart is installed, if not by default."""
name = pytest.mark.parametrize("chart", [*CHARTS, KARPENTER], ids=lambda chart: chart.name)


@pytest.fixture(scope="module")
def hub(synthesized: Synthesized) -> list[Object]:
    return rendered(JUPYTERHUB, synthesized("shipped")["Hub"].values(JUPYTERHUB.name))


def _objects(synthesized: Synthesized, chart: Chart, variant: str | None = None) -> list[Object]:
    return rendered(chart, synthesized(variant or VARIANT.get(chart, "shipped"))["Hub"].values(chart.name))


def _one(objects: list[Object], kind: str, name: str) -> Object:
    (found,) = (each for each in objects if (each["kind"], each["metadata"]["name"]) == (kind, name))
    return found


@pytest.mark.parametrize("variant", VARIANTS)
def test_hub_renders(synthesized: Synthesized, variant: str) -> None:
    kinds = {each["kind"] for each in _objects(synthesized, JUPYTERHUB, variant)}
    assert {"Deployment", "NetworkPolicy", "PersistentVolumeClaim"} <= kinds


@name
def test_every_pod_is_small_enough_for_its_node(synthesized: Synthesized, chart: Chart) -> None:
    unlimited = [
        f"{owner}: {each['name']}"
        for owner, pod in pods(_objects(synthesized, chart)).items()
        for each in containers(pod)
        if "memory" not in (each.get("resources") or {}).get("limits", {})
    ]
    assert unlimited == []


@name
def test_every_image_has_a_fixed_tag(synthesized: Synthesized, chart: Chart) -> None:
    images = {each["image"] for pod in pods(_objects(synthesized, chart)).values() for each in containers(pod)}
    assert images
    assert [image for image in images if image.rpartition("/")[2].rpartition(":")[2] in ("", "latest")] == []
    assert all(":" in image.rpartition("/")[2] for image in images)


@name
def test_no_pod_runs_as_root_or_privileged(synthesized: Synthesized, chart: Chart) -> None:
    found = {owner: breaches(pod) for owner, pod in pods(_objects(synthesized, chart)).items()}
    loose = ("privileged", "runs as root", "allowPrivilegeEscalation", "hostNetwork", "hostPID", "hostIPC")
    assert {owner: [each for each in all_ if each.endswith(loose)] for owner, all_ in found.items()} == {
        owner: [] for owner in found
    }


def test_every_pod_in_the_hubs_namespace_is_restricted(hub: list[Object]) -> None:
    found = {owner: breaches(pod) for owner, pod in pods(hub).items()}
    assert found.keys() >= {"Deployment hub", "Deployment proxy"}
    assert {owner: each for owner, each in found.items() if each} == {}


def test_loosened_pod_would_be_found(synthesized: Synthesized) -> None:
    values = synthesized("shipped")["Hub"].values(JUPYTERHUB.name)
    changed = merge(values, {"hub": {"containerSecurityContext": {"allowPrivilegeEscalation": True, "runAsUser": 0}}})
    assert breaches(pods(rendered(JUPYTERHUB, changed))["Deployment hub"]) == [
        "hub: allowPrivilegeEscalation",
        "hub: runs as root",
    ]


# The hub


def _mounts(pod: Pod) -> dict[str, dict[str, Any]]:
    """The volumes of a pod's only container by the paths where they are mounted."""
    (container,) = pod["containers"]
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    return {
        mount["mountPath"]: {key: value for key, value in volumes[mount["name"]].items() if key != "name"}
        for mount in container["volumeMounts"]
    }


def test_hub_reads_the_client_secret_from_a_file_that_follows_it(hub: list[Object]) -> None:
    pod = pods(hub)["Deployment hub"]
    assert _mounts(pod)["/etc/jupyterhub-oauth-client"]["secret"]["secretName"] == "hub-oauth-client"
    (mount,) = (each for each in pod["containers"][0]["volumeMounts"] if each["name"] == "oauth-client")
    assert mount["readOnly"]
    assert "subPath" not in mount  # such a mount would keep the first secret for ever


def test_hub_has_its_database_on_the_claim_of_the_kept_volume(hub: list[Object]) -> None:
    mounted = _mounts(pods(hub)["Deployment hub"])
    assert {"claimName": "hub-db-dir"} in [volume.get("persistentVolumeClaim") for volume in mounted.values()]
    claim = _one(hub, "PersistentVolumeClaim", "hub-db-dir")
    assert claim["spec"]["storageClassName"] == "hub-database"
    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]
    assert claim["spec"]["resources"]["requests"]["storage"] == "10Gi"
    assert claim["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


@pytest.mark.parametrize("owner", ["Deployment hub", "Deployment proxy"])
def test_core_pods_run_on_core_nodes_alone(hub: list[Object], owner: str) -> None:
    affinity = pods(hub)[owner]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert affinity["nodeSelectorTerms"] == [
        {"matchExpressions": [{"key": "hub.jupyter.org/node-purpose", "operator": "In", "values": ["core"]}]}
    ]


def test_hub_and_proxy_stand_alone(hub: list[Object]) -> None:
    assert [_one(hub, "Deployment", each)["spec"]["replicas"] for each in ("hub", "proxy")] == [1, 1]


def test_release_waits_for_no_image_on_any_node(hub: list[Object]) -> None:
    hooks = {each["metadata"].get("annotations", {}).get("helm.sh/hook") for each in hub if each["kind"] == "DaemonSet"}
    assert hooks == {"post-install,post-upgrade"}


def test_proxy_is_no_load_balancer_of_its_own(hub: list[Object]) -> None:
    assert _one(hub, "Service", "proxy-public")["spec"]["type"] == "ClusterIP"
    assert [each["name"] for each in _one(hub, "Service", "proxy-public")["spec"]["ports"]] == ["http"]


def test_chart_makes_no_ingress(hub: list[Object]) -> None:
    assert [each for each in hub if each["kind"] == "Ingress"] == []


def test_no_secret_text_is_in_any_object(synthesized: Synthesized) -> None:
    objects = {chart.name: str(_objects(synthesized, chart, "seed")) for chart in CHARTS}
    assert [chart for chart, text in objects.items() if CLIENT_SECRET in text] == []


# Network policies


def _egress(objects: list[Object], name: str) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = _one(objects, "NetworkPolicy", name)["spec"]["egress"]
    return rules


@pytest.mark.parametrize("name", ["hub", "proxy", "singleuser"])
def test_no_rule_is_for_the_metadata_address(hub: list[Object], name: str) -> None:
    blocks = [to["ipBlock"] for rule in _egress(hub, name) for to in rule.get("to", []) if "ipBlock" in to]
    assert [block for block in blocks if block["cidr"].startswith("169.254.")] == []
    for block in blocks:
        if block["cidr"] == "0.0.0.0/0":
            assert any(each in ("169.254.0.0/16", "169.254.169.254/32") for each in block["except"])


def test_users_reach_the_internet_but_no_private_range(hub: list[Object]) -> None:
    open_rules = [
        to["ipBlock"]
        for rule in _egress(hub, "singleuser")
        if "ports" not in rule
        for to in rule["to"]
        if "ipBlock" in to
    ]
    assert open_rules == [
        {
            "cidr": "0.0.0.0/0",
            "except": ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16"],
        }
    ]


# Keys: a chart without a schema takes a typo for a wish that it does not know.


@pytest.mark.parametrize(
    ("chart", "variant"),
    [
        *(
            (chart, each)
            for chart in (LOAD_BALANCER_CONTROLLER, CLUSTER_AUTOSCALER)
            for each in ("shipped", "own parts")
        ),
        (KARPENTER, "Karpenter"),
    ],
)
def test_chart_without_a_schema_knows_every_key(synthesized: Synthesized, variant: str, chart: Chart) -> None:
    assert _unknown(synthesized(variant)["Hub"].values(chart.name), default_values(chart)) == []


def test_unknown_key_is_found() -> None:
    values = {"replicaCount": 2, "podDisruptionBudget": {"maxUnavailable": 1}, "image": {"tga": "v1"}}
    assert _unknown(values, default_values(CLUSTER_AUTOSCALER)) == ["image.tga"]


OPEN = {"extraArgs"}
"""Mappings whose keys a chart hands on."""


def _unknown(values: dict[str, Any], defaults: dict[str, Any], prefix: str = "") -> list[str]:
    unknown = []
    for key, value in values.items():
        path, default = f"{prefix}{key}", defaults.get(key)
        if key not in defaults:
            unknown.append(path)
        elif isinstance(value, dict) and isinstance(default, dict) and default and path not in OPEN:
            unknown += _unknown(value, default, f"{path}.")
    return unknown


# The controllers


def test_load_balancer_controller_is_there_when_a_node_is_not(synthesized: Synthesized) -> None:
    objects = _objects(synthesized, LOAD_BALANCER_CONTROLLER)
    assert _one(objects, "Deployment", LOAD_BALANCER_CONTROLLER.name)["spec"]["replicas"] == 2
    assert _one(objects, "PodDisruptionBudget", LOAD_BALANCER_CONTROLLER.name)["spec"]["maxUnavailable"] == 1


def test_services_can_be_made_while_the_load_balancer_controller_is_down(synthesized: Synthesized) -> None:
    (webhooks,) = (
        each
        for each in _objects(synthesized, LOAD_BALANCER_CONTROLLER)
        if each["kind"] == "MutatingWebhookConfiguration"
    )
    assert [rule for each in webhooks["webhooks"] for rule in each["rules"] if "services" in rule["resources"]] == []


@pytest.mark.parametrize("chart", [each for each in CHARTS if each.name in ("external-dns", "external-secrets")])
def test_controller_of_one_namespace_has_no_rights_on_the_cluster(synthesized: Synthesized, chart: Chart) -> None:
    assert [
        each for each in _objects(synthesized, chart) if each["kind"] in ("ClusterRole", "ClusterRoleBinding")
    ] == []


CONTROLLERS = [*(each for each in CHARTS if each is not JUPYTERHUB), KARPENTER]


@pytest.mark.parametrize("chart", CONTROLLERS, ids=lambda chart: chart.name)
def test_pods_run_under_the_service_account_that_has_the_role(synthesized: Synthesized, chart: Chart) -> None:
    accounts = {account for _, account in synthesized(VARIANT.get(chart, "shipped"))["Hub"].pod_roles()}
    used = {pod["serviceAccountName"] for pod in pods(_objects(synthesized, chart)).values()}
    assert used == {chart.name}
    assert used <= accounts


def test_autoscaler_looks_for_the_clusters_groups_in_its_region(synthesized: Synthesized) -> None:
    (pod,) = pods(_objects(synthesized, CLUSTER_AUTOSCALER)).values()
    (container,) = pod["containers"]
    assert (
        "--node-group-auto-discovery=asg:tag=k8s.io/cluster-autoscaler/enabled,k8s.io/cluster-autoscaler/jupyterhub"
        in container["command"]
    )
    assert {"name": "AWS_REGION", "value": "${AWS::Region}"} in container["env"]


def test_karpenter_runs_on_core_nodes_alone_and_knows_its_cluster(synthesized: Synthesized) -> None:
    (pod,) = pods(_objects(synthesized, KARPENTER)).values()
    affinity = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    (term,) = affinity["nodeSelectorTerms"]
    assert term["matchExpressions"] == [{"key": "hub.jupyter.org/node-purpose", "operator": "In", "values": ["core"]}]
    given = {each["name"]: each.get("value") for each in pod["containers"][0]["env"]}
    assert given["CLUSTER_NAME"] == "jupyterhub"
    assert given["AWS_REGION"] == "${AWS::Region}"
    assert given["VM_MEMORY_OVERHEAD_PERCENT"] == "0.06"
    assert "ReservedCapacity=false" in str(given["FEATURE_GATES"])
    assert given["INTERRUPTION_QUEUE"]
