"""What commands that look at the world have in common: their options, whose credentials they use, how they begin."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.status import Status

from blueprint.cli.checks.aws import Account, stopped
from blueprint.cli.checks.examination import Check, examine
from blueprint.cli.checks.findings import Finding, fault, ok, unknown
from blueprint.cli.checks.names import Resolver
from blueprint.cli.checks.world import World
from blueprint.command_line import loaded, setting_of_the_cdk


@dataclass(frozen=True)
class Options:
    """As the command line has them."""

    profile: str | None
    dns_profile: str | None
    resolver: str
    seconds: float
    as_json: bool
    strict: bool
    role: str | None = None


def world(overrides: list[str] | None, options: Options) -> World:
    """What there is to look at."""
    config = loaded(overrides).config
    workload = Account("workload account", config.workload_account, config.workload_region, options.profile)
    dns = None
    if options.dns_profile is not None:
        dns = Account("DNS account", config.parent_dns_account, config.workload_region, options.dns_profile)
    elif config.parent_dns_account == config.workload_account:
        dns = workload
    qualifier = setting_of_the_cdk(overrides, "@aws-cdk/core:bootstrapQualifier") or World.qualifier
    return World(config, workload, dns, datetime.now(UTC), Resolver(options.resolver), qualifier, options.role)


def identity(account: Account, setting: str) -> Finding:
    """Whose credentials these are, and whether they are of the account that is meant."""
    try:
        caller = account.client("sts").get_caller_identity()
    except (ClientError, BotoCoreError, ValueError) as error:
        found = stopped(error)
        return fault(f"{account.name}: {found.text}", found.fix)
    if account.expected and caller["Account"] != account.expected:
        fix = f"Use credentials of {account.expected}, or correct {setting}"
        return fault(f"{account.name}: the credentials are of {caller['Account']}, not of {account.expected}.", fix)
    return ok(f"{account.name}: {caller['Account']}, as {caller['Arn'].rpartition(':')[2]}")


def look(world: World, checks: Sequence[Check], seconds: float, *, demanding: bool = True) -> list[Finding]:
    """What checks find; of those without credentials one line says so, and not each of them.

    Credentials that will not do are a fault where the command is `demanding`, and else one thing more that is unknown.
    """
    found = [identity(world.workload, "workload.account")]
    workload = dns = found[0].level == "ok"
    if world.dns is not world.workload:
        dns = False
        if world.dns is not None:
            found.append(identity(world.dns, "parent.dns.account"))
            dns = found[1].level == "ok"
    if not demanding:
        found = [replace(each, level="unknown") if each.level == "fault" else each for each in found]
    possible = [check for check in checks if (workload or not check.workload) and (dns or not check.dns)]
    if skipped := sorted({check.subject for check in checks if check not in possible}):
        text = f"Without these credentials not all was looked at: {', '.join(skipped)}."
        needed = "--dns-profile" if workload else "--profile"
        found.append(unknown(text, f"Name credentials that work: {needed}"))
    with Status("Looking …", console=Console(stderr=True)) as status:

        def progress(done: int) -> None:
            if sys.stderr.isatty():
                status.update(f"Looking … {possible[done].subject} ({done + 1} of {len(possible)})")

        return [*(each.about("credentials") for each in found), *examine(world, possible, seconds, progress)]
