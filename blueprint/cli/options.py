"""The options that several commands have; like them, this loads nothing that help can do without."""

from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
DnsProfile = Annotated[str | None, typer.Option(metavar="PROFILE", help="The AWS profile of the DNS account.")]
Profile = Annotated[
    str | None,
    typer.Option(
        metavar="PROFILE", help="The AWS profile of the workload account; by default the shell's credentials."
    ),
]
Role = Annotated[
    str | None,
    typer.Option(
        metavar="ARN", help="One of admin.roles, to reach the cluster as; by default the credentials themselves."
    ),
]
Seconds = Annotated[
    float, typer.Option("--timeout", metavar="SECONDS", min=1, max=600, help="How long all checks may take.")
]
Strict = Annotated[bool, typer.Option("--strict", help="End with 1 for warnings and for what was not looked at, too.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]
