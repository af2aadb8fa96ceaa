"""The commands of `blueprint restore`, as they are called; what each does is loaded when it runs."""

from typing import Annotated

import typer

from blueprint.cli.options import AsJson, Profile, Role, Yes
from blueprint.command_line import Overrides, command_line

restore = command_line("Restore homes, and the hub's database, from AWS Backup.")

At = Annotated[
    str | None,
    typer.Option("--at", metavar="TIME", help="As it was then (UTC), or at the end of a day; by default the newest."),
]


@restore.command()
def home(
    person: Annotated[str, typer.Argument(metavar="HOME", help="A person's name at the hub, or the name of a claim.")],
    path: Annotated[
        str | None, typer.Option(metavar="PATH", help="A file or directory of the home; by default all of it.")
    ] = None,
    at: At = None,
    directory: Annotated[
        bool, typer.Option("--directory", help="HOME may be a directory on EFS that nobody claims.")
    ] = False,
    context: Overrides = None,
    profile: Profile = None,
    role: Role = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Restore a home, or some of it, beside the present one.

    It comes into a new directory restored-<time> of the home; nothing is overwritten. Interrupted, the same command
    goes on.

    \b
    For example:
      blueprint restore home ada --path work/thesis.ipynb --profile workload
      blueprint restore home ada --at 2026-11-27 --yes
    """
    from blueprint.cli.restore.home import restore

    restore(person, path, at, context, profile, role, directory=directory, yes=yes, as_json=as_json)


@restore.command()
def database(
    at: At = None,
    context: Overrides = None,
    profile: Profile = None,
    role: Role = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Restore the hub's database; the present one is moved aside.

    The hub is stopped for a minute or two; servers go on. Interrupted, the same command goes on.

    \b
    For example:
      blueprint restore database --at 2026-11-27T14:00 --profile workload
    """
    from blueprint.cli.restore.database import restore

    restore(at, context, profile, role, yes=yes, as_json=as_json)


@restore.command()
def points(context: Overrides = None, profile: Profile = None, as_json: AsJson = False) -> None:
    """Show the recovery points that there are.

    \b
    For example:
      blueprint restore points --profile workload
    """
    from blueprint.cli.restore.listing import show_points

    show_points(context, profile, as_json=as_json)
