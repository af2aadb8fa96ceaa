"""How many Lambda functions a deployment or a destroy may have running at once: a new account's quota is ten."""

import pytest

from tests.conftest import Synthesized
from tests.templates import kinds
from tests.templates.graph import Graph
from tests.templates.template import Template
from tests.templates.variants import HUBS

QUOTA = 10
FRAMEWORK = "framework.onEvent"
"""CDK's handler, which calls another function and waits for it."""


def functions(template: Template) -> dict[str, int]:
    """The functions that run while each custom resource is made, changed or deleted."""
    counts = {}
    for id, resource in template.resources.items():
        if resource["Type"].startswith("Custom::"):
            served_by = template.resources[resource["Properties"]["ServiceToken"]["Fn::GetAtt"][0]]
            counts[id] = 2 if served_by["Properties"]["Handler"] == FRAMEWORK else 1
    return counts


@pytest.mark.parametrize("variant", [*(each for each in HUBS if each != "construct alone"), "Cognito"])
def test_no_stack_has_more_functions_at_once_than_a_new_account(synthesized: Synthesized, variant: str) -> None:
    """Where this fails, let what nobody waits for follow something else.

    In one stack of a user's own the zone's functions may run beside, but have run long before.
    """
    stacks = synthesized(variant).stacks
    most = {name: Graph(stack).most_at_once(functions(stack)) for name, stack in stacks.items()}
    assert {name: count for name, count in most.items() if count > QUOTA} == {}


def test_functions_are_counted(synthesized: Synthesized) -> None:
    """Charts and manifests with two each: a bound that nothing could reach would hold for ever."""
    hub = synthesized("shipped")["Hub"]
    counts = functions(hub)
    assert {counts[id] for id in (*hub.ids(kinds.CHART), *hub.ids(kinds.MANIFEST))} == {2}
    assert Graph(hub).most_at_once(counts) == QUOTA
