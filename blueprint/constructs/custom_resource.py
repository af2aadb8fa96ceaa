"""A Lambda function of `blueprint/handlers`, which answers CloudFormation by itself."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from aws_cdk import CfnResource, Duration, IgnoreMode, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

_HANDLERS = Path(__file__).parent.parent / "handlers"


class Handler(Construct):
    """One module of `blueprint/handlers`, ready to serve custom resources through `service_token`.

    CloudFormation lets no resource change its function. `instead_of` is the logical id of one of CDK's that served the
    resources in earlier versions, and whose place this one takes; elsewhere it was that of CDK's provider framework.
    """

    def __init__(self, scope: Construct, id: str, *, entry: str, instead_of: str | None = None) -> None:
        super().__init__(scope, id)
        self._rights = iam.PolicyDocument()
        # Rights that are a part of the role: a policy of its own is one more thing to wait for.
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            managed_policies=[
                iam.ManagedPolicy.from_aws_managed_policy_name("service-role/AWSLambdaBasicExecutionRole")
            ],
            inline_policies={"Rights": self._rights},
        )
        function = lambda_.Function(
            Construct(self, "Provider"),
            "framework-onEvent",
            role=role,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            handler=f"handlers.{entry}.answer",
            # The folder as a package: its modules import each other.
            code=lambda_.Code.from_asset(
                str(_HANDLERS.parent),
                exclude=["*", f"!{_HANDLERS.name}", "**/__pycache__"],
                ignore_mode=IgnoreMode.DOCKER,
            ),
            timeout=Duration.minutes(15),  # what it waits for: load balancers and certificates take minutes
            memory_size=256,
            log_group=_log_group(self, "Logs"),
        )
        if instead_of:
            resource = function.node.default_child
            assert isinstance(resource, CfnResource)
            resource.override_logical_id(instead_of)
        self.service_token = function.function_arn

    def allow(
        self, actions: Sequence[str], resources: Sequence[str], conditions: Mapping[str, object] | None = None
    ) -> None:
        """Let the handler do this."""
        self._rights.add_statements(
            iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=conditions)
        )


def own_logs(stack: Stack, provider: str) -> None:
    """Have the log of a function that CDK puts into a stack for its own use end with the stack, and be tagged with it.

    Lambda would make a group for it that nobody tags, that keeps everything for ever, and that nobody deletes.
    """
    function = stack.node.find_child(provider)
    if function.node.try_find_child("Logs") is None:
        handler = function.node.find_child("Handler")
        assert isinstance(function, Construct)
        assert isinstance(handler, CfnResource)
        handler.add_property_override("LoggingConfig.LogGroup", _log_group(function, "Logs").log_group_name)


def _log_group(scope: Construct, id: str) -> logs.LogGroup:
    return logs.LogGroup(scope, id, retention=logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY)
