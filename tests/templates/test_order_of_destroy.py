"""What is gone before what when the stacks are destroyed: CloudFormation goes the way of creation backwards."""

import pytest

from tests.conftest import Synthesized
from tests.templates import kinds
from tests.templates.assembly import Assembly
from tests.templates.graph import Graph
from tests.templates.template import Template, plain

HUB, BALANCER, RECORDS = "jupyterhub", "aws-load-balancer-controller", "external-dns"


@pytest.fixture(scope="module")
def hub(shipped: Assembly) -> Template:
    return shipped["Hub"]


@pytest.fixture(scope="module")
def graph(shipped: Assembly) -> Graph:
    return shipped.graph


@pytest.mark.parametrize("variant", ["shipped", "parent", "seed", "EBS homes", "listed subnets"])
def test_ingress_goes_then_the_check_then_the_controllers(synthesized: Synthesized, variant: str) -> None:
    hub, graph = synthesized(variant)["Hub"], synthesized(variant).graph
    check = hub.checkpoint("LoadBalancing")
    assert check in graph.waits_for(hub.manifest("Ingress"))
    assert {hub.chart(BALANCER), hub.chart(RECORDS)} <= graph.waits_for(check)


@pytest.mark.parametrize(("variant", "kind"), [("shipped", kinds.CERTIFICATE), ("parent", kinds.CERTIFICATE_ACROSS)])
def test_certificate_outlives_the_check_for_load_balancers(synthesized: Synthesized, variant: str, kind: str) -> None:
    hub, graph = synthesized(variant)["Hub"], synthesized(variant).graph
    assert {*hub.ids(kind)} <= graph.waits_for(hub.checkpoint("LoadBalancing"))


def test_kubectl_is_in_no_security_group_that_eks_deletes(hub: Template) -> None:
    networks = [function["Properties"].get("VpcConfig") for function in hub.all(kinds.FUNCTION)]
    groups = [plain(network["SecurityGroupIds"]) for network in networks if network]
    assert groups == [["${JupyterHubClusterSecurityGroupCA7B53D9.GroupId}"]] * 2


@pytest.mark.parametrize("kind", [kinds.CHART, kinds.MANIFEST])
def test_way_of_kubectl_to_the_api_outlives_what_it_does(hub: Template, graph: Graph, kind: str) -> None:
    (rule,) = hub.ids(kinds.INGRESS_RULE)
    assert hub.resources[rule]["Properties"]["FromPort"] == 443
    assert all(rule in graph.waits_for(id) for id in hub.ids(kind))


@pytest.mark.parametrize("kind", [kinds.CHART, kinds.MANIFEST])
def test_logs_of_kubectl_outlive_what_it_does(hub: Template, graph: Graph, kind: str) -> None:
    groups = {id for id in hub.ids(kinds.LOG_GROUP) if "KubectlProvider" in hub.path(id)}
    assert len(groups) == 2
    assert all(groups <= graph.waits_for(id) for id in hub.ids(kind))


@pytest.mark.parametrize("variant", ["shipped", "parent", "seed", "EBS homes", "listed subnets"])
def test_namespace_goes_then_the_check_then_the_storage_drivers(synthesized: Synthesized, variant: str) -> None:
    hub, graph = synthesized(variant)["Hub"], synthesized(variant).graph
    check = hub.checkpoint("Volumes")
    assert hub.manifest("StorageClass") in graph.waits_for(check)
    drivers = {id for id in hub.ids(kinds.ADDON) if "csi" in hub.resources[id]["Properties"]["AddonName"]}
    assert check in graph.waits_for(hub.manifest_at("Namespace"))
    assert drivers <= graph.waits_for(check)


@pytest.mark.parametrize("kind", ["PersistentVolumeClaim", "PersistentVolume", "Ingress"])
def test_cluster_dns_outlives_what_controllers_have_to_clean_up(hub: Template, graph: Graph, kind: str) -> None:
    assert hub.addon("coredns") in graph.waits_for(hub.manifest(kind))


@pytest.mark.parametrize("what", ["Volumes", "LoadBalancing"])
def test_controllers_have_all_that_they_need_until_the_checks_are_passed(
    hub: Template, graph: Graph, what: str
) -> None:
    addons = {hub.addon(each) for each in ("coredns", "vpc-cni", "kube-proxy", "eks-pod-identity-agent")}
    nodes = {id for id in hub.ids(kinds.NODES) if "core" in hub.resources[id]["Properties"]["Labels"].values()}
    needed = {*addons, *nodes, *hub.ids(kinds.ROUTE), *hub.ids(kinds.NAT)}
    assert needed - graph.waits_for(hub.checkpoint(what)) == set()


@pytest.mark.parametrize("kind", ["PersistentVolume", "StorageClass"])
def test_claims_go_before_the_volumes_under_them(hub: Template, graph: Graph, kind: str) -> None:
    assert hub.manifest(kind) in graph.waits_for(hub.manifest("PersistentVolumeClaim"))


def test_claims_go_with_the_namespace(hub: Template) -> None:
    assert hub.manifest("PersistentVolumeClaim") == hub.manifest_at("Namespace")


@pytest.mark.parametrize("kind", ["Ingress", "ExternalSecret"])
def test_what_is_in_the_namespace_goes_before_it(hub: Template, graph: Graph, kind: str) -> None:
    assert hub.manifest_at("Namespace") in graph.waits_for(hub.manifest(kind))


def test_rights_in_the_namespace_outlive_the_records(hub: Template, graph: Graph) -> None:
    assert hub.manifest_at("Namespace") in graph.waits_for(hub.checkpoint("LoadBalancing"))


def test_objects_that_go_last_are_the_ones_that_came_first(hub: Template) -> None:
    """But for what only servers meet, which come later."""
    going = hub.kinds_in("Volumes") | hub.kinds_in("Namespace")
    assert going - {"PriorityClass", "LimitRange", "ResourceQuota"} == hub.kinds_in("FirstNamespace")


@pytest.mark.parametrize("check", ["LoadBalancing", "Volumes"])
def test_cluster_dns_outlives_what_controllers_clean_up(hub: Template, graph: Graph, check: str) -> None:
    assert hub.addon("coredns") in graph.waits_for(hub.checkpoint(check))


@pytest.mark.parametrize("addon", ["eks-pod-identity-agent", "vpc-cni", "kube-proxy"])
def test_networking_addons_run_until_the_nodes_go(hub: Template, addon: str) -> None:
    assert hub.resources[hub.addon(addon)]["Properties"]["PreserveOnDelete"] is True


def test_rights_of_the_network_plugin_outlive_the_nodes(hub: Template, graph: Graph) -> None:
    role = hub.pod_roles()["kube-system", "aws-node"]
    assert all(role in graph.waits_for(group) for group in hub.ids(kinds.NODES))


def test_checks_outlive_nothing_that_they_need(hub: Template, graph: Graph) -> None:
    (role,) = (id for id in hub.ids(kinds.ROLE) if "Leftovers/Handler" in hub.path(id))
    assert all(role in graph.waits_for(id) for id in hub.ids(kinds.CHECKPOINT))


def test_everything_in_the_cluster_goes_before_the_nodes_and_these_before_it(hub: Template, graph: Graph) -> None:
    (control_plane,) = hub.ids(kinds.CLUSTER)
    applied = {*hub.ids(kinds.CHART), *hub.ids(kinds.MANIFEST)} - {hub.manifest_at("FirstNamespace")}
    assert all(kinds.NODES in graph.kinds_before(id) for id in applied)
    assert all(control_plane in graph.waits_for(id) for id in hub.ids(kinds.NODES))


def test_zone_is_emptied_before_it_is_deleted(shipped: Assembly) -> None:
    dns = shipped["Dns"]
    (zone,), (emptying,) = dns.ids(kinds.ZONE), dns.ids(kinds.EMPTYING)
    assert zone in Graph(dns).waits_for(emptying)


def test_delegation_goes_before_the_zone(shipped: Assembly) -> None:
    dns = shipped["Dns"]
    (zone,), (record,) = dns.ids(kinds.ZONE), dns.ids(kinds.DELEGATION)
    assert zone in Graph(dns).waits_for(record)


@pytest.mark.parametrize(
    ("variant", "before"),
    [
        pytest.param("shipped", {"Dns", "Data"}, id="subzone in the workload account"),
        pytest.param("parent", {"Data"}, id="subzone in the DNS account"),
    ],
)
def test_hub_is_the_first_stack_to_go(synthesized: Synthesized, variant: str, before: set[str]) -> None:
    assert synthesized(variant).stack_dependencies("Hub") == before


@pytest.mark.parametrize("stack", ["ParentDns", "Dns", "Data"])
def test_other_stacks_stand_alone(shipped: Assembly, stack: str) -> None:
    assert shipped.stack_dependencies(stack) == set()
