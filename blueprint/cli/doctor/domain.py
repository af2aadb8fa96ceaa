"""The parent zone is the one that the world asks, and nothing is in the way of the subzone and the hub's record."""

from collections.abc import Iterator, Sequence

from botocore.exceptions import ClientError

from blueprint.cli.checks.aws import Account, code
from blueprint.cli.checks.examination import Check
from blueprint.cli.checks.findings import Finding, fault, listed, ok, unknown, warning
from blueprint.cli.checks.world import World
from blueprint.cli.doctor.stacks import Stacks
from blueprint.cli.doctor.zones import Record, Zone, of, records, values, zone, zones_called

_MARKS = (("edns-", "."), ("", "-"))
"""How ExternalDNS names ownership records beside a name: as here (charts/values), and by default."""
AMAZON = ("amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com")
"""Who may stand in CAA records for ACM: https://docs.aws.amazon.com/acm/latest/userguide/setup-caa.html"""


def world_answers(world: World) -> Iterator[Finding]:
    """The world finds the parent domain."""
    name = world.config.parent_hostedzone_name
    servers = world.resolver.records(name, "NS")
    if servers is None:
        yield fault(f"The world knows no domain {name}.", "Correct parent.hostedzone.name, or register the domain")
    elif not servers:
        text = f"{name} has no name servers of its own: it is a name within a zone, and no zone."
        yield fault(text, "Set parent.hostedzone.name to the zone's name")
    else:
        yield ok(f"The world asks {listed(sorted(servers), 2)} for {name}.")


def parent_zone(world: World) -> Iterator[Finding]:
    """The DNS account holds it, and it is the one that is asked."""
    config, account = world.config, world.dns
    assert account is not None
    name, route53 = config.parent_hostedzone_name, account.client("route53")
    found = _parent(world, account)
    if isinstance(found, Finding):
        yield found
        return
    if found.name != name:
        text = f"The zone {found.id} is {found.name}, not {name}."
        yield fault(text, "Correct parent.hostedzone.id or parent.hostedzone.name")
        return
    asked = world.resolver.records(name, "NS") or []
    if asked and found.servers and not found.servers & set(asked):
        text = f"The world asks {listed(sorted(asked), 2)} for {name}, and not the name servers of the zone {found.id}."
        others = [each for each in zones_called(route53, name) if each != found.id]
        more = f" (the account has {listed(others)}, too)" if others else ""
        fix = f"Name the right zone in parent.hostedzone.id{more}, or let the registrar point at {found.id}'s servers"
        yield fault(text, fix)
    else:
        yield ok(f"The zone {found.id} of the DNS account answers for {name}.")


def _parent(world: World, account: Account) -> Zone | Finding:
    config, route53 = world.config, account.client("route53")
    name, wanted = config.parent_hostedzone_name, config.parent_hostedzone_id
    if wanted is None:
        ids = zones_called(route53, name)
        if not ids:
            text = f"The DNS account has no public hosted zone {name}."
            return fault(text, "Create it there, or correct parent.hostedzone.name and parent.dns.account")
        if len(ids) > 1:
            text = f"The DNS account has {len(ids)} public hosted zones {name}: {listed(ids)}."
            return fault(text, "Say which one in parent.hostedzone.id")
        wanted = ids[0]
    try:
        answer = route53.get_hosted_zone(Id=wanted)
    except ClientError as error:
        if code(error) != "NoSuchHostedZone":
            raise
        return fault(f"The DNS account has no hosted zone {wanted}.", "Correct parent.hostedzone.id")
    if answer["HostedZone"].get("Config", {}).get("PrivateZone"):
        return fault(f"The zone {wanted} is private: the world does not ask it.", "Take the public one of that name")
    return zone(route53, wanted)


def parent_records(world: World) -> Iterator[Finding]:
    """No record of the parent zone stands where the subzone will."""
    config, account = world.config, world.dns
    assert account is not None
    found = _parent(world, account)
    if isinstance(found, Finding):
        return
    subzone = config.dev_subzone_name
    below = records(account, found.id, subzone)
    if of(below, subzone, "CNAME"):
        text = f"{subzone} is a CNAME record in {found.name}: nothing can be beside it, and so no delegation."
        yield fault(text, "Delete that record, or choose another dev.subzone.name")
    hidden = [f"{each['Name']} {each['Type']}" for each in below if each["Name"].endswith(f".{subzone}")]
    if hidden:
        text = f"{found.name} has records below {subzone}, which nobody finds once that is delegated: {listed(hidden)}."
        yield warning(text, "Move them into the subzone afterwards, or choose another dev.subzone.name")
    yield from _delegation(world, [set(values(each)) for each in of(below, subzone, "NS")])


def delegation(world: World) -> Iterator[Finding]:
    """The same as far as the world can tell, where the DNS account is not at hand."""
    if world.dns is None:
        servers = world.resolver.records(world.config.dev_subzone_name, "NS")
        yield from _delegation(world, [set(servers)] if servers else [])


def _delegation(world: World, delegated: list[set[str]]) -> Iterator[Finding]:
    """Who has the subzone now: nobody, this deployment, or somebody else."""
    subzone, account = world.config.dev_subzone_name, world.subzone_account
    if not delegated:
        yield ok(f"{subzone} is not delegated to anybody else.")
        return
    servers = delegated[0]
    if account is None:
        text = f"{subzone} is delegated to {listed(sorted(servers), 2)}; whether to this deployment is not known."
        yield unknown(text, "Name credentials of the DNS account: --dns-profile")
        return
    route53 = account.client("route53")
    mine = [zone(route53, each) for each in zones_called(route53, subzone)]
    stack = world.stack("Dns" if account is world.workload else "ParentDns")
    if not any(each.servers & servers for each in mine):
        text = f"{subzone} is delegated to {listed(sorted(servers), 2)}, which no zone of the {account.name} has."
        yield fault(text, "A deployment would take it from whoever has it: choose another dev.subzone.name")
    elif not Stacks(account).has(stack):
        text = f"{subzone} is delegated already, to a zone that is not of a stack {stack}."
        yield fault(text, "A deployment makes a zone of its own: choose another dev.subzone.name, or delete that one")
    else:
        yield ok(f"{subzone} is delegated to this deployment's zone.")


def subzone_zones(world: World) -> Iterator[Finding]:
    """No other zone has the subzone's name."""
    account, name = world.subzone_account, world.config.dev_subzone_name
    if account is None:
        return
    ids = zones_called(account.client("route53"), name)
    deployed = Stacks(account).has(world.stack("Dns" if account is world.workload else "ParentDns"))
    others = len(ids) - deployed
    if others > 0:
        text = f"The {account.name} has {len(ids)} hosted zone(s) {name} already: {listed(ids)}."
        yield warning(text, "Delete those that nothing uses: nobody asks them once the new one is delegated")
    else:
        yield ok(f"No other zone of the {account.name} is called {name}.")


def host_records(world: World) -> Iterator[Finding]:
    """The hub's name is free, or ExternalDNS's own."""
    account, config = world.subzone_account, world.config
    if account is None:
        return
    host = config.jupyterhub_subzone_name
    ids = zones_called(account.client("route53"), config.dev_subzone_name)
    if not ids:
        yield ok(f"{host} is free: its zone is not there yet.")
    for id in ids:
        found = records(account, id, config.dev_subzone_name)
        addresses = [each for each in found if each["Name"] == host and each["Type"] in ("A", "AAAA", "CNAME")]
        owners = _owners(found, host)
        ours = f"{config.name}-{world.workload.region}-{config.workload_account or ''}"
        if strangers := sorted(each for each in owners if not each.startswith(ours)):
            text = f"The records of {host} belong to another hub ({listed(strangers)})."
            yield fault(text, "Choose another jupyterhub.subzone.name, or destroy that hub first")
        elif addresses and not owners:
            text = f"{host} has records in the zone {id} that ExternalDNS did not make, and will not change."
            yield fault(text, "Delete them, or choose another jupyterhub.subzone.name")
        else:
            yield ok(f"{host} is this hub's." if owners else f"{host} is free in the zone {id}.")


def _owners(found: Sequence[Record], host: str) -> set[str]:
    """Whom ExternalDNS's ownership records beside a host name."""
    beside = {host, *(f"{prefix}{kind}{mark}{host}" for prefix, mark in _MARKS for kind in ("a", "aaaa", "cname"))}
    texts = [text for each in found if each["Type"] == "TXT" and each["Name"] in beside for text in values(each)]
    parts = [part for text in texts if "heritage=external-dns" in text for part in text.split(",")]
    return {part.partition("=")[2] for part in parts if part.startswith("external-dns/owner=")}


def authorities(world: World) -> Iterator[Finding]:
    """Whether Amazon may issue a certificate for the host: the nearest CAA records above a name decide."""
    if world.config.certificate_arn is not None:
        return
    name = world.config.jupyterhub_subzone_name
    while "." in name:
        found = world.resolver.records(name, "CAA")
        if found:
            yield _permitted(name, found)
            return
        name = name.partition(".")[2]
    yield ok("No CAA record keeps Amazon from issuing the certificate.")


def _permitted(name: str, found: Sequence[str]) -> Finding:
    parts = [each.replace('"', "").split(maxsplit=2) for each in found]
    tagged = [(each[1], each[2].partition(";")[0].strip()) for each in parts if len(each) == 3]
    wild = [value for tag, value in tagged if tag == "issuewild"] or [value for tag, value in tagged if tag == "issue"]
    plain = [value for tag, value in tagged if tag == "issue"]
    for allowed in (plain, wild):
        if allowed and not any(value in AMAZON for value in allowed):
            text = f"CAA records of {name} allow certificates of {listed(sorted(set(allowed)))}, and not Amazon's."
            return fault(text, f"Add '{name} CAA 0 issue \"amazon.com\"', or bring a certificate with certificateArn")
    return ok(f"The CAA records of {name} allow Amazon's certificates.")


CHECKS = (
    Check("parent zone", world_answers),
    Check("parent zone", parent_zone, dns=True),
    Check("subzone", parent_records, workload=True, dns=True),
    Check("subzone", delegation, workload=True),
    Check("subzone", subzone_zones, workload=True),
    Check("hub's records", host_records, workload=True),
    Check("certificate", authorities),
)
