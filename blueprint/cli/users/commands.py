"""The commands of `blueprint users`, as they are called; what each does is loaded when it runs."""

from typing import Annotated

import typer

from blueprint.cli.options import AsJson, Yes
from blueprint.command_line import Overrides, command_line

users = command_line("List, add, disable and promote people, at Cognito or Auth0.")

Profile = Annotated[
    str | None,
    typer.Option(metavar="PROFILE", help="The AWS profile of the pool's account; by default the shell's credentials."),
]
People = Annotated[list[str], typer.Argument(metavar="PERSON...", help="E-mail addresses, or ids of the provider's.")]


@users.command("list")
def list_people(context: Overrides = None, profile: Profile = None, as_json: AsJson = False) -> None:
    """Show people, their state and groups, and who may enter.

    \b
    For example:
      blueprint users list --profile workload
      blueprint users list --json
    """
    from blueprint.cli.users.listing import show_people

    show_people(context, profile, as_json=as_json)


@users.command()
def add(
    addresses: Annotated[list[str], typer.Argument(metavar="EMAIL...", help="Whom to invite.")],
    admin: Annotated[bool, typer.Option("--admin", help="As one who administers the hub.")] = False,
    group: Annotated[list[str] | None, typer.Option(metavar="GROUP", help="A group to be in; may be repeated.")] = None,
    connection: Annotated[
        str | None, typer.Option(metavar="NAME", help="Auth0's database connection, where the hub has several.")
    ] = None,
    resend: Annotated[bool, typer.Option("--resend", help="Invite those anew who are there already.")] = False,
    context: Overrides = None,
    profile: Profile = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Invite people by e-mail, into a group that may enter.

    Who is there already stays as they are, but for groups that they lack.

    \b
    For example:
      blueprint users add grace@example.com --profile workload
      blueprint users add ada@example.com grace@example.com --admin --yes
    """
    from blueprint.cli.users.changing import change
    from blueprint.cli.users.verbs import Adding

    change(Adding(addresses, admin, group or [], resend, connection), context, profile, yes=yes, as_json=as_json)


def _on_people(verb: str, help: str) -> None:
    def command(
        people: People, context: Overrides = None, profile: Profile = None, yes: Yes = False, as_json: AsJson = False
    ) -> None:
        from blueprint.cli.users.changing import change
        from blueprint.cli.users.verbs import OF_PEOPLE

        change(OF_PEOPLE[verb](people), context, profile, yes=yes, as_json=as_json)

    command.__doc__ = f"""{help}

    \b
    For example:
      blueprint users {verb} grace@example.com --profile workload
      blueprint users {verb} ada@example.com grace@example.com --yes --json
    """
    users.command(verb)(command)


_on_people("disable", "Keep people from signing in.")
_on_people("enable", "Let people sign in again who were disabled.")
_on_people("promote", "Make people admins, by the group of groups.admins.")
_on_people("demote", "Take people out of the groups of groups.admins.")
