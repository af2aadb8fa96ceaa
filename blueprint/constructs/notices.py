"""What a deployer should know, as annotations: `cdk synth`, `cdk diff` and `cdk deploy` print them."""

from aws_cdk import Acknowledgment, Annotations, Validations
from constructs import Construct

from blueprint.config import Config
from blueprint.config.notice import Concern


def tell(scope: Construct, config: Config, stack: Concern) -> None:
    """Annotate a construct with the notices that concern its stack; of acknowledged ones it keeps the reason."""
    annotations = Annotations.of(scope)
    for notice in config.notices:
        if notice.stack != stack:
            continue
        if reason := config.warnings_acknowledged.get(notice.kind):
            Validations.of(scope).acknowledge(Acknowledgment(id=notice.id, reason=reason))
        elif notice.severity == "warning":
            annotations.add_warning_v2(notice.id, str(notice))
        else:
            annotations.add_info_v2(notice.id, str(notice))
