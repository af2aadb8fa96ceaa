"""The command: which checks there are, whose credentials they get, and how it ends."""

import sys
from datetime import UTC, datetime

from rich.console import Console
from rich.status import Status

from blueprint.cli.checks.aws import Account
from blueprint.cli.checks.examination import Check, examine
from blueprint.cli.checks.findings import Finding, unknown
from blueprint.cli.checks.names import Resolver
from blueprint.cli.checks.report import finish
from blueprint.cli.checks.world import World
from blueprint.cli.doctor import (
    accounts,
    certificate,
    domain,
    image,
    organisation,
    places,
    provider,
    quotas,
    role,
    secret,
    stacks,
    versions,
)
from blueprint.command_line import loaded, setting_of_the_cdk

CHECKS: tuple[Check, ...] = tuple(
    check
    for group in (
        *(accounts, stacks, domain, role, certificate, secret, provider),
        *(places, quotas, image, versions, organisation),
    )
    for check in group.CHECKS
)


def diagnose(
    overrides: list[str] | None,
    *,
    profile: str | None,
    dns_profile: str | None,
    resolver: str,
    seconds: float,
    as_json: bool,
    strict: bool,
) -> None:
    """Look at everything, print what was found, and end with 1 where a deployment would fail."""
    config = loaded(overrides).config
    workload = Account("workload account", config.workload_account, config.workload_region, profile)
    dns = None
    if dns_profile is not None:
        dns = Account("DNS account", config.parent_dns_account, config.workload_region, dns_profile)
    elif config.parent_dns_account == config.workload_account:
        dns = workload
    qualifier = setting_of_the_cdk(overrides, "@aws-cdk/core:bootstrapQualifier") or World.qualifier
    world = World(config, workload, dns, datetime.now(UTC), Resolver(resolver), qualifier)
    with Status("Looking …", console=Console(stderr=True)) as status:
        findings = diagnosed(world, seconds, status if sys.stderr.isatty() else None)
    finish(findings, as_json_text=as_json, strict=strict)


def diagnosed(world: World, seconds: float, status: Status | None = None) -> list[Finding]:
    """What all checks find; of those without credentials one line says so, and not each of them."""
    found = [accounts.identity(world.workload, "workload.account").about("credentials")]
    usable = {"workload": found[0].level == "ok", "dns": False}
    if world.dns is world.workload:
        usable["dns"] = usable["workload"]
    elif world.dns is not None:
        found.append(accounts.identity(world.dns, "parent.dns.account").about("credentials"))
        usable["dns"] = found[1].level == "ok"
    possible = [
        check for check in CHECKS if (usable["workload"] or not check.workload) and (usable["dns"] or not check.dns)
    ]
    if skipped := sorted({check.subject for check in CHECKS if check not in possible}):
        needed = "--dns-profile" if usable["workload"] else "--profile"
        text = f"Without these credentials not all was looked at: {', '.join(skipped)}."
        found.append(unknown(text, f"Name credentials that work: {needed}").about("credentials"))

    def progress(done: int) -> None:
        if status is not None:
            status.update(f"Looking … {possible[done].subject} ({done + 1} of {len(possible)})")

    return [*found, *examine(world, possible, seconds, progress)]
