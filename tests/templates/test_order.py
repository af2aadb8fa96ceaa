"""What waits for what when the cluster's stack is created."""

import pytest

from tests.conftest import Synthesized
from tests.templates import kinds
from tests.templates.assembly import Assembly
from tests.templates.graph import Graph
from tests.templates.template import Template

HUB, BALANCER, RECORDS = "jupyterhub", "aws-load-balancer-controller", "external-dns"
SECRETS, AUTOSCALER = "external-secrets", "cluster-autoscaler"
NETWORKING = ["eks-pod-identity-agent", "vpc-cni", "kube-proxy"]


@pytest.fixture(scope="module")
def hub(shipped: Assembly) -> Template:
    return shipped["Hub"]


@pytest.fixture(scope="module")
def graph(shipped: Assembly) -> Graph:
    return shipped.graph


@pytest.mark.parametrize(
    "slow",
    [kinds.NAT, kinds.MOUNT_TARGET, kinds.CERTIFICATE, kinds.FILE_SYSTEM, kinds.NODES, kinds.CHART, kinds.ADDON],
)
@pytest.mark.parametrize("variant", ["shipped", "construct alone"])
def test_control_plane_waits_for_nothing_slow(synthesized: Synthesized, variant: str, slow: str) -> None:
    (control_plane,) = synthesized(variant)["Hub"].ids(kinds.CLUSTER)
    assert slow not in synthesized(variant).graph.kinds_before(control_plane)


@pytest.mark.parametrize("zone", ["SubzoneZone", "Delegation"])
def test_control_plane_needs_nothing_of_dns(hub: Template, zone: str) -> None:
    assert zone not in str(hub.properties(kinds.CLUSTER))


def test_certificate_and_gateways_are_made_beside_the_control_plane(hub: Template, graph: Graph) -> None:
    (control_plane,) = hub.ids(kinds.CLUSTER)
    beside = [*hub.ids(kinds.CERTIFICATE), *hub.ids(kinds.NAT), *hub.ids(kinds.ROUTE)]
    assert [id for id in beside if control_plane in graph.waits_for(id)] == []


def test_mount_targets_wait_for_no_nodes(hub: Template, graph: Graph) -> None:
    assert all(kinds.NODES not in graph.kinds_before(id) for id in hub.ids(kinds.MOUNT_TARGET))


@pytest.mark.parametrize("addon", NETWORKING)
def test_networking_addons_are_made_beside_the_nodes_and_each_other(hub: Template, graph: Graph, addon: str) -> None:
    beside = {*hub.ids(kinds.NODES), *map(hub.addon, NETWORKING)}
    assert beside & graph.waits_for(hub.addon(addon)) == set()
    assert [group for group in hub.ids(kinds.NODES) if hub.addon(addon) in graph.waits_for(group)] == []


@pytest.mark.parametrize("addon", NETWORKING)
@pytest.mark.parametrize("chart", [HUB, BALANCER, RECORDS, SECRETS, AUTOSCALER])
def test_every_chart_waits_for_the_networking_addons(hub: Template, graph: Graph, chart: str, addon: str) -> None:
    assert hub.addon(addon) in graph.waits_for(hub.chart(chart))


def test_nodes_have_no_network_plugin_but_the_one_that_is_installed(hub: Template) -> None:
    """One that EKS brought would have them ready, with pods, before policies are enforced."""
    assert hub.properties(kinds.CLUSTER)["BootstrapSelfManagedAddons"] is False


def test_nodes_wait_for_the_way_out(hub: Template, graph: Graph) -> None:
    assert all(set(hub.ids(kinds.ROUTE)) <= graph.waits_for(group) for group in hub.ids(kinds.NODES))


def test_every_chart_and_manifest_waits_for_core_nodes(hub: Template, graph: Graph) -> None:
    core = {id for id in hub.ids(kinds.NODES) if "core" in hub.resources[id]["Properties"]["Labels"].values()}
    assert len(core) == 2
    early = {hub.manifest_at("FirstNamespace")}
    assert {id for id in _applied(hub) if not core <= graph.waits_for(id)} == early


def test_first_objects_are_made_beside_the_nodes(hub: Template, graph: Graph) -> None:
    before = graph.kinds_before(hub.manifest_at("FirstNamespace"))
    assert before & {kinds.NODES, kinds.ADDON, kinds.CHART, kinds.MANIFEST} == set()


def test_every_chart_and_manifest_waits_for_the_way_out(hub: Template, graph: Graph) -> None:
    routes = set(hub.ids(kinds.ROUTE))
    assert [id for id in _applied(hub) if not routes <= graph.waits_for(id)] == []


def test_every_chart_and_manifest_waits_for_kubectls_rights(hub: Template, graph: Graph) -> None:
    (kubectl,) = (id for id in hub.ids(kinds.ACCESS) if "KubectlProvider" in str(hub.resources[id]))
    assert [id for id in _applied(hub) if kubectl not in graph.waits_for(id)] == []


@pytest.mark.parametrize("chart", [SECRETS, AUTOSCALER])
def test_what_nobody_waits_for_starts_after_cluster_dns(hub: Template, graph: Graph, chart: str) -> None:
    assert hub.addon("coredns") in graph.waits_for(hub.chart(chart))


@pytest.mark.parametrize("chart", [HUB, BALANCER, RECORDS])
def test_hub_and_the_balancers_controllers_start_with_cluster_dns(hub: Template, graph: Graph, chart: str) -> None:
    assert hub.addon("coredns") not in graph.waits_for(hub.chart(chart))


@pytest.mark.parametrize("chart", [BALANCER, RECORDS, SECRETS, AUTOSCALER])
def test_chart_waits_for_its_pods_identity_and_rights(hub: Template, graph: Graph, chart: str) -> None:
    release = hub.resources[hub.chart(chart)]["Properties"]
    role = hub.pod_roles()[release["Namespace"], chart]
    (association,) = (
        id for id in hub.ids(kinds.ASSOCIATION) if hub.resources[id]["Properties"]["ServiceAccount"] == chart
    )
    policies = {id for id in hub.ids(kinds.POLICY) if role in graph.direct[id]}
    assert policies
    assert {association, role, *policies} <= graph.waits_for(hub.chart(chart))


def test_file_driver_waits_for_the_identity_of_its_node_pods(hub: Template, graph: Graph) -> None:
    role = hub.pod_roles()["kube-system", "efs-csi-node-sa"]
    rights = {role, *(id for id in hub.ids(kinds.POLICY) if role in graph.direct[id])}
    assert len(rights) == 2
    assert rights <= graph.waits_for(hub.addon("aws-efs-csi-driver"))


@pytest.mark.parametrize("account", ["ebs-csi-controller-sa", "efs-csi-controller-sa"])
def test_claims_wait_for_the_drivers_rights(hub: Template, graph: Graph, account: str) -> None:
    role = hub.pod_roles()["kube-system", account]
    (policy,) = (id for id in hub.ids(kinds.POLICY) if role in graph.direct[id])
    assert policy in graph.waits_for(hub.manifest_at("Namespace"))


def test_hub_finds_its_namespace_and_its_claims(hub: Template, graph: Graph) -> None:
    assert hub.manifest_at("FirstNamespace") in graph.waits_for(hub.chart(HUB))
    assert hub.kinds_in("FirstNamespace") == {"StorageClass", "PersistentVolume", "Namespace", "PersistentVolumeClaim"}


def test_hub_installs_beside_all_that_its_pod_waits_for(hub: Template, graph: Graph) -> None:
    """Drivers, mount targets, its secret: the pod waits for them, while its images are pulled."""
    beside = {hub.addon(name) for name in ("aws-ebs-csi-driver", "aws-efs-csi-driver", "coredns")}
    beside |= {*hub.ids(kinds.MOUNT_TARGET), hub.manifest("ExternalSecret"), hub.chart(SECRETS)}
    assert beside & graph.waits_for(hub.chart(HUB)) == set()


def test_client_secret_waits_for_its_operator(hub: Template, graph: Graph) -> None:
    assert hub.chart(SECRETS) in graph.waits_for(hub.manifest("ExternalSecret"))


@pytest.mark.parametrize("chart", [BALANCER, RECORDS])
def test_ingress_waits_for_its_controllers(hub: Template, graph: Graph, chart: str) -> None:
    assert hub.chart(chart) in graph.waits_for(hub.manifest("Ingress"))


def test_ingress_waits_for_the_certificate(hub: Template, graph: Graph) -> None:
    assert set(hub.ids(kinds.CERTIFICATE)) <= graph.waits_for(hub.manifest("Ingress"))


@pytest.mark.parametrize("chart", [BALANCER, RECORDS, AUTOSCALER])
def test_hub_installs_beside_the_controllers(hub: Template, graph: Graph, chart: str) -> None:
    assert hub.chart(chart) not in graph.waits_for(hub.chart(HUB))
    assert hub.chart(HUB) not in graph.waits_for(hub.chart(chart))


@pytest.mark.parametrize("chart", [BALANCER, RECORDS, SECRETS, AUTOSCALER])
def test_controllers_install_beside_the_storage(hub: Template, graph: Graph, chart: str) -> None:
    drivers = {hub.addon(name) for name in ("aws-ebs-csi-driver", "aws-efs-csi-driver")}
    assert drivers & graph.waits_for(hub.chart(chart)) == set()


@pytest.mark.parametrize("chart", [RECORDS, SECRETS])
def test_charts_with_a_role_in_the_namespace_wait_for_it(hub: Template, graph: Graph, chart: str) -> None:
    assert hub.manifest_at("FirstNamespace") in graph.waits_for(hub.chart(chart))


def test_objects_are_applied_once_before_they_are_in_the_order_in_which_they_go(hub: Template, graph: Graph) -> None:
    first = hub.manifest_at("FirstNamespace")
    assert all(first in graph.waits_for(hub.manifest_at(path)) for path in ("Volumes", "Namespace"))


def test_controllers_install_side_by_side(hub: Template, graph: Graph) -> None:
    controllers = {hub.chart(name) for name in (BALANCER, RECORDS, SECRETS)}
    assert [id for id in controllers if controllers & graph.waits_for(id)] == []


def _applied(hub: Template) -> list[str]:
    return [*hub.ids(kinds.CHART), *hub.ids(kinds.MANIFEST)]


def test_secret_and_roles_are_looked_for_in_the_stack_before_the_cluster(shipped: Assembly) -> None:
    data = shipped["Data"]
    assert data.properties(kinds.PREREQUISITES)["SecretId"] == "jupyterhub/oauth-client-secret"
    assert data.properties(kinds.PREREQUISITES)["Roles"] == ["arn:aws:iam::111122223333:role/PlatformAdmin"]
    assert "Data" in shipped.stack_dependencies("Hub")
    assert shipped["Hub"].ids(kinds.PREREQUISITES) == []


def test_nothing_waits_for_the_look(shipped: Assembly) -> None:
    data = Graph(shipped["Data"])
    (look,) = shipped["Data"].ids(kinds.PREREQUISITES)
    assert [id for id in data.kinds if look in data.waits_for(id)] == []


def test_in_a_stack_of_ones_own_the_control_plane_waits_for_the_look(synthesized: Synthesized) -> None:
    alone = synthesized("construct alone")["Hub"]
    (control_plane,), (look,) = alone.ids(kinds.CLUSTER), alone.ids(kinds.PREREQUISITES)
    assert look in Graph(alone).waits_for(control_plane)


def test_a_secret_of_the_stack_itself_is_not_looked_for(seed: Assembly) -> None:
    assert seed["Data"].ids(kinds.PREREQUISITES) == []


def test_every_pod_identity_waits_for_the_cluster(hub: Template, graph: Graph) -> None:
    (control_plane,) = hub.ids(kinds.CLUSTER)
    associations = hub.ids(kinds.ASSOCIATION)
    assert len(associations) == 5
    assert [id for id in associations if control_plane not in graph.waits_for(id)] == []
