"""What network policies mean, as tables: who sends what to whom."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.kubelet.peers import Scene, selects
from rehearsal.kubelet.policies import are_enforced, rules
from rehearsal.sandbox.firewall import Way
from rehearsal.sandbox.nftables import Network

Object = dict[str, Any]
NODE, HUB, ADA, BOB, DNS = "10.0.0.10", "10.0.1.1", "10.0.1.2", "10.0.1.3", "10.0.1.4"
HUB_SERVICE, DNS_SERVICE = "10.100.0.7", "10.100.0.10"
USERS, HUBS = {"component": "user"}, {"component": "hub"}
EVERYWHERE = Network("0.0.0.0/0")
OWNERS = [{"kind": "PersistentVolumeClaim", "name": "claim-ada", "uid": "1"}]


def pod(name: str, address: str, labels: dict[str, str], namespace: str = "jupyterhub", **changes: Any) -> Object:
    ports = [{"name": "http", "containerPort": 8081}] if labels == HUBS else []
    metadata = {"name": name, "uid": name, "namespace": namespace, "labels": labels, "ownerReferences": OWNERS}
    spec = {"nodeName": "node-1", "containers": [{"name": "main", "ports": ports}]}
    status = {"podIP": address, "hostIP": NODE, "phase": "Running"}
    return {
        "metadata": {**metadata, **changes.get("metadata", {})},
        "spec": {**spec, **changes.get("spec", {})},
        "status": {**status, **changes.get("status", {})},
    }


def service(name: str, address: str, selector: dict[str, str], namespace: str, *ports: Object) -> Object:
    metadata = {"name": name, "namespace": namespace}
    return {"metadata": metadata, "spec": {"clusterIP": address, "selector": selector, "ports": list(ports)}}


PODS = [
    pod("hub-7d9-x2", HUB, HUBS),
    pod("jupyter-ada", ADA, USERS),
    pod("jupyter-bob", BOB, USERS, spec={"nodeName": "node-2"}),
    pod("coredns-5c-a1", DNS, {"k8s-app": "kube-dns"}, "kube-system"),
]
NAMESPACES: list[Object] = [
    {"metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}}}
    for name in ("jupyterhub", "kube-system")
]
UDP = {"port": 53, "targetPort": 53, "protocol": "UDP"}
SERVICES = [
    service("hub", HUB_SERVICE, HUBS, "jupyterhub", {"port": 80, "targetPort": "http"}),
    service("kube-dns", DNS_SERVICE, {"k8s-app": "kube-dns"}, "kube-system", UDP),
]


def policy(selector: Object, *, egress: list[Object] | None = None, ingress: list[Object] | None = None) -> Object:
    kinds = [*(["Egress"] if egress is not None else []), *(["Ingress"] if ingress is not None else [])]
    spec = {"podSelector": selector, "policyTypes": kinds, "egress": egress, "ingress": ingress}
    return {"metadata": {"name": "policy", "namespace": "jupyterhub"}, "spec": spec}


def found(*policies: Object, pods: list[Object] = PODS) -> dict[str, Any]:
    return rules(Scene(policies, pods, NAMESPACES, SERVICES))


def way(address: str, *more: Any) -> Way:
    return Way(Network(address), *more)


SELF = way(NODE)
OF_USERS = {"matchLabels": USERS}
BLOCK = {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8", "169.254.0.0/16"]}
TCP = {"protocol": "TCP", "port": 8081}


@pytest.mark.parametrize(
    ("rule", "ways"),
    [
        pytest.param({}, [Way(EVERYWHERE)], id="everywhere"),
        pytest.param(
            {"to": [{"ipBlock": BLOCK}]},
            [Way(EVERYWHERE, (Network("10.0.0.0/8"), Network("169.254.0.0/16")))],
            id="all but networks",
        ),
        pytest.param(
            {"to": [{"ipBlock": BLOCK}], "ports": [{"protocol": "UDP", "port": 5000, "endPort": 5009}]},
            [Way(EVERYWHERE, (Network("10.0.0.0/8"), Network("169.254.0.0/16")), "UDP", (5000, 5009))],
            id="a range of ports",
        ),
        pytest.param({"to": [{"ipBlock": BLOCK}], "ports": [{"port": "http"}]}, [], id="a port's name is of nobody"),
        pytest.param({"to": [{"podSelector": OF_USERS}]}, [way(ADA), way(BOB)], id="pods"),
        pytest.param(
            {"to": [{"podSelector": {"matchLabels": HUBS}}], "ports": [TCP]},
            [way(HUB, (), "TCP", (8081, 8081)), way(HUB_SERVICE, (), "TCP", (80, 80))],
            id="pods, and the port of the Service before them",
        ),
        pytest.param(
            {"to": [{"podSelector": {"matchLabels": HUBS}}], "ports": [{"port": "http"}]},
            [way(HUB, (), "TCP", (8081, 8081)), way(HUB_SERVICE, (), "TCP", (80, 80))],
            id="a port by its name",
        ),
        pytest.param(
            {"to": [{"podSelector": {"matchLabels": HUBS}}], "ports": [{"port": 9000}]},
            [way(HUB, (), "TCP", (9000, 9000))],
            id="a port that the Service does not lead to",
        ),
        pytest.param(
            {
                "to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}],
                "ports": [{"port": 53, "protocol": "UDP"}],
            },
            [way(DNS, (), "UDP", (53, 53)), way(DNS_SERVICE, (), "UDP", (53, 53))],
            id="another namespace",
        ),
        pytest.param(
            {"to": [{"namespaceSelector": {}, "podSelector": {"matchLabels": HUBS}}]},
            [way(HUB), way(HUB_SERVICE)],
            id="pods of any namespace",
        ),
    ],
)
def test_a_policy_says_where_its_pods_send(rule: Object, ways: list[Way]) -> None:
    assert found(policy(OF_USERS, egress=[rule]))["jupyter-ada"] == ((SELF, *ways), None)


@pytest.mark.parametrize(
    ("rule", "ways"),
    [
        pytest.param({}, [Way(EVERYWHERE)], id="anybody"),
        pytest.param(
            {"ports": [{"port": "http"}]}, [Way(EVERYWHERE, (), "TCP", (8081, 8081))], id="a port by its name"
        ),
        pytest.param({"ports": [{"port": "other"}]}, [], id="a name that no port has"),
        pytest.param(
            {"from": [{"podSelector": OF_USERS}], "ports": [{"port": "http"}]},
            [way(ADA, (), "TCP", (8081, 8081)), way(BOB, (), "TCP", (8081, 8081))],
            id="pods",
        ),
        pytest.param({"from": [{"ipBlock": {"cidr": "10.9.0.0/16"}}]}, [way("10.9.0.0/16")], id="a network"),
    ],
)
def test_a_policy_says_whom_its_pods_hear(rule: Object, ways: list[Way]) -> None:
    assert found(policy({"matchLabels": HUBS}, ingress=[rule]))["hub-7d9-x2"] == (None, (SELF, *ways))


def test_what_several_policies_allow_is_allowed() -> None:
    two = [policy(OF_USERS, egress=[{"to": [{"ipBlock": {"cidr": each}}]}]) for each in ("10.1.0.0/16", "10.2.0.0/16")]
    assert found(*two)["jupyter-ada"][0] == (SELF, way("10.1.0.0/16"), way("10.2.0.0/16"))


def test_without_a_policy_there_are_no_rules() -> None:
    assert found(policy({"matchLabels": {"component": "nobody"}}, egress=[]))["jupyter-ada"] == (None, None)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"metadata": {"ownerReferences": []}}, id="without an owner"),
        pytest.param({"spec": {"hostNetwork": True}}, id="in its node's network"),
        pytest.param({"status": {"podIP": None}}, id="without an address"),
        pytest.param({"status": {"hostIP": None}}, id="of a node that is lost"),
        pytest.param({"status": {"phase": "Failed"}}, id="ended"),
    ],
)
def test_no_policy_is_about_a_pod(changes: Object) -> None:
    assert found(policy({}, egress=[]), pods=[pod("jupyter-ada", ADA, USERS, **changes)]) == {}


def test_pods_of_a_node_share_their_rules_where_their_names_differ_in_the_last_part_only() -> None:
    """A policy about some of them is about all: the agent keeps one set of rules for a ReplicaSet's pods."""
    others = [pod("jupyter-cyd", "10.0.1.9", {"component": "other"}), pod("jupyter-ada-lab", "10.0.1.8", {})]
    closed = found(policy(OF_USERS, egress=[]), pods=[*PODS, *others])
    assert closed["jupyter-cyd"] == ((SELF,), None)
    assert closed["jupyter-ada-lab"] == (None, None)


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        (None, True),
        ({}, True),
        ({"matchLabels": {"a": "1"}}, True),
        ({"matchLabels": {"a": "2"}}, False),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["1", "2"]}]}, True),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}, False),
        ({"matchExpressions": [{"key": "b", "operator": "NotIn", "values": ["1"]}]}, True),
        ({"matchExpressions": [{"key": "b", "operator": "Exists"}]}, False),
        ({"matchExpressions": [{"key": "b", "operator": "DoesNotExist"}]}, True),
    ],
)
def test_a_selector_selects_by_labels(selector: Object | None, selected: bool) -> None:
    assert selects(selector, {"a": "1"}) is selected


@pytest.mark.parametrize(
    ("configuration", "enforced"),
    [
        ("", False),
        ("{}", False),
        ('{"enableNetworkPolicy": "true"}', True),
        ('{"enableNetworkPolicy": true}', True),
        ('{"enableNetworkPolicy": "false"}', False),
    ],
)
def test_policies_are_enforced_where_the_add_on_is_told_to(configuration: str, enforced: bool) -> None:
    assert are_enforced(configuration) is enforced
