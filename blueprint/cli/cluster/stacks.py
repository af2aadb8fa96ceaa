"""What the deployment's stacks made, by kind."""

from collections import defaultdict
from collections.abc import Mapping

from botocore.exceptions import ClientError

from blueprint.cli.changing.trouble import aws_calls, trouble
from blueprint.cli.checks.aws import Account, code
from blueprint.cli.cluster.access import RIGHTS
from blueprint.config import Config

_NOT_THERE = ("CREATE_FAILED", "DELETE_COMPLETE", "CREATE_IN_PROGRESS")


def of_data(config: Config, account: Account) -> Mapping[str, list[str]]:
    """The physical ids of what the stack `Data` holds, by CloudFormation's kinds. Raises TroubleError."""
    stack = f"{config.name}-Data"
    found: defaultdict[str, list[str]] = defaultdict(list)
    with aws_calls(RIGHTS):
        try:
            for each in account.listed(
                "cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=stack
            ):
                if each["ResourceStatus"] not in _NOT_THERE:
                    found[each["ResourceType"]].append(each["PhysicalResourceId"])
        except ClientError as error:
            if code(error) != "ValidationError":
                raise
            raise trouble(f"There is no stack {stack}.", "Deploy it: cdk deploy Data") from None
    return found


def one(found: Mapping[str, list[str]], kind: str, what: str) -> str:
    """The only one of a kind. Raises TroubleError where the stack has none yet."""
    if not found.get(kind):
        raise trouble(f"The stack Data has no {what} yet: it is deployed in part.", "cdk deploy Data")
    return found[kind][0]
