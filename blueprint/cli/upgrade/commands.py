"""The commands of `blueprint upgrade`, as they are called."""

from blueprint.cli.options import AsJson, DnsProfile, Profile, Seconds, Strict
from blueprint.command_line import Overrides, command_line

upgrade = command_line("What a newer checkout, or other settings, would change.")


@upgrade.callback()
def _of_upgrades() -> None:
    """There is one command, which is called by its name all the same."""


@upgrade.command()
def plan(
    context: Overrides = None,
    profile: Profile = None,
    dns_profile: DnsProfile = None,
    seconds: Seconds = 60,
    strict: Strict = False,
    as_json: AsJson = False,
) -> None:
    """Say what a deployment of this checkout would change.

    It synthesizes beside cdk.out, compares with the deployed templates, and changes nothing. It ends with 1 where
    something would be lost, or a check does not pass.

    \b
    For example:
      blueprint upgrade plan --profile workload
      blueprint upgrade plan -c kubernetes.version=1.36 -c kubernetes.running=1.35
    """
    from blueprint.cli.checks.names import RESOLVER
    from blueprint.cli.checks.session import Options
    from blueprint.cli.upgrade.command import show_plan

    show_plan(context, Options(profile, dns_profile, RESOLVER, seconds, as_json, strict))
