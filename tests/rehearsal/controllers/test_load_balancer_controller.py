"""The AWS Load Balancer Controller itself makes the hub's load balancer in the stand-in, and takes it away."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from datetime import date
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest
from moto.acm.models import acm_backends

from blueprint.config import Config, load
from blueprint.constructs.network.load_balancing import CLUSTER_TAG, HSTS, TLS_POLICY, ingress
from blueprint.versions import JUPYTERHUB, LOAD_BALANCER_CONTROLLER
from preview.ports import free_port
from rehearsal.aws.dns.public import issue
from rehearsal.aws.load_balancing import LoadBalancers
from rehearsal.processes import Process
from tests.rehearsal.balancing import Balanced, Program, listens, until
from tests.rehearsal.installed import Blueprint, identity
from tests.rehearsal.rehearsed import Rehearsed, built_controller, own_address, rehearsed, render
from tests.rehearsal.stacks import ACCOUNT, REGION
from tests.templates.assembly import made
from tests.templates.template import plain
from tests.templates.variants import ACCOUNT as TEMPLATES_ACCOUNT
from tests.templates.variants import OWN_WAF, SHIPPED

TODAY = date(2026, 1, 1)
CONFIG = load(SHIPPED, today=TODAY).config
HOST = CONFIG.jupyterhub_subzone_name
NAMESPACE, ACCOUNT_NAME = LOAD_BALANCER_CONTROLLER.namespace, LOAD_BALANCER_CONTROLLER.name


def _low_ports() -> bool:
    """Whether this process may listen where load balancers do."""
    first = int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
    return os.geteuid() == 0 or first <= 80


needs_low_ports = pytest.mark.skipif(not _low_ports(), reason="ports 80 and 443 need rights, as in the sandbox")


@pytest.fixture(scope="module")
def controller() -> Path:
    return built_controller(LOAD_BALANCER_CONTROLLER.name)


@pytest.fixture(scope="module")
def cluster(built: Path, controller: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsed]:
    with rehearsed(tmp_path_factory.mktemp("controller"), CONFIG.name, enforce=True) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def acl(cluster: Rehearsed) -> str:
    """A web ACL."""
    return web_acl(cluster, "hub")


def web_acl(cluster: Rehearsed, name: str) -> str:
    """A new web ACL."""
    visibility = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "hub"}
    made = cluster.cloud.client("wafv2").create_web_acl(
        Name=name, Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=visibility
    )
    return str(made["Summary"]["ARN"])


@pytest.fixture(scope="module")
def blueprint(cluster: Rehearsed, acl: str) -> Blueprint:
    """What the blueprint deploys with a web ACL, in the cluster's VPC."""
    assembly = made({**SHIPPED, "ingress.waf.arn": OWN_WAF})
    vpc = plain(assembly["Hub"].values(LOAD_BALANCER_CONTROLLER.name)["vpcId"])
    return Blueprint(assembly, {vpc: cluster.vpc, OWN_WAF.replace(TEMPLATES_ACCOUNT, ACCOUNT): acl})


@pytest.fixture(scope="module")
def role(cluster: Rehearsed, blueprint: Blueprint) -> Iterator[str]:
    """The controller's own role, with the rights that the blueprint gives it and no others."""
    with identity(cluster, blueprint, LOAD_BALANCER_CONTROLLER, "load-balancer-controller") as arn:
        yield arn


def controllers_role(blueprint: Blueprint) -> str:
    """The id of the controller's role in the template."""
    return blueprint.assembly["Hub"].pod_roles()[NAMESPACE, ACCOUNT_NAME]


@pytest.fixture(scope="module")
def balancers(cluster: Rehearsed) -> Iterator[LoadBalancers]:
    with LoadBalancers(IPv4Network("127.241.0.0/16")) as balancers:
        yield balancers


@pytest.fixture(scope="module")
def running(cluster: Rehearsed, controller: Path, blueprint: Blueprint, role: str) -> Iterator[Process]:
    """The controller, as its chart runs it with the blueprint's values."""
    values = blueprint.filled(blueprint.assembly["Hub"].values(LOAD_BALANCER_CONTROLLER.name))
    rendered = render(LOAD_BALANCER_CONTROLLER, values, cluster.folder)
    for each in rendered["CustomResourceDefinition"]:
        cluster.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", each)
    (classes,) = rendered["List"]
    params, ingress_class = classes["items"]
    until(lambda: cluster.find("/apis/elbv2.k8s.aws/v1beta1/ingressclassparams"))
    cluster.create("/apis/elbv2.k8s.aws/v1beta1/ingressclassparams", params)
    cluster.create("/apis/networking.k8s.io/v1/ingressclasses", ingress_class)
    (secret,) = rendered["Secret"]
    for name, data in secret["data"].items():
        (cluster.folder / name).write_bytes(base64.b64decode(data))
    (deployment,) = rendered["Deployment"]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    services = ["ec2", "elasticloadbalancing", "acm", "wafv2", "waf-regional", "shield", "tagging", "sts"]
    ours = {
        "kubeconfig": cluster.plane.kubeconfig,
        "leader-election-namespace": NAMESPACE,
        "webhook-cert-dir": cluster.folder,
        "webhook-bind-port": free_port(),
        "metrics-bind-addr": f"127.0.0.1:{free_port()}",
        "health-probe-bind-addr": f"127.0.0.1:{free_port()}",
        "aws-api-endpoints": ",".join(f"{service}={cluster.server.url}" for service in services),
    }
    process = Process(
        [controller, *container["args"], *(f"--{name}={value}" for name, value in ours.items())],
        cluster.folder / "controller.log",
        cluster.environment(NAMESPACE, ACCOUNT_NAME),
    )
    yield process
    process.stop()


@pytest.fixture(scope="module")
def program(cluster: Rehearsed) -> Iterator[Program]:
    with Program("hub", own_address()).running() as program:
        yield program


@pytest.fixture(scope="module")
def hub(cluster: Rehearsed, running: Process, program: Program, balancers: LoadBalancers) -> Hub:
    """The hub's Service, a pod behind it, and the Ingress as the blueprint writes it, with its load balancer."""
    cluster.create_namespace(JUPYTERHUB.namespace)
    labels = {"component": "proxy"}
    cluster.run_pod(JUPYTERHUB.namespace, "proxy", labels, program.address, program.port)
    port = {"name": "http", "port": 80, "targetPort": "http"}
    cluster.create(
        f"/api/v1/namespaces/{JUPYTERHUB.namespace}/services",
        {"metadata": {"name": "proxy-public"}, "spec": {"selector": labels, "ports": [port]}},
    )
    hub = Hub(cluster, certificate(cluster), str(cluster.server.ca))
    hub.apply()
    until(hub.host_name, 60)
    return hub


class Hub:
    """The hub's Ingress, and what ELB and EC2 tell of it."""

    def __init__(self, cluster: Rehearsed, certificate: str, ca: str) -> None:
        self.cluster = cluster
        self.certificate = certificate
        self.ca = ca
        self._path = f"/apis/networking.k8s.io/v1/namespaces/{JUPYTERHUB.namespace}/ingresses"
        self.elb = cluster.cloud.client("elbv2")

    def apply(self, config: Config = CONFIG) -> None:
        """Have the Ingress of a configuration."""
        wanted = ingress(config, certificate_arn=self.certificate, subnet_ids=self.cluster.subnets)
        if self.there():
            self.cluster.replace(f"{self._path}/hub", wanted)
        else:
            self.cluster.create(self._path, wanted)

    def delete(self) -> None:
        self.cluster.delete(f"{self._path}/hub")

    def there(self) -> bool:
        return self.cluster.find(f"{self._path}/hub") is not None

    def host_name(self) -> str | None:
        status = self.cluster.get(f"{self._path}/hub")["status"]["loadBalancer"]
        return status["ingress"][0]["hostname"] if status.get("ingress") else None

    def balancer(self) -> dict[str, Any]:
        (found,) = self.elb.describe_load_balancers()["LoadBalancers"]
        return dict(found)

    def attributes(self) -> dict[str, str]:
        arn = self.balancer()["LoadBalancerArn"]
        found = self.elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
        return {each["Key"]: each["Value"] for each in found}

    def listeners(self) -> dict[int, dict[str, Any]]:
        arn = self.balancer()["LoadBalancerArn"]
        return {each["Port"]: each for each in self.elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]}

    def group(self) -> dict[str, Any]:
        (found,) = self.elb.describe_target_groups()["TargetGroups"]
        return dict(found)

    def balanced(self, balancers: LoadBalancers) -> Balanced:
        """The way to it for a client."""
        arn, group = self.balancer()["LoadBalancerArn"], self.group()["TargetGroupArn"]
        return Balanced(self.cluster.cloud, balancers, arn, self.balancer()["DNSName"], group, self.ca)

    def firewall(self) -> str | None:
        """The web ACL in front of the load balancer."""
        arn = self.balancer()["LoadBalancerArn"]
        found: dict[str, Any] = self.cluster.cloud.client("wafv2").get_web_acl_for_resource(ResourceArn=arn)
        named: str | None = found.get("WebACL", {}).get("ARN")
        return named

    def security_groups(self) -> dict[str, dict[str, Any]]:
        found = self.cluster.cloud.client("ec2").describe_security_groups()["SecurityGroups"]
        return {each["GroupId"]: each for each in found if each["VpcId"] == self.cluster.vpc}

    def cluster_group(self) -> dict[str, Any]:
        """The security group of the cluster's nodes."""
        facts = self.cluster.cloud.client("eks").describe_cluster(name=self.cluster.name)["cluster"]
        return self.security_groups()[facts["resourcesVpcConfig"]["clusterSecurityGroupId"]]


def certificate(cluster: Rehearsed) -> str:
    """An issued certificate for the hub."""
    acm = cluster.cloud.client("acm")
    arn = str(acm.request_certificate(DomainName=HOST)["CertificateArn"])
    issue(acm_backends[ACCOUNT][REGION]._certificates[arn], cluster.server._authority)
    return arn


def test_the_load_balancer_is_the_ingress_own(hub: Hub, cluster: Rehearsed) -> None:
    balancer = hub.balancer()
    tags = hub.elb.describe_tags(ResourceArns=[balancer["LoadBalancerArn"]])["TagDescriptions"][0]["Tags"]
    subnets = {each["SubnetId"] for each in balancer["AvailabilityZones"]}
    assert (
        balancer["Scheme"],
        balancer["Type"],
        subnets,
        {each["Key"]: each["Value"] for each in tags}[CLUSTER_TAG],
    ) == (
        "internet-facing",
        "application",
        set(cluster.subnets),
        cluster.name,
    )


def test_its_attributes_are_those_of_the_ingress(hub: Hub) -> None:
    wanted = {
        "idle_timeout.timeout_seconds": "3600",
        "routing.http.drop_invalid_header_fields.enabled": "true",
        "access_logs.s3.enabled": "false",
    }
    until(lambda: wanted.items() <= hub.attributes().items())


def test_https_has_the_certificate_and_the_policy(hub: Hub) -> None:
    listener = hub.listeners()[443]
    assert (listener["Protocol"], listener["SslPolicy"], listener["Certificates"]) == (
        "HTTPS",
        TLS_POLICY,
        [{"CertificateArn": hub.certificate}],
    )


def test_browsers_are_told_to_come_by_https_only(hub: Hub) -> None:
    arn = hub.listeners()[443]["ListenerArn"]
    wanted = {"Key": "routing.http.response.strict_transport_security.header_value", "Value": HSTS}
    until(lambda: wanted in hub.elb.describe_listener_attributes(ListenerArn=arn)["Attributes"])


def test_the_rule_is_for_the_hubs_host_and_leads_to_its_pods(hub: Hub) -> None:
    rules = hub.elb.describe_rules(ListenerArn=hub.listeners()[443]["ListenerArn"])["Rules"]
    (rule,) = [each for each in rules if not each["IsDefault"]]
    conditions = {each["Field"]: next(iter(each.values())) for each in rule["Conditions"]}
    hosts = next(each["HostHeaderConfig"]["Values"] for each in rule["Conditions"] if each["Field"] == "host-header")
    to = rule["Actions"][0]["ForwardConfig"]["TargetGroups"][0]["TargetGroupArn"]
    assert (sorted(conditions), hosts, to) == (["host-header", "path-pattern"], [HOST], hub.group()["TargetGroupArn"])


def test_pods_are_targets_and_their_health_is_the_hubs(hub: Hub, program: Program) -> None:
    group = hub.group()
    assert (group["TargetType"], group["HealthCheckPath"], group["Matcher"]) == (
        "ip",
        "/hub/health",
        {"HttpCode": "200"},
    )

    def states() -> dict[tuple[str, int], str]:
        found = hub.elb.describe_target_health(TargetGroupArn=group["TargetGroupArn"])["TargetHealthDescriptions"]
        return {(each["Target"]["Id"], each["Target"]["Port"]): each["TargetHealth"]["State"] for each in found}

    until(lambda: states() == {(program.address, program.port): "healthy"})


def test_who_may_come_is_who_the_configuration_allows(hub: Hub) -> None:
    groups = [hub.security_groups()[each] for each in hub.balancer()["SecurityGroups"]]
    rules = {
        (rule["FromPort"], each["CidrIp"])
        for group in groups
        for rule in group["IpPermissions"]
        for each in rule["IpRanges"]
    }
    assert rules == {(port, cidr) for port in (80, 443) for cidr in CONFIG.allowed_cidrs}


def test_the_nodes_let_the_load_balancer_in(hub: Hub, program: Program) -> None:
    def open_to() -> set[tuple[int, str]]:
        rules = hub.cluster_group()["IpPermissions"]
        return {(rule["FromPort"], pair["GroupId"]) for rule in rules for pair in rule["UserIdGroupPairs"]}

    shared = until(lambda: {group for port, group in open_to() if port == program.port})
    assert shared <= set(hub.balancer()["SecurityGroups"])


@needs_low_ports
def test_a_request_comes_through_to_the_pod(hub: Hub, balancers: LoadBalancers) -> None:
    way = hub.balanced(balancers)
    until(lambda: listens(way.address, 443))
    until(lambda: set(way.health().values()) == {"healthy"})
    answer = way.ask("/hub/login", port=443, host=HOST)
    assert (answer.told["program"], answer.headers["Strict-Transport-Security"]) == ("hub", HSTS)


@needs_low_ports
def test_http_leads_to_https(hub: Hub, balancers: LoadBalancers) -> None:
    way = hub.balanced(balancers)
    until(lambda: listens(way.address, 80))
    answer = way.ask("/hub/login", port=80, host=HOST)
    assert (answer.status, answer.headers["Location"]) == (301, f"https://{HOST}/hub/login")


def test_a_changed_ingress_changes_the_load_balancer_and_back(hub: Hub, cluster: Rehearsed, acl: str) -> None:
    cluster.cloud.client("s3").create_bucket(
        Bucket="logs-of-the-hub", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    more = {"workload.account": ACCOUNT, "ingress.waf.arn": acl, "ingress.logs.bucket": "logs-of-the-hub"}
    hub.apply(load({**SHIPPED, **more}, today=TODAY).config)
    until(lambda: hub.attributes().get("access_logs.s3.bucket") == "logs-of-the-hub", 30)

    until(lambda: hub.firewall() == acl, 30)
    hub.apply()
    until(lambda: hub.attributes()["access_logs.s3.enabled"] == "false", 30)
    until(lambda: hub.firewall() is None, 30)


def test_a_web_acl_gives_way_to_another_and_that_to_none(
    hub: Hub, cluster: Rehearsed, blueprint: Blueprint, role: str, acl: str
) -> None:
    """With the rights of each setting alone, as an update of the stack brings them."""
    another = web_acl(cluster, "another")
    for named in (acl, another, None):
        meaning = {**blueprint.meaning, OWN_WAF.replace(TEMPLATES_ACCOUNT, ACCOUNT): named or f"{acl}-of-nobody"}
        Blueprint(blueprint.assembly, meaning).write_rights(
            cluster.cloud, "Hub", controllers_role(blueprint), role.rpartition("/")[2]
        )
        hub.apply(load({**SHIPPED, "workload.account": ACCOUNT, "ingress.waf.arn": named}, today=TODAY).config)
        until(lambda: hub.firewall() == named, 30)  # noqa: B023 - it is asked for at once


def test_an_ended_pod_is_no_target_any_more(hub: Hub, cluster: Rehearsed) -> None:
    cluster.delete(f"/api/v1/namespaces/{JUPYTERHUB.namespace}/pods/proxy?gracePeriodSeconds=0")
    group = hub.group()["TargetGroupArn"]
    until(lambda: not hub.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"], 30)


def test_everything_goes_with_the_ingress(hub: Hub) -> None:
    hub.delete()
    until(lambda: not hub.there(), 60)
    left = [group["GroupName"] for group in hub.security_groups().values()]
    assert (
        hub.elb.describe_load_balancers()["LoadBalancers"],
        hub.elb.describe_target_groups()["TargetGroups"],
        [name for name in left if name.startswith("k8s-")],
        hub.cluster_group()["IpPermissions"],
    ) == ([], [], [], [])


def test_the_controller_may_do_all_that_it_did(cluster: Rehearsed, hub: Hub) -> None:
    refused = [(str(each.call), each.lacks, each.unknown) for each in cluster.server.recorder.calls]
    assert [each for each in refused if each[1] or each[2]] == []
