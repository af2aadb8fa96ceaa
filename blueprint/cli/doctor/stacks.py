"""The stacks of a deployment as CloudFormation has them, and whether they can be deployed."""

from collections.abc import Iterator
from typing import Final

from botocore.exceptions import ClientError

from blueprint.cli.checks.aws import Account, code
from blueprint.cli.checks.examination import Check
from blueprint.cli.checks.findings import Finding, fault, ok, warning
from blueprint.cli.checks.world import World

_ADVICE: Final = {
    # CDK deletes a stack whose creation was rolled back, and creates it anew.
    "ROLLBACK_FAILED": "Delete the stack (retain what cannot be deleted), then deploy again",
    "CREATE_FAILED": "Delete the stack, then deploy again",
    "DELETE_FAILED": "Look at its events, mend the cause, and destroy it again; then deploy",
    "UPDATE_ROLLBACK_FAILED": "aws cloudformation continue-update-rollback --stack-name {stack}{option}",
    "UPDATE_FAILED": "Roll it back: cdk rollback",
    "REVIEW_IN_PROGRESS": "Somebody's change set waits: execute it, or delete the stack",
}


class Stacks:
    """Stacks of one account, by name."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def status(self, name: str) -> str | None:
        """A stack's status; None where there is none."""
        try:
            found = self._account.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        except ClientError as error:
            if code(error) == "ValidationError":
                return None
            raise
        status: str = found[0]["StackStatus"]
        return None if status == "DELETE_COMPLETE" else status

    def has(self, name: str) -> bool:
        """Whether a stack stands."""
        return self.status(name) is not None


def workload_stacks(world: World) -> Iterator[Finding]:
    """Dns, Data and Hub: none is stuck halfway."""
    yield from _look(world, world.workload, ["Dns", "Data", "Hub"])


def dns_stack(world: World) -> Iterator[Finding]:
    """ParentDns, likewise."""
    if world.dns is not None:
        yield from _look(world, world.dns, ["ParentDns"])


def _look(world: World, account: Account, names: list[str]) -> Iterator[Finding]:
    stacks = Stacks(account)
    for name in names:
        stack = world.stack(name)
        status = stacks.status(stack)
        if status is None:
            yield ok(f"{stack} is not deployed yet.")
        elif status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
            yield warning(f"{stack} is being changed just now ({status}).", "Wait until it rests")
        elif status in _ADVICE:
            fix = _ADVICE[status].format(stack=stack, option=account.option)
            yield fault(f"{stack} is stuck ({status}).", fix)
        else:
            yield ok(f"{stack} is at rest ({status}).")


def neighbours(world: World) -> Iterator[Finding]:
    """No other cluster has the name."""
    name = world.config.name
    try:
        world.workload.client("eks").describe_cluster(name=name)
    except ClientError as error:
        if code(error) != "ResourceNotFoundException":
            raise
        yield ok(f"No other cluster is called {name}.")
        return
    if Stacks(world.workload).has(world.stack("Hub")):
        yield ok(f"The cluster {name} is this deployment's.")
    else:
        text = f"There is a cluster {name} already, and no stack {world.stack('Hub')}."
        yield fault(text, "Choose another name for this deployment (the setting name)")


CHECKS = (
    Check("stacks", workload_stacks, workload=True),
    Check("stacks", dns_stack, dns=True),
    Check("stacks", neighbours, workload=True),
)
