"""Load balancers carry traffic: real requests, from a client over the load balancer's address to a program."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from ipaddress import IPv4Network
from typing import Any

import aiohttp
import pytest
from botocore.exceptions import ClientError
from moto.acm.models import acm_backends

from rehearsal.aws import Cloud, Server
from rehearsal.aws.dns.public import issue
from rehearsal.aws.load_balancing import LoadBalancers
from rehearsal.aws.load_balancing.picture import Listener, Picture
from tests.rehearsal.balancing import HTTP, HTTPS, Balanced, Program, listens, until
from tests.rehearsal.stacks import ACCOUNT, REGION

POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"


@pytest.fixture(scope="module")
def balancers(server: Server) -> Iterator[LoadBalancers]:
    with LoadBalancers(IPv4Network("127.240.0.0/16")) as balancers:
        yield balancers


@pytest.fixture(scope="module")
def network(server: Server) -> tuple[str, list[str]]:
    """A VPC that leads to the internet, and its subnets."""
    ec2 = server.cloud(ACCOUNT, REGION).client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")
        for number, zone in enumerate("ab")
    ]
    return vpc, [each["Subnet"]["SubnetId"] for each in subnets]


@pytest.fixture
def balanced(
    server: Server, cloud: Cloud, balancers: LoadBalancers, network: tuple[str, list[str]], request: Any
) -> Iterator[Balanced]:
    elb = cloud.client("elbv2")
    vpc, subnets = network
    name = f"t{abs(hash(request.node.name)) % 10**12}"
    balancer = elb.create_load_balancer(Name=name, Subnets=subnets, Scheme="internet-facing")["LoadBalancers"][0]
    group = elb.create_target_group(
        Name=name, Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip", HealthCheckPath="/health"
    )["TargetGroups"][0]
    balanced = Balanced(
        cloud, balancers, balancer["LoadBalancerArn"], balancer["DNSName"], group["TargetGroupArn"], str(server.ca)
    )
    yield balanced
    elb.delete_load_balancer(LoadBalancerArn=balanced.arn)
    elb.delete_target_group(TargetGroupArn=balanced.group)


@pytest.fixture
def programs() -> Iterator[list[Program]]:
    with ExitStack() as stack:
        yield [stack.enter_context(Program(f"program{number}", f"127.0.0.{number}").running()) for number in (2, 3)]


@pytest.fixture
def open_port(balanced: Balanced, programs: list[Program]) -> Balanced:
    """A load balancer with a listener that forwards to one program."""
    balanced.listen(HTTP, balanced.forward())
    balanced.register(programs[0])
    return balanced


def certificate(cloud: Cloud, server: Server, *names: str) -> str:
    """An issued certificate."""
    acm = cloud.client("acm")
    arn = str(
        acm.request_certificate(
            DomainName=names[0],
            SubjectAlternativeNames=list(names),
            ValidationMethod="DNS",
            IdempotencyToken=names[0][:5],
        )["CertificateArn"]
    )
    issue(acm_backends[ACCOUNT][REGION]._certificates[arn], server._authority)
    return arn


def served(balanced: Balanced) -> Listener:
    """The listener as the load balancer knows it."""
    return balanced.balancers._picture.listeners[balanced.name][0]


def test_a_request_reaches_the_target_as_it_is(open_port: Balanced) -> None:
    answer = open_port.ask("/hub/a%20b?x=%2F&y", method="POST", body=b"z" * 100_000)
    told = answer.told
    assert (told["method"], told["target"], told["bytes"]) == ("POST", "/hub/a%20b?x=%2F&y", 100_000)


def test_a_target_is_healthy_when_requests_reach_it(
    balanced: Balanced, programs: list[Program], monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = balanced.listen(HTTP, [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}])
    serve = balanced.balancers._serve

    async def serve_slowly(picture: Picture) -> None:
        await asyncio.sleep(0.7)
        await serve(picture)

    monkeypatch.setattr(balanced.balancers, "_serve", serve_slowly)
    everything = [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}}]
    balanced.elb.create_rule(ListenerArn=listener, Priority=1, Conditions=everything, Actions=balanced.forward())
    balanced.register(programs[0])
    assert balanced.ask().status == 200


def test_the_target_learns_where_the_request_came_from(open_port: Balanced) -> None:
    told = open_port.ask("/", headers={"X-Forwarded-For": "203.0.113.9"}).told
    headers = {name.lower(): value for name, value in told["headers"]}
    assert {name: headers[name] for name in headers if name.startswith("x-forwarded") or name == "host"} == {
        "host": "hub.test",
        "x-forwarded-for": "203.0.113.9, 127.0.0.1",
        "x-forwarded-proto": "http",
        "x-forwarded-port": str(HTTP),
    }


def test_every_cookie_of_an_answer_arrives(open_port: Balanced) -> None:
    assert open_port.ask().headers.get_all("Set-Cookie") == ["a=1", "b=2"]


def test_a_client_that_waits_to_send_is_told_to(open_port: Balanced) -> None:
    told = open_port.ask("/", method="PUT", headers={"Expect": "100-continue"}, body=b"abc").told
    assert told["bytes"] == 3


@pytest.mark.parametrize("drop", [True, False])
def test_invalid_header_names_are_dropped_if_asked(open_port: Balanced, drop: bool) -> None:
    attribute = {"Key": "routing.http.drop_invalid_header_fields.enabled", "Value": str(drop).lower()}
    open_port.elb.modify_load_balancer_attributes(LoadBalancerArn=open_port.arn, Attributes=[attribute])

    def dropped() -> bool:
        told = open_port.ask("/", headers={"x_token": "1"}).told
        return "x_token" not in [name.lower() for name, _ in told["headers"]]

    until(lambda: dropped() is drop)


def test_an_answer_comes_while_it_is_made(open_port: Balanced) -> None:
    with open_port.connection() as connection:
        connection.request("GET", "/stream?pause=30")
        assert connection.getresponse().readline() == b"first\n"


def test_a_silent_target_is_given_up_after_the_idle_timeout(open_port: Balanced) -> None:
    attribute = {"Key": "idle_timeout.timeout_seconds", "Value": "1"}
    open_port.elb.modify_load_balancer_attributes(LoadBalancerArn=open_port.arn, Attributes=[attribute])
    until(lambda: served(open_port).attributes.get(attribute["Key"]))
    assert open_port.ask("/silent").status == 504


def test_a_target_that_keeps_connections_for_less_than_the_idle_timeout_gives_bad_gateways(balanced: Balanced) -> None:
    balanced.listen(HTTP, balanced.forward())
    with Program("impatient", "127.0.0.4", keep_alive=0.1).running() as impatient:
        balanced.register(impatient)
        first = balanced.ask().status
        until(lambda: impatient.connections == 0)
        assert (first, balanced.ask().status, balanced.ask().status) == (200, 502, 200)


def test_a_connection_that_the_load_balancer_would_have_closed_itself_is_not_missed(balanced: Balanced) -> None:
    attribute = {"Key": "idle_timeout.timeout_seconds", "Value": "1"}
    balanced.elb.modify_load_balancer_attributes(LoadBalancerArn=balanced.arn, Attributes=[attribute])
    balanced.listen(HTTP, balanced.forward())
    with Program("patient", "127.0.0.4", keep_alive=1.5).running() as patient:
        balanced.register(patient)
        first = balanced.ask().status
        until(lambda: patient.connections == 0)
        assert (first, balanced.ask().status) == (200, 200)


def test_a_kept_connection_is_used_again(open_port: Balanced, programs: list[Program]) -> None:
    assert [open_port.ask().status for _ in range(3)] == [200] * 3
    until(lambda: programs[0].connections == 1)  # those of health checks end at once


def test_a_listener_puts_its_headers_into_every_answer(open_port: Balanced) -> None:
    key = "routing.http.response.strict_transport_security.header_value"
    listener = open_port.listeners[HTTP]
    attributes = [{"Key": key, "Value": "max-age=31536000"}]
    open_port.elb.modify_listener_attributes(ListenerArn=listener, Attributes=attributes)
    until(lambda: open_port.ask().headers.get("Strict-Transport-Security") == "max-age=31536000")


def test_a_listener_has_no_other_attributes(open_port: Balanced) -> None:
    attributes = [{"Key": "routing.http.response.hsts", "Value": "max-age=1"}]
    with pytest.raises(ClientError, match=r"routing\.http\.response\.hsts' is not recognized"):
        open_port.elb.modify_listener_attributes(ListenerArn=open_port.listeners[HTTP], Attributes=attributes)


def test_a_target_that_is_gone_is_a_bad_gateway(balanced: Balanced) -> None:
    balanced.listen(HTTP, balanced.forward())
    nobody = Program("nobody", "127.0.0.9")
    nobody.port = 9
    balanced.register(nobody, state="unhealthy")
    assert balanced.ask().status == 502


def test_no_target_is_an_unavailable_service(balanced: Balanced) -> None:
    balanced.listen(HTTP, balanced.forward())
    assert balanced.ask().status == 503


def test_targets_take_turns(balanced: Balanced, programs: list[Program]) -> None:
    balanced.listen(HTTP, balanced.forward())
    balanced.register(*programs)
    assert sorted(balanced.ask().told["program"] for _ in range(4)) == ["program2"] * 2 + ["program3"] * 2


def test_only_healthy_targets_get_requests(balanced: Balanced, programs: list[Program]) -> None:
    balanced.listen(HTTP, balanced.forward())
    balanced.register(*programs)
    programs[0].healthy = False
    until(lambda: balanced.health()[programs[0].address] == "unhealthy")
    assert {balanced.ask().told["program"] for _ in range(4)} == {"program3"}


def test_a_recovered_target_is_healthy_again(open_port: Balanced, programs: list[Program]) -> None:
    for healthy, state in ((False, "unhealthy"), (True, "healthy")):
        programs[0].healthy = healthy
        until(lambda state=state: open_port.health() == {programs[0].address: state})  # type: ignore[misc]


def test_an_ill_target_says_why(open_port: Balanced, programs: list[Program]) -> None:
    programs[0].healthy = False
    until(lambda: set(open_port.health().values()) == {"unhealthy"})
    found = open_port.elb.describe_target_health(TargetGroupArn=open_port.group)["TargetHealthDescriptions"]
    assert found[0]["TargetHealth"] == {
        "State": "unhealthy",
        "Reason": "Target.ResponseCodeMismatch",
        "Description": "Health checks failed with these codes: [500]",
    }


def test_a_target_without_a_load_balancer_is_unused(balanced: Balanced, programs: list[Program]) -> None:
    balanced.register(programs[0], state="unused")
    assert balanced.health() == {programs[0].address: "unused"}


def test_rules_are_tried_in_the_order_of_their_priorities(open_port: Balanced) -> None:
    def rule(priority: int, host: str, path: str, text: str) -> None:
        conditions = [
            {"Field": "host-header", "HostHeaderConfig": {"Values": [host]}},
            {"Field": "path-pattern", "PathPatternConfig": {"Values": [path]}},
        ]
        response = {"StatusCode": "200", "ContentType": "text/plain", "MessageBody": text}
        action = {"Type": "fixed-response", "FixedResponseConfig": response}
        listener = open_port.listeners[HTTP]
        open_port.elb.create_rule(ListenerArn=listener, Priority=priority, Conditions=conditions, Actions=[action])

    rule(20, "*.test", "/*", "any path")
    rule(10, "HUB.test", "/api/?", "one letter")
    asked = [("hub.test", "/api/x"), ("hub.test", "/api/xy"), ("other.test", "/api/x")]
    until(lambda: open_port.ask("/api/x", host="hub.test").body == b"one letter")
    got = [open_port.ask(path, host=host).body for host, path in asked]
    assert (got, open_port.ask("/", host="else.where").told["program"]) == (
        [b"one letter", b"any path", b"any path"],
        "program2",
    )


def test_http_leads_to_https(balanced: Balanced) -> None:
    config = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    balanced.listen(HTTP, [{"Type": "redirect", "RedirectConfig": config}])
    answer = balanced.ask("/hub/x?y=1")
    assert (answer.status, answer.headers["Location"]) == (301, "https://hub.test/hub/x?y=1")


def test_tls_ends_at_the_load_balancer(
    balanced: Balanced, cloud: Cloud, server: Server, programs: list[Program]
) -> None:
    arns = [certificate(cloud, server, "hub.test", "*.hub.test"), certificate(cloud, server, "other.test")]
    listener = balanced.listen(
        HTTPS, balanced.forward(), Protocol="HTTPS", SslPolicy=POLICY, Certificates=[{"CertificateArn": arns[0]}]
    )
    more = [{"CertificateArn": arn} for arn in arns]
    balanced.elb.add_listener_certificates(ListenerArn=listener, Certificates=more)
    balanced.register(programs[0])

    def protocol(host: str) -> str:
        told = balanced.ask("/", port=HTTPS, host=host).told
        return str(dict(told["headers"])["X-Forwarded-Proto"])

    until(lambda: len(served(balanced).certificates) == 2)
    until(lambda: listens(balanced.address, HTTPS))
    assert [protocol(host) for host in ("hub.test", "a.hub.test", "other.test")] == ["https"] * 3
    with pytest.raises(ssl.SSLCertVerificationError):
        protocol("nobody.test")


def test_a_certificate_that_is_not_issued_is_refused(balanced: Balanced, cloud: Cloud) -> None:
    acm = cloud.client("acm")
    arn = acm.request_certificate(DomainName="pending.test", ValidationMethod="DNS")["CertificateArn"]
    with pytest.raises(ClientError, match="UnsupportedCertificate"):
        balanced.listen(HTTPS, balanced.forward(), Protocol="HTTPS", Certificates=[{"CertificateArn": arn}])


def test_a_certificate_in_use_cannot_be_deleted(balanced: Balanced, cloud: Cloud, server: Server) -> None:
    arn, acm = certificate(cloud, server, "used.test"), cloud.client("acm")
    balanced.listen(HTTPS, balanced.forward(), Protocol="HTTPS", Certificates=[{"CertificateArn": arn}])
    used = acm.describe_certificate(CertificateArn=arn)["Certificate"]["InUseBy"]
    with pytest.raises(ClientError, match="ResourceInUseException"):
        acm.delete_certificate(CertificateArn=arn)
    balanced.elb.delete_load_balancer(LoadBalancerArn=balanced.arn)
    acm.delete_certificate(CertificateArn=arn)
    assert used == [balanced.arn]


def websocket(balanced: Balanced, path: str = "/socket", **more: Any) -> Any:
    """What comes back over a websocket: text, bytes, the answer to a ping, the protocol, the code of the end."""

    async def talk() -> Any:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(
                f"http://{balanced.address}:{HTTP}{path}", protocols=["v1.kernel"], autoping=False, **more
            ) as socket,
        ):
            await socket.send_str("hello")
            await socket.send_bytes(b"x" * 5_000_000)
            await socket.ping(b"there?")
            got = [await socket.receive() for _ in range(3)]
            await socket.close(code=4000)
            return got[0].data, len(got[1].data), bytes(got[2].data), socket.protocol

    return asyncio.run(talk())


def test_websockets_go_both_ways(open_port: Balanced) -> None:
    assert websocket(open_port, max_msg_size=0) == ("program2: hello", 5_000_000, b"there?", "v1.kernel")


def test_a_refused_websocket_is_refused_with_the_targets_status(open_port: Balanced) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        websocket(open_port, "/socket?refuse=1")
    assert refused.value.status == 403


def test_a_silent_websocket_is_ended_after_the_idle_timeout(open_port: Balanced) -> None:
    attribute = {"Key": "idle_timeout.timeout_seconds", "Value": "1"}
    open_port.elb.modify_load_balancer_attributes(LoadBalancerArn=open_port.arn, Attributes=[attribute])
    until(lambda: served(open_port).attributes.get(attribute["Key"]))

    async def listen() -> aiohttp.WSMsgType:
        url = f"http://{open_port.address}:{HTTP}/socket"
        async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
            return (await socket.receive(timeout=8)).type

    assert asyncio.run(listen()) in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}


def test_what_is_deleted_listens_no_more(open_port: Balanced) -> None:
    address = open_port.address
    open_port.elb.delete_load_balancer(LoadBalancerArn=open_port.arn)
    until(lambda: not listens(address, HTTP))
    assert open_port.balancers.resolve(open_port.name) is None


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        pytest.param({"Type": "network"}, "Application Load Balancers only", id="another type"),
        pytest.param({"Subnets": ["one"]}, "two different Availability Zones", id="one zone"),
    ],
)
def test_what_aws_or_the_stand_in_cannot_balance_is_refused(
    cloud: Cloud, network: tuple[str, list[str]], wanted: Any, words: str
) -> None:
    subnets = network[1][:1] if "Subnets" in wanted else network[1]
    with pytest.raises(ClientError, match=words):
        cloud.client("elbv2").create_load_balancer(**{"Name": "refused", **wanted, "Subnets": subnets})


def test_targets_of_another_type_are_refused(cloud: Cloud, network: tuple[str, list[str]]) -> None:
    with pytest.raises(ClientError, match="no targets of type instance"):
        cloud.client("elbv2").create_target_group(Name="refused", Protocol="HTTP", Port=80, VpcId=network[0])


def test_a_load_balancer_holds_its_subnets_and_security_groups_in_use(balanced: Balanced, cloud: Cloud) -> None:
    ec2 = cloud.client("ec2")
    described = balanced.elb.describe_load_balancers(LoadBalancerArns=[balanced.arn])["LoadBalancers"][0]
    group = ec2.create_security_group(GroupName=balanced.name, Description="x", VpcId=described["VpcId"])["GroupId"]
    balanced.elb.set_security_groups(LoadBalancerArn=balanced.arn, SecurityGroups=[group])

    def interfaces() -> list[tuple[str, list[str]]]:
        filters = [{"Name": "description", "Values": [f"ELB {balanced.arn.partition('loadbalancer/')[2]}"]}]
        found = ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
        return sorted((each["SubnetId"], [one["GroupId"] for one in each["Groups"]]) for each in found)

    used = interfaces()
    with pytest.raises(ClientError, match="DependencyViolation"):
        ec2.delete_security_group(GroupId=group)
    balanced.elb.delete_load_balancer(LoadBalancerArn=balanced.arn)
    ec2.delete_security_group(GroupId=group)
    assert (used, interfaces()) == (
        sorted((each["SubnetId"], [group]) for each in described["AvailabilityZones"]),
        [],
    )


def test_a_protected_load_balancer_stays(balanced: Balanced) -> None:
    protection = {"Key": "deletion_protection.enabled", "Value": "true"}
    balanced.elb.modify_load_balancer_attributes(LoadBalancerArn=balanced.arn, Attributes=[protection])
    with pytest.raises(ClientError, match="deletion protection is enabled"):
        balanced.elb.delete_load_balancer(LoadBalancerArn=balanced.arn)
    off = [{**protection, "Value": "false"}]
    balanced.elb.modify_load_balancer_attributes(LoadBalancerArn=balanced.arn, Attributes=off)
