"""The commands of `blueprint homes`, as they are called; what each does is loaded when it runs."""

from typing import Annotated

import typer

from blueprint.cli.options import AsJson, Profile, Role, Yes
from blueprint.command_line import Overrides, command_line

homes = command_line("Find, measure, move and delete the homes of people who left.")

_HOME = "A person's name at the hub, or the name of a claim."


@homes.command("find")
def find_homes(
    context: Overrides = None,
    unused: Annotated[
        int, typer.Option(metavar="DAYS", min=1, max=36500, help="Days without activity that make a home unused.")
    ] = 180,
    everybody: Annotated[bool, typer.Option("--all", help="Show everybody's.")] = False,
    provider: Annotated[
        bool, typer.Option("--provider", help="Ask the identity provider, too, who there is (Cognito and Auth0).")
    ] = False,
    profile: Profile = None,
    role: Role = None,
    as_json: AsJson = False,
) -> None:
    """Show homes whose owner is gone, or was not seen for long.

    \b
    For example:
      blueprint homes find --unused 365 --profile workload
      blueprint homes find --provider --json
    """
    from blueprint.cli.homes.finding import find

    find(context, profile, role, unused, everybody=everybody, provider=provider, as_json=as_json)


@homes.command("size")
def size_homes(
    names: Annotated[list[str] | None, typer.Argument(metavar="[HOME]...", help=_HOME)] = None,
    context: Overrides = None,
    profile: Profile = None,
    role: Role = None,
    as_json: AsJson = False,
) -> None:
    """Measure homes, the largest first.

    On EFS a pod of the cluster walks through them, those without a claim, too; a volume of EBS's is as large as it is
    billed.

    \b
    For example:
      blueprint homes size --profile workload
      blueprint homes size ada grace --json
    """
    from blueprint.cli.homes.sizing import show_sizes

    show_sizes(names or [], context, profile, role, as_json=as_json)


@homes.command("move")
def move_home(
    old: Annotated[str, typer.Argument(metavar="FROM", help=_HOME)],
    new: Annotated[str, typer.Argument(metavar="TO", help=_HOME)],
    context: Overrides = None,
    profile: Profile = None,
    role: Role = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Move what one home holds into another person's.

    Nothing is overwritten. Both servers have to be stopped, and on EFS the other home has to be there: its owner has
    started a server once.

    \b
    For example:
      blueprint homes move ada.byron ada.lovelace --profile workload
    """
    from blueprint.cli.homes.moving import move

    move(old, new, context, profile, role, yes=yes, as_json=as_json)


@homes.command("delete")
def delete_homes(
    names: Annotated[list[str], typer.Argument(metavar="HOME...", help=_HOME)],
    directory: Annotated[
        bool, typer.Option("--directory", help="Names may be directories on EFS that nobody claims.")
    ] = False,
    context: Overrides = None,
    profile: Profile = None,
    role: Role = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Delete homes: files, claim, volume and access point.

    It shows them, and the newest backup of them, and asks.

    \b
    For example:
      blueprint homes delete ada --profile workload
      blueprint homes delete claim-ada--5f7c8ec7c3 --directory --yes
    """
    from blueprint.cli.homes.deleting import delete

    delete(names, context, profile, role, directory=directory, yes=yes, as_json=as_json)


@homes.command("volumes")
def print_kept_volumes(context: Overrides = None, profile: Profile = None) -> None:
    """Print PersistentVolumes for EBS homes that were kept.

    Each binds a home that an earlier cluster left to its user's claim in the new one. Pipe them to kubectl after the
    hub is deployed anew.

    \b
    For example:
      blueprint homes volumes --profile workload | kubectl apply -f -
    """
    from blueprint.cli.homes.volumes import print_volumes

    print_volumes(context, profile)
