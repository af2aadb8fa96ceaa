"""CDK's validation of the templates: once for the same ones, as it takes as long as all else in a synthesis."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import jsii
from aws_cdk import (
    App,
    CloudFormationValidatePlugin,
    IPolicyValidationContext,
    IPolicyValidationPlugin,
    PolicyValidationPluginReport,
    Validations,
)
from aws_cdk._jsii import __jsii_assembly__ as library

FOUND_FAULTLESS = "validated"
"""A file in the cloud assembly: the digest of the templates in which nothing was found last."""


def validate(app: App) -> None:
    """Have the templates of an app validated, if it was made without CDK's built-in validation."""
    Validations.of(app).add_plugins(Validation(Path(app.outdir) / FOUND_FAULTLESS))


@jsii.implements(IPolicyValidationPlugin)
class Validation:
    """CDK's own plugin, which is not asked again about what it found nothing in, not even what is acknowledged."""

    version: str | None = None
    rule_ids: list[str] | None = None

    def __init__(self, memory: Path) -> None:
        self._memory = memory

    @property
    def name(self) -> str:
        """CDK's own, by which findings are acknowledged and severities are judged."""
        return CloudFormationValidatePlugin.PLUGIN_NAME

    def validate(self, context: IPolicyValidationContext) -> PolicyValidationPluginReport:
        """What is wrong with the templates."""
        digest = sha256(b"".join(_matter(context))).hexdigest()
        if self._memory.exists() and self._memory.read_bytes() == digest.encode():
            return PolicyValidationPluginReport(success=True, violations=[])
        report = CloudFormationValidatePlugin().validate(context)
        if not report.violations:
            self._memory.write_text(digest)
        return report


def _matter(context: IPolicyValidationContext) -> Iterator[bytes]:
    """All that the outcome depends on: the rules come with the library."""
    yield repr((library.name, library.version)).encode()
    for stack in context.stack_templates:
        content = Path(stack.template_path).read_bytes()
        yield repr((stack.stack_construct_path, stack.account_id, stack.region, len(content))).encode()
        yield content
