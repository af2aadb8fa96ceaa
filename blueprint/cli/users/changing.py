"""What the commands of `users` that change something share."""

from blueprint.cli.changing.carrying_out import carry_out
from blueprint.cli.users.directories import directory
from blueprint.cli.users.plans import Command
from blueprint.cli.users.words import ending
from blueprint.command_line import loaded


def change(command: Command, overrides: list[str] | None, profile: str | None, *, yes: bool, as_json: bool) -> None:
    """Show what it takes, ask, and do it."""
    config = loaded(overrides).config
    with ending(as_json=as_json):
        found = directory(config, command.verb, profile, command.connection)
        plan = command.plan(found, config)
    carry_out(plan, found.title, yes=yes, as_json=as_json)
