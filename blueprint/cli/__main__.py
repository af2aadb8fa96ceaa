"""The command `blueprint`: each of its commands, as it is called.

What a command does is in a module of its own, which is loaded when the command runs: so help comes at once.
"""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from blueprint.cli.homes.commands import homes
from blueprint.cli.options import AsJson, DnsProfile, Profile, Role, Seconds, Strict
from blueprint.cli.restore.commands import restore
from blueprint.cli.upgrade.commands import upgrade
from blueprint.cli.users.commands import users
from blueprint.command_line import Overrides, command_line, run

app = command_line("Commands for those who deploy and run the hub.")


@app.command()
def init(
    context: Overrides = None,
    account: Annotated[
        str | None, typer.Option(metavar="ACCOUNT", help="workload.account: the account of the cluster.")
    ] = None,
    region: Annotated[str | None, typer.Option(metavar="REGION", help="workload.region: its region.")] = None,
    dns_account: Annotated[
        str | None, typer.Option(metavar="ACCOUNT", help="parent.dns.account: the parent domain's.")
    ] = None,
    domain: Annotated[
        str | None, typer.Option(metavar="DOMAIN", help="parent.hostedzone.name: the parent domain.")
    ] = None,
    subzone: Annotated[
        str | None, typer.Option(metavar="DOMAIN", help="dev.subzone.name: the subzone to delegate.")
    ] = None,
    host: Annotated[
        str | None, typer.Option(metavar="HOST", help="jupyterhub.subzone.name: the hub's host name.")
    ] = None,
    scheme: Annotated[
        str | None, typer.Option(metavar="SCHEME", help="ingress.scheme: internal or internet-facing.")
    ] = None,
    issuer: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="The identity provider's address, which tells authUrl and its like; or cognito."
        ),
    ] = None,
    client_id: Annotated[
        str | None, typer.Option(metavar="ID", help="clientId: what the provider calls the hub.")
    ] = None,
    secret: Annotated[
        str | None, typer.Option(metavar="NAME", help="clientSecretArn: the client secret's name.")
    ] = None,
    admin_email: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="cognito.admin.email: the first admin.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the settings that are needed into cdk.context.json.

    What an option does not say is asked for, where somebody can be asked. What the file holds already is kept, but for
    the example's. Any other setting is given with -c.

    \b
    For example:
      blueprint init
      blueprint init --account 111122223333 --region eu-central-1 --dns-account 444455556666 \\
        --domain example.com --issuer https://login.example.com --client-id jupyterhub
    """
    from blueprint.cli.init import write

    given = {
        "workload.account": account,
        "workload.region": region,
        "parent.dns.account": dns_account,
        "parent.hostedzone.name": domain,
        "dev.subzone.name": subzone,
        "jupyterhub.subzone.name": host,
        "ingress.scheme": scheme,
        "clientId": client_id,
        "clientSecretArn": secret,
        "cognito.admin.email": admin_email,
    }
    write(given, issuer, context, as_json=as_json, asks=sys.stdin.isatty())


PublicResolver = Annotated[
    str,
    typer.Option("--resolver", metavar="URL", help="A public resolver, asked by HTTPS in JSON what the world finds."),
]
RESOLVER = "https://dns.google/resolve"


@app.command()
def doctor(
    context: Overrides = None,
    profile: Profile = None,
    dns_profile: DnsProfile = None,
    resolver: PublicResolver = RESOLVER,
    seconds: Seconds = 60,
    strict: Strict = False,
    as_json: AsJson = False,
) -> None:
    """Look for what would go wrong, before anything is deployed.

    It reads from both accounts, the world's name servers, the identity provider and the registries, and changes
    nothing. It ends with 1 where a deployment would fail, and with 0 otherwise.

    \b
    For example:
      blueprint doctor --profile workload --dns-profile dns
      blueprint doctor --profile workload --json
    """
    from blueprint.cli.checks.session import Options
    from blueprint.cli.doctor.diagnosis import diagnose

    diagnose(context, Options(profile, dns_profile, resolver, seconds, as_json, strict))


@app.command()
def verify(
    context: Overrides = None,
    profile: Profile = None,
    dns_profile: DnsProfile = None,
    role: Role = None,
    every: Annotated[
        str | None, typer.Option(metavar="INTERVAL", help="Look again and again, such as every 5m, until Ctrl-C.")
    ] = None,
    probe: Annotated[
        bool,
        typer.Option("--probe", help="Look from a pod like a user's whether network policies hold; it is deleted."),
    ] = False,
    login: Annotated[
        str | None,
        typer.Option(
            metavar="USER",
            help="Sign in as this test user, start a server, run a cell, stop it; the password comes from a prompt.",
        ),
    ] = None,
    idle: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="With --login, keep the kernel's websocket silent for so long, as 5m."),
    ] = None,
    resolver: PublicResolver = RESOLVER,
    seconds: Seconds = 60,
    strict: Strict = False,
    as_json: AsJson = False,
) -> None:
    """Look whether the deployed hub is found and answers as it should.

    Names, certificate, redirect, headers, cookies, health, sign-in, load balancer, nodes, add-ons and encryption. It
    changes nothing but with --probe, which starts a pod and deletes it, and with --login, which starts and stops a
    server. It ends with 1 where something is at fault. Without credentials it looks from outside alone.

    \b
    For example:
      blueprint verify --profile workload
      blueprint verify --profile workload --probe
      blueprint verify --every 5m --json
      blueprint verify --login test@example.com --idle 5m < password.txt
    """
    if idle is not None and login is None:
        raise typer.BadParameter("it is for --login", param_hint="--idle")
    if login is not None and every is not None:
        raise typer.BadParameter("it is not for --every", param_hint="--login")
    if probe and every is not None:
        raise typer.BadParameter("it is not for --every", param_hint="--probe")
    from blueprint.cli.checks.session import Options
    from blueprint.cli.verify.verification import verify

    options = Options(profile, dns_profile, resolver, seconds, as_json, strict, role)
    verify(context, options, every, probe=probe, user=login, idle=idle)


@app.command()
def status(context: Overrides = None, profile: Profile = None, role: Role = None, as_json: AsJson = False) -> None:
    """Show who works, on what nodes, and why starts take long.

    From the cluster, the hub and AWS; it changes nothing. What one of them does not tell is left out, with the reason,
    and then it ends with 1.

    \b
    For example:
      blueprint status --profile workload
      blueprint status --role arn:aws:iam::111122223333:role/PlatformAdmin --json
    """
    from blueprint.cli.status.command import status

    status(context, profile, role, as_json=as_json)


def _between(least: float, most: float, *, whole: bool = False) -> Callable[[object], float]:
    """Reads a number from the command line; unlike typer it takes no NaN, and says which signs it takes."""

    def read(given: object) -> float:
        from blueprint.config.problems import shown

        text = str(given).strip()
        form = "[0-9]{1,9}" if whole else r"[0-9]{1,9}(\.[0-9]{1,9})?"
        if not re.fullmatch(form, text) or not least <= float(text) <= most:
            kind = "a whole number" if whole else "a number"
            raise typer.BadParameter(f"{shown(given)} is not {kind} from {least:g} to {most:g}")
        return int(text) if whole else float(text)

    return read


@app.command()
def cost(
    context: Overrides = None,
    people: Annotated[
        int,
        typer.Option(metavar="NUMBER", parser=_between(1, 10_000, whole=True), help="How many people there are."),
    ] = 50,
    hours: Annotated[
        float,
        typer.Option(
            metavar="HOURS",
            parser=_between(1, 730),
            help="Hours a month that each one's server runs, those in which it waits idle among them.",
        ),
    ] = 120,
    gigabytes: Annotated[
        float,
        typer.Option(metavar="GB", parser=_between(0, 100_000), help="What each has at home."),
    ] = 10,
    size: Annotated[
        str | None,
        typer.Option(metavar="PROFILE/SIZE", help="A size of singleuser.profiles; by default the first one."),
    ] = None,
    svg: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw it, too, by the number of people.")] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Ask AWS's price list for what EC2's instances cost in the region today.")
    ] = False,
    actual: Annotated[
        bool, typer.Option("--actual", help="Tell what a month did cost: AWS bills 0.01 US dollars for the answer.")
    ] = False,
    month: Annotated[
        str | None,
        typer.Option(metavar="YYYY-MM", help="Which month, with --actual; by default the last one that is over."),
    ] = None,
    by_person: Annotated[
        bool,
        typer.Option("--by-person/--all-together", help="With --actual, whether it is shared by who worked."),
    ] = True,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """Reckon what a month costs, or tell what it did cost.

    What is paid for whoever signs in, what people add, and what the same people would cost on an EC2 machine each, on
    Fargate, and on one big machine. Prices are of dated tables, whose age is told, and nothing is needed but the
    settings; with --live, AWS is asked. With --actual, Cost Explorer tells what a month cost by the deployment's tag,
    and the cluster's audit log whose servers ran; it ends with 1 where there is no answer.

    \b
    For example:
      blueprint cost
      blueprint cost --people 200 --hours 60 --gigabytes 20 --svg cost.svg
      blueprint cost -c nodes.user.min=0 --json
      blueprint cost --actual --month 2026-10 --profile workload
    """
    if month is not None and not actual:
        raise typer.BadParameter("it is for --actual", param_hint="--month")
    from blueprint.cli.cost.command import cost
    from blueprint.cli.cost.options import Asked, Options
    from blueprint.config.costs.load import Load

    asked = Asked(month, by_person) if actual else None
    cost(context, Load(people, hours, gigabytes), Options(size, svg, live, profile, as_json, asked))


@app.command()
def diagram(
    context: Overrides = None,
    outputs: Annotated[
        list[Path] | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="A file to draw it into, of SVG or PNG by its name; may be repeated. By default there are only words.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Draw the architecture of this configuration, and say it in words.

    Accounts, stacks, what each of them makes, and how it meets. Nothing is needed but the settings.

    \b
    For example:
      blueprint diagram --output architecture.svg --output architecture.png
      blueprint diagram -c nodes.user.scaling=karpenter
    """
    from blueprint.cli.diagram.command import diagram

    diagram(context, outputs or [], as_json_text=as_json)


# `make synth` hands some what it hands the CDK CLI, whose other options mean nothing here.
_AS_FOR_THE_CDK = {"ignore_unknown_options": True, "allow_extra_args": True}


@app.command(context_settings=_AS_FOR_THE_CDK)
def summary(
    context: Overrides = None,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="The synthesized app.")] = Path(
        "cdk.out"
    ),
) -> None:
    """Show what was synthesized: stacks, addresses, versions, defaults.

    Nothing is synthesized for it: it reads what `make synth` or `cdk synth` left.

    \b
    For example:
      blueprint summary
      blueprint summary -c nodes.user.max=20
    """
    from blueprint.cli.summary import summarize

    summarize(context, output)


@app.command(hidden=True, context_settings=_AS_FOR_THE_CDK)
def context(given: typer.Context, context: Overrides = None) -> None:
    """Say why the CDK CLI could not start with the files of this folder, before it does so in fewer words."""
    from blueprint.cli.context import check_files

    check_files(context, app_is_given=any(word == "-a" or word.startswith("--app") for word in given.args))


@app.command()
def secret(
    context: Overrides = None,
    kms_key: Annotated[
        str | None,
        typer.Option(
            metavar="ARN", help="A key of your own for a new secret; client.secret.kms.key.arn, its default, names it."
        ),
    ] = None,
) -> None:
    """Store the client secret under the name in clientSecretArn.

    The place is Secrets Manager. The value is read from a prompt or from standard input, never from the command line. A
    secret that is there gets a new value.

    \b
    For example:
      AWS_PROFILE=workload blueprint secret
      AWS_PROFILE=workload blueprint secret < client-secret.txt
    """
    from blueprint.cli.secret import store

    store(context, kms_key)


app.add_typer(homes, name="homes")
app.add_typer(restore, name="restore")
app.add_typer(users, name="users")
app.add_typer(upgrade, name="upgrade")


def main() -> None:
    """Run the command that the command line asks for."""
    run(app)


if __name__ == "__main__":
    main()
