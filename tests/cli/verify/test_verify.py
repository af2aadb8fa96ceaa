"""`blueprint verify`: the sound hub, and hubs with one thing wrong each."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from blueprint.cli.checks.findings import Level
from blueprint.cli.checks.session import look
from blueprint.cli.verify import reach
from blueprint.cli.verify.verification import CHECKS
from tests.cli.doctor import rights
from tests.cli.doctor.staging import LOGIN, Stage
from tests.cli.internet import Reply, site
from tests.cli.verify.hub import API, CALLBACK, COOKIES, HOST, HSTS, DeployedHub, pod


class Wrong(NamedTuple):
    """What is wrong with a hub, and the level and words of its line, and of its fix."""

    make: Callable[[DeployedHub], Any]
    level: Level
    says: str
    fix: str = ""


def page(path: str, *headers: tuple[str, str], status: int = 200) -> Callable[[DeployedHub], Any]:
    return lambda hub: hub.pages.update({path: Reply("", status, headers)})


def delete_zone(hub: DeployedHub) -> None:
    hub.stage.workload.client("route53").delete_hosted_zone(Id=hub.zone)


def untag(hub: DeployedHub) -> None:
    hub.stage.workload.client("elbv2").remove_tags(ResourceArns=[hub.balancer], TagKeys=["elbv2.k8s.aws/cluster"])


def ill(hub: DeployedHub) -> None:
    health = [{"TargetHealth": {"State": "unhealthy"}}, {"TargetHealth": {"State": "draining"}}]
    hub.stage.border.answer("elbv2", "DescribeTargetHealth", {"TargetHealthDescriptions": health})


def without_answer(hub: DeployedHub) -> None:
    for path in hub.pages:
        hub.pages[path] = Reply(status=0)


WRONG = {
    "not delegated": Wrong(
        lambda hub: hub.stage.names.update({("dev.example.com", "NS"): None}), "fault", "is not delegated"
    ),
    "delegated elsewhere": Wrong(
        lambda hub: hub.stage.names.update({("dev.example.com", "NS"): ["ns1.other.example"]}),
        "fault",
        "The world asks ns1.other.example for dev.example.com",
    ),
    "no zone": Wrong(delete_zone, "fault", "has no hosted zone dev.example.com"),
    "no load balancer": Wrong(untag, "fault", "has no load balancer", "kubectl describe ingress"),
    "host without address": Wrong(
        lambda hub: hub.address(HOST), "fault", f"finds no address of {HOST}", "external-dns"
    ),
    "host that leads elsewhere": Wrong(
        lambda hub: hub.address(HOST, "192.0.2.99"), "fault", f"{HOST} leads to 192.0.2.99"
    ),
    "another scheme": Wrong(
        lambda hub: hub.stage.context.update({"ingress.scheme": "internal"}),
        "fault",
        "is internet-facing; ingress.scheme is internal",
    ),
    "websockets that are cut": Wrong(lambda hub: hub.set_timeout("60"), "fault", "are silent for 60 seconds"),
    "no target in health": Wrong(ill, "fault", "has no target in health (draining, unhealthy)"),
    "hub that is ill": Wrong(page("/hub/health", HSTS, status=503), "fault", "The hub's health is 503"),
    "no HSTS": Wrong(page("/hub/health"), "fault", "not told to come by https only (no header)"),
    "HSTS for a minute": Wrong(page("/hub/health", ("Strict-Transport-Security", "max-age=60")), "fault", "max-age=60"),
    "certificate ends soon": Wrong(lambda hub: hub.put(days=5), "warning", "The certificate ends in 4 days"),
    "no redirect": Wrong(page(f"http://{HOST}/hub/login"), "fault", "Who comes by http is answered 200"),
    "redirect to http": Wrong(
        page(f"http://{HOST}/hub/login", ("Location", f"http://{HOST}/"), status=302), "fault", "and not sent to https"
    ),
    "cookie for http": Wrong(
        page("/hub/login", COOKIES[0], ("Set-Cookie", "jupyterhub-session-id=b; HttpOnly; Path=/")),
        "fault",
        "sent over http as well: jupyterhub-session-id",
    ),
    "cookie for scripts": Wrong(
        page("/hub/login", COOKIES[0], ("Set-Cookie", "jupyterhub-session-id=b; Secure")),
        "fault",
        "Scripts can read cookies: jupyterhub-session-id",
    ),
    "sign-in that leads elsewhere": Wrong(
        lambda hub: hub.pages.update({"/hub/oauth_login": hub.sent_to("https://old.example.com/authorize")}),
        "fault",
        f"Sign-in leads to https://old.example.com/authorize (302), and not to {LOGIN}/authorize",
    ),
    "sign-in that leads nowhere": Wrong(
        page("/hub/oauth_login", status=500), "fault", "Sign-in leads to nowhere (500)"
    ),
    "another callback": Wrong(
        lambda hub: hub.pages.update({"/hub/oauth_login": hub.sent_to(redirect_uri=CALLBACK.replace("https", "http"))}),
        "fault",
        "asks with another redirect_uri than the settings have: http://",
    ),
    "another client": Wrong(
        lambda hub: hub.pages.update({"/hub/oauth_login": hub.sent_to(client_id="old")}),
        "fault",
        "asks with another client_id",
    ),
    "client that the provider does not know": Wrong(
        lambda hub: hub.stage.internet.put("login.example.com", site({"/authorize": Reply("", 400)})),
        "fault",
        "refuses the sign-in (400)",
    ),
    "pod that waits": Wrong(
        lambda hub: hub.pods["jupyterhub"].append(
            pod(
                "hub-2",
                phase="Pending",
                conditions=[{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}],
            )
        ),
        "fault",
        "Pods are not ready: jupyterhub/hub-2 (Unschedulable)",
        "kubectl describe pod",
    ),
    "pod that ends again and again": Wrong(
        lambda hub: hub.pods["kube-system"].append(pod("coredns-2", containerStatuses=[{"restartCount": 9}])),
        "warning",
        "more than 5 times: kube-system/coredns-2",
        "--previous",
    ),
    "no pods": Wrong(lambda hub: hub.pods.clear(), "fault", "There is no pod of hub and controllers"),
    "API that is not reached": Wrong(
        lambda hub: hub.stage.internet.put(API, lambda _: Reply(status=0)),
        "unknown",
        "The cluster's API is not reached",
    ),
    "API that lets nobody in": Wrong(lambda hub: hub.stage.internet.put(API, lambda _: Reply("", 401)), "unknown", ""),
    "cluster that is updated": Wrong(lambda hub: hub.change_cluster(status="UPDATING"), "fault", "is UPDATING"),
    "cluster of another minor": Wrong(
        lambda hub: hub.stage.context.update({"kubernetes.version": "1.36", "kubernetes.running": "1.35"}),
        "warning",
        "runs Kubernetes 1.35; kubernetes.version is 1.36",
    ),
    "API open to the internet": Wrong(
        lambda hub: hub.change_cluster(resourcesVpcConfig={"endpointPublicAccess": True}),
        "fault",
        "The Kubernetes API is open",
    ),
    "secrets in the clear": Wrong(
        lambda hub: hub.change_cluster(encryptionConfig=[]), "fault", "Kubernetes' secrets are not encrypted"
    ),
    "cluster that EKS finds wanting": Wrong(
        lambda hub: hub.change_cluster(health={"issues": [{"code": "ClusterUnreachable", "message": "no subnet"}]}),
        "fault",
        "ClusterUnreachable (no subnet)",
    ),
    "nodes that do not come": Wrong(
        lambda hub: hub.change_nodes(health={"issues": [{"code": "AsgInstanceLaunchFailures", "message": "vCPU"}]}),
        "fault",
        "AsgInstanceLaunchFailures",
    ),
    "nodes that could not be made": Wrong(
        lambda hub: hub.change_nodes(status="CREATE_FAILED"), "fault", "CREATE_FAILED"
    ),
    "add-on that is not well": Wrong(
        lambda hub: hub.addons["coredns"].update(status="DEGRADED"), "fault", "coredns is DEGRADED"
    ),
    "add-on that is missing": Wrong(lambda hub: hub.addons.pop("vpc-cni"), "fault", "vpc-cni is missing"),
    "add-on of another version": Wrong(
        lambda hub: hub.addons["vpc-cni"].update(addonVersion="v1.0.0-eksbuild.1"),
        "warning",
        "vpc-cni v1.0.0-eksbuild.1",
    ),
    "disk in the clear": Wrong(
        lambda hub: hub.volume("disk", encrypted=False, **{"eks:cluster-name": "jupyterhub"}),
        "fault",
        "Not encrypted: vol-",
    ),
    "home in the clear": Wrong(
        lambda hub: hub.volume("home", encrypted=False, **{"jupyterhub-eks:deployment": "jupyterhub"}),
        "fault",
        "Not encrypted: vol-",
    ),
}


def found(hub: DeployedHub) -> list[Any]:
    return [each for each in look(hub.stage.world(), CHECKS, 60) if each.level != "ok"]


def test_pods_of_people_and_of_those_that_start_or_ended_are_nobody_s_fault(hub: DeployedHub) -> None:
    pending: dict[str, Any] = {"phase": "Pending", "conditions": []}
    ended = pod("job", phase="Succeeded", conditions=[])
    placeholder = pod("user-placeholder-0", **pending)
    placeholder["metadata"]["labels"] = {"component": "user-placeholder"}
    hub.pods["jupyterhub"] += [ended, placeholder, pod("new", age=1, **pending)]
    assert found(hub) == []


def test_sound_hub_passes(hub: DeployedHub) -> None:
    hub.stage.with_dns = False
    assert found(hub) == []


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_hub_is_found_wanting(hub: DeployedHub, wrong: Wrong) -> None:
    wrong.make(hub)
    told = found(hub)
    if "kubernetes.version" in hub.stage.context:  # its add-ons are of the other minor, too
        told = [each for each in told if each.subject == "cluster"]
    assert [each.level for each in told] == [wrong.level], told
    assert wrong.says in told[0].text
    assert wrong.fix in told[0].fix
    assert told[0].fix


@pytest.mark.parametrize(
    ("options", "says"),
    [({"days": -1}, "expired"), ({"trusted": False}, "not accepted"), ({"named": "x.org"}, "mismatch")],
)
def test_certificate_that_browsers_refuse_is_told(hub: DeployedHub, options: dict[str, Any], says: str) -> None:
    hub.put(**options)
    told = found(hub)
    assert {each.level for each in told} == {"fault"}
    assert all("do not trust the hub" in each.text and says in each.text for each in told)


def test_hub_that_does_not_answer_is_at_fault_where_the_world_should_reach_it(hub: DeployedHub) -> None:
    without_answer(hub)
    told = [each for each in found(hub) if "not reached" in each.text]
    assert [each.level for each in told] == ["fault"] * 3  # by https, by http, at sign-in


def test_hub_in_a_private_network_may_not_be_reached_from_here(hub: DeployedHub) -> None:
    without_answer(hub)
    hub.stage.context["ingress.scheme"] = "internal"
    told = [each for each in found(hub) if "not reached from here" in each.text]
    assert {each.level for each in told} == {"unknown"}


def test_it_reads_only_and_needs_the_rights_that_are_documented(hub: DeployedHub) -> None:
    machines = {"Reservations": [{"Instances": [{"InstanceId": "i-1"}]}]}
    hub.stage.border.answer("ec2", "DescribeInstances", machines)
    assert found(hub) == []  # makes the clients
    called = rights.noted(hub.stage.workload)
    assert found(hub) == []
    assert [rights.needed(called)] == rights.documented("verify.md")


def test_cluster_that_is_not_there_is_told(stage: Stage) -> None:
    told = [each.text for each in look(stage.world(), CHECKS, 60) if each.subject == "cluster"]
    assert told == ["There is no cluster jupyterhub."]


def test_sign_in_with_cognito_leads_to_the_pool(hub: DeployedHub) -> None:
    for key in ("authUrl", "tokenUrl", "userDataUrl", "clientId", "clientSecretArn"):
        del hub.stage.context[key]
    hub.stage.context["identity.provider"] = "cognito"
    pool = "jupyter-dev-example-com.auth.eu-central-1.amazoncognito.com"
    hub.stage.internet.put(pool, site({"/oauth2/authorize": "sign in"}))
    hub.pages["/hub/oauth_login"] = hub.sent_to(f"https://{pool}/oauth2/authorize", client_id="4f7a")
    assert found(hub) == []


def test_the_addresses_of_a_deployment_are_looked_at(hub: DeployedHub) -> None:
    interfaces = {"NetworkInterfaces": [{"PrivateIpAddress": "10.0.3.7"}]}
    hub.stage.border.answer("ec2", "DescribeNetworkInterfaces", interfaces)
    asked = {(each.host, each.port): each.shut for each in reach.targets(hub.stage.world())}
    assert asked == {
        ("169.254.169.254", 80): True,
        ("169.254.170.23", 80): True,
        ("kubernetes.default.svc", 443): True,
        ("10.0.3.7", 443): True,
        ("proxy-api", 8001): True,
        ("hub", 8081): False,
        ("login.example.com", 443): False,
    }
    hub.stage.border.refuse("ec2", "DescribeNetworkInterfaces", "UnauthorizedOperation")
    assert len(reach.targets(hub.stage.world())) == 6
