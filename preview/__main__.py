"""`python -m preview`: its command line."""

from typing import Annotated

import typer

from blueprint.command_line import Overrides, as_port, command_line, run

app = command_line()


@app.command()
def preview(
    context: Overrides = None,
    real: Annotated[bool, typer.Option("--real", help="Sign in at the identity provider of the context.")] = False,
    port: Annotated[
        int, typer.Option(parser=as_port, metavar="PORT", help="The port on this machine; 0 is any free one.")
    ] = 8000,
    browser: Annotated[bool, typer.Option(help="Open the hub in a browser.")] = True,
) -> None:
    """Run the hub on this machine with the settings of this folder, ready to sign in, until Ctrl-C.

    What it needs is installed into .cache/preview at the first time. `make preview ARGS=…` runs it, too.

    \b
    For example:
      python -m preview
      python -m preview --real -c groups.admins=hub-admins
      make preview ARGS="--port 8001"
    """
    from preview import command

    command.run(context, real=real, port=port, browser=browser)


if __name__ == "__main__":
    run(app)
