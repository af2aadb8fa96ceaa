"""The command: which checks there are."""

from blueprint.cli.checks.examination import Check
from blueprint.cli.checks.report import finish
from blueprint.cli.checks.session import Options, look, world
from blueprint.cli.doctor import (
    accounts,
    certificate,
    domain,
    image,
    organisation,
    places,
    provider,
    quotas,
    rights,
    role,
    secret,
    stacks,
    versions,
)

CHECKS: tuple[Check, ...] = tuple(
    check
    for group in (
        *(accounts, stacks, domain, role, certificate, secret, provider),
        *(rights, places, quotas, image, versions, organisation),
    )
    for check in group.CHECKS
)


def diagnose(overrides: list[str] | None, options: Options) -> None:
    """Look at everything, print what was found, and end with 1 where a deployment would fail."""
    finish(
        look(world(overrides, options), CHECKS, options.seconds), as_json_text=options.as_json, strict=options.strict
    )
