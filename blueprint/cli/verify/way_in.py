"""The way in, as a browser takes it: names, certificate, redirect, headers, cookies, the hub's health, and sign-in."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qs, urlsplit

from blueprint.cli.checks.examination import Check
from blueprint.cli.checks.findings import Finding, fault, listed, ok, unknown, warning
from blueprint.cli.checks.sign_in import begins
from blueprint.cli.checks.web import Answer, WebError, get
from blueprint.cli.checks.world import World
from blueprint.cli.doctor.zones import zone, zones_called

SOON: Final = 14
YEAR: Final = 31_536_000
_READ_BY_PAGES: Final = "_xsrf"
"""Pages send this cookie back in a header, so scripts have to be able to read it."""


def delegation(world: World) -> Iterator[Finding]:
    """The world asks the name servers of this deployment's zone."""
    account, name = world.subzone_account, world.config.dev_subzone_name
    if account is None:
        return
    route53 = account.client("route53")
    mine = [zone(route53, each) for each in zones_called(route53, name)]
    if not mine:
        yield fault(f"The {account.name} has no hosted zone {name}.", "Deploy it: cdk deploy Hub brings Dns first")
        return
    asked = world.resolver.records(name, "NS") or []
    if any(each.servers & set(asked) for each in mine):
        yield ok(f"The world asks this deployment's zone for {name}.")
    elif asked:
        text = f"The world asks {listed(sorted(asked), 2)} for {name}, and not this deployment's zone."
        yield fault(text, "blueprint doctor --dns-profile … says whose they are")
    else:
        yield fault(f"{name} is not delegated.", "Look at the NS record in the parent zone: cdk deploy Dns")


def address(world: World) -> Iterator[Finding]:
    """The host leads to the load balancer, which has its targets."""
    host, elbv2 = world.config.jupyterhub_subzone_name, world.workload.client("elbv2")
    balancers = {
        each["LoadBalancerArn"]: each
        for each in world.workload.listed("elbv2", "describe_load_balancers", "LoadBalancers")
    }
    mine = [balancers[arn] for arn in _of_cluster(world, list(balancers))]
    if not mine:
        text = "The cluster has no load balancer."
        yield fault(text, "kubectl describe ingress -n jupyterhub hub, and the log of aws-load-balancer-controller")
        return
    balancer = mine[0]
    if balancer["State"]["Code"] != "active":
        yield fault(f"The load balancer is {balancer['State']['Code']}.", "Wait some minutes, or look at it in EC2")
    if balancer["Scheme"] != world.config.ingress_scheme:
        text = f"The load balancer is {balancer['Scheme']}; ingress.scheme is {world.config.ingress_scheme}."
        yield fault(text, "cdk deploy Hub")
    found = set(world.resolver.records(host, "A") or [])
    wanted = set(world.resolver.records(balancer["DNSName"].lower(), "A") or [])
    if not found:
        yield fault(f"The world finds no address of {host}.", "Look at the log of external-dns")
    elif not found & wanted:
        text = f"{host} leads to {listed(sorted(found), 3)}, and not to the load balancer {balancer['DNSName']}."
        yield fault(text, "Look at the log of external-dns; blueprint doctor says whose the records are")
    else:
        yield ok(f"{host} leads to the load balancer.")
    attributes = elbv2.describe_load_balancer_attributes(LoadBalancerArn=balancer["LoadBalancerArn"])["Attributes"]
    yield _patience({each["Key"]: each["Value"] for each in attributes})
    yield from _targets(world, balancer["LoadBalancerArn"])


def _of_cluster(world: World, arns: list[str]) -> Iterator[str]:
    """Those that the controller of this cluster made: https://kubernetes-sigs.github.io/aws-load-balancer-controller."""
    for start in range(0, len(arns), 20):  # so many are told of at a time
        answer = world.workload.client("elbv2").describe_tags(ResourceArns=arns[start : start + 20])
        for each in answer["TagDescriptions"]:
            if {"Key": "elbv2.k8s.aws/cluster", "Value": world.config.name} in each["Tags"]:
                yield each["ResourceArn"]


def _patience(attributes: dict[str, str]) -> Finding:
    seconds = int(attributes.get("idle_timeout.timeout_seconds", "60"))
    if seconds < 3600:
        text = f"The load balancer cuts websockets that are silent for {seconds} seconds: kernels lose their pages."
        return fault(text, "Somebody changed it: cdk deploy Hub, or delete the Ingress and deploy")
    return ok(f"Websockets may be silent for {seconds} seconds.")


def _targets(world: World, balancer: str) -> Iterator[Finding]:
    client = world.workload.client("elbv2")
    for group in client.describe_target_groups(LoadBalancerArn=balancer)["TargetGroups"]:
        health = client.describe_target_health(TargetGroupArn=group["TargetGroupArn"])["TargetHealthDescriptions"]
        states = [each["TargetHealth"]["State"] for each in health]
        if "healthy" in states:
            yield ok("The load balancer finds the hub in health.")
        else:
            text = f"The load balancer has no target in health ({listed(sorted(set(states))) or 'it has none'})."
            yield fault(text, "kubectl get pods -n jupyterhub, then docs/troubleshooting.md")


def answers(world: World) -> Iterator[Finding]:
    """The certificate, the hub's health, and what browsers are told."""
    health = _get(world, f"{world.config.hub_url}/hub/health")
    if isinstance(health, Finding):
        yield health
        return
    ends = health.certificate_ends
    if ends is not None and (days := (ends - world.now).days) < SOON:
        yield warning(f"The certificate ends in {days} days.", "ACM renews it once its validation records are back")
    elif ends is not None:
        yield ok(f"The certificate is valid until {ends:%Y-%m-%d}.")
    if health.status == 200:
        yield ok("The hub is in health.")
    else:
        yield fault(f"The hub's health is {health.status}.", "kubectl logs -n jupyterhub deploy/hub")
    sent = health.headers.get("Strict-Transport-Security", "")
    if _seconds(sent) >= YEAR:
        yield ok("Browsers are told to come by https only.")
    else:
        yield fault(f"Browsers are not told to come by https only ({sent or 'no header'}).", "cdk deploy Hub")


def _seconds(header: str) -> int:
    ages = [each.partition("=")[2].strip() for each in header.split(";") if each.strip().startswith("max-age=")]
    return int(ages[0]) if ages and ages[0].isdigit() else 0


def redirect(world: World) -> Iterator[Finding]:
    """Who comes by http is sent to https."""
    host = world.config.jupyterhub_subzone_name
    answer = _get(world, f"http://{host}/hub/login")
    if isinstance(answer, Finding):
        yield answer
        return
    target = urlsplit(answer.headers.get("Location", ""))
    if answer.status in (301, 302, 307, 308) and (target.scheme, target.hostname) == ("https", host):
        yield ok("Who comes by http is sent to https.")
    else:
        yield fault(f"Who comes by http is answered {answer.status}, and not sent to https.", "cdk deploy Hub")


def cookies(world: World) -> Iterator[Finding]:
    """Those of the sign-in page are for https alone, and but for one no script reads them."""
    answer = _get(world, f"{world.config.hub_url}/hub/login")
    if isinstance(answer, Finding):
        yield answer
        return
    sent = [_cookie(each) for each in answer.headers.get_all("Set-Cookie", [])]
    open_ones = sorted(name for name, flags in sent if "secure" not in flags)
    read = sorted(name for name, flags in sent if "httponly" not in flags and name != _READ_BY_PAGES)
    if open_ones:
        yield fault(f"Cookies are sent over http as well: {listed(open_ones)}.", "cdk deploy Hub")
    if read:
        yield fault(f"Scripts can read cookies: {listed(read)}.", "cdk deploy Hub")
    if not open_ones and not read:
        yield ok("Cookies are for https alone.")


def _cookie(header: str) -> tuple[str, set[str]]:
    first, *others = header.split(";")
    return first.partition("=")[0].strip(), {each.partition("=")[0].strip().lower() for each in others}


def sign_in(world: World) -> Iterator[Finding]:
    """It leads to the provider of the settings, with their client and callback, and the provider takes it."""
    config = world.config
    answer = _get(world, f"{config.hub_url}/hub/oauth_login?next=%2Fhub%2F")
    if isinstance(answer, Finding):
        yield answer
        return
    target = answer.headers.get("Location", "")
    url, query = urlsplit(target), parse_qs(urlsplit(target).query)
    wanted = urlsplit(provider_of(world))
    if answer.status != 302 or (url.scheme, url.netloc, url.path) != ("https", wanted.netloc, wanted.path):
        shown = f"{url.scheme}://{url.netloc}{url.path}" if target else "nowhere"
        text = f"Sign-in leads to {shown} ({answer.status}), and not to {wanted.geturl()}."
        yield fault(text, "cdk deploy Hub, with these settings")
        return
    asked = {key: query.get(key, [""])[0] for key in ("client_id", "redirect_uri", "scope")}
    expected = {
        "client_id": config.client_id or asked["client_id"],
        "redirect_uri": config.callback_url,
        "scope": " ".join(config.scope),
    }
    if different := [key for key in asked if asked[key] != expected[key]]:
        text = f"Sign-in asks with another {listed(different)} than the settings have: {asked[different[0]][:80]}."
        yield fault(text, "cdk deploy Hub, with these settings")
        return
    yield ok(f"Sign-in leads to {wanted.netloc}, and back to {config.callback_url}.")
    yield begins(world, target)


def provider_of(world: World) -> str:
    """Where the settings have people sign in."""
    if world.config.auth_url:
        return world.config.auth_url
    return f"https://{world.config.sign_in_prefix}.auth.{world.workload.region}.amazoncognito.com/oauth2/authorize"


def _get(world: World, url: str) -> Answer | Finding:
    """What the hub answers; or why it does not, which may be for where this command runs."""
    try:
        return get(url)
    except WebError as error:
        if error.untrusted:
            return fault(f"Browsers do not trust the hub: {error}", "Look at the certificate in ACM")
        if world.config.ingress_scheme == "internal":
            return unknown(f"The hub is not reached from here: {error}", "Run it within the private network")
        return fault(f"The hub is not reached: {error}", "Look at ingress.allowed.cidrs, and at the lines above")


CHECKS = (
    Check("delegation", delegation, workload=True),
    Check("load balancer", address, workload=True),
    Check("answers", answers),
    Check("answers", redirect),
    Check("answers", cookies),
    Check("sign-in", sign_in),
)
