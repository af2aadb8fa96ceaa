"""The command `blueprint`: each of its commands, as it is called.

What a command does is in a module of its own, which is loaded when the command runs: so help comes at once.
"""

from pathlib import Path
from typing import Annotated

import typer

from blueprint.command_line import Overrides, command_line, run

app = command_line("Commands for those who deploy and run the hub.")


# `make synth` hands some what it hands the CDK CLI, whose other options mean nothing here.
_AS_FOR_THE_CDK = {"ignore_unknown_options": True, "allow_extra_args": True}


@app.command(context_settings=_AS_FOR_THE_CDK)
def summary(
    context: Overrides = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="The synthesized app.")] = Path("cdk.out"),
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
        typer.Option(help="A key of your own for a new secret; client.secret.kms.key.arn, its default, names it."),
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


@app.command()
def homes(context: Overrides = None) -> None:
    """Print PersistentVolumes for EBS homes that were kept.

    Each binds a home that an earlier cluster left to its user's claim in the new one. Pipe them to kubectl after the
    hub is deployed anew.

    \b
    For example:
      AWS_PROFILE=workload blueprint homes | kubectl apply -f -
    """
    from blueprint.cli.homes import print_volumes

    print_volumes(context)


def main() -> None:
    """Run the command that the command line asks for."""
    run(app)


if __name__ == "__main__":
    main()
