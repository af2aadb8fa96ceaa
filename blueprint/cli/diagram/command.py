"""The command: from the settings to files, and to words."""

import json
import sys
from pathlib import Path

import typer

from blueprint.cli.diagram.architecture import architecture
from blueprint.cli.diagram.words import as_json, in_words
from blueprint.command_line import loaded
from blueprint.config.problems import shown


def diagram(overrides: list[str] | None, outputs: list[Path], *, as_json_text: bool) -> None:
    """Draw the architecture of the settings into files, and print it in words."""
    if unknown := [each for each in outputs if each.suffix.lower() not in (".svg", ".png")]:
        sys.exit(f"--output {shown(str(unknown[0]))}: take a file whose name ends in .svg or .png.")
    found = architecture(loaded(overrides).config)
    for each in outputs:
        from blueprint.cli.diagram.drawing import png, svg

        each.write_bytes(png(found) if each.suffix.lower() == ".png" else svg(found).encode())
    typer.echo(json.dumps(as_json(found), indent=2) if as_json_text else "\n".join(in_words(found)))
    for each in outputs:
        typer.echo(f"Drawn: {each}", err=True)
