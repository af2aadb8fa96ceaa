"""What the organisation decides: which tags costs are shared by, and which it demands."""

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from botocore.exceptions import ClientError

from blueprint.cli.checks.aws import code, denied
from blueprint.cli.checks.examination import Check
from blueprint.cli.checks.findings import Finding, fault, listed, ok, unknown, warning
from blueprint.cli.checks.world import World
from blueprint.hub.names import DEPLOYMENT_TAG


def cost_tags(world: World) -> Iterator[Finding]:
    """Bills can be told apart by tags that were activated, from that day on."""
    wanted = sorted({*world.config.tags, DEPLOYMENT_TAG})
    try:
        # Cost Explorer has one endpoint, in us-east-1.
        answer = world.workload.client("ce", "us-east-1").list_cost_allocation_tags(Status="Active", TagKeys=wanted)
    except ClientError as error:
        if not denied(error) and code(error) != "DataUnavailableException":
            raise
        text = "Whether tags are active for cost allocation is told to the organisation's paying account only."
        yield unknown(text, f"Ask there for {listed(wanted)}")
        return
    active = {each["TagKey"] for each in answer["CostAllocationTags"] if each["Status"] == "Active"}
    if lacking := [each for each in wanted if each not in active]:
        text = f"Costs cannot be told apart by {listed(lacking)}: not active as cost allocation tag(s)."
        if DEPLOYMENT_TAG in lacking and world.config.cost_budget is not None:
            text += " Until it is, the budget (cost.budget) counts nothing."
        fix = "Activate them in the paying account (Billing, cost allocation tags) once something has the tag"
        yield warning(text, fix)
    else:
        yield ok(f"Costs can be told apart by {listed(wanted)}.")


def tag_policy(world: World) -> Iterator[Finding]:
    """An organisation's tag policy refuses what has other values than it allows."""
    client = world.workload.client("organizations", "us-east-1")
    try:
        content = client.describe_effective_policy(PolicyType="TAG_POLICY")["EffectivePolicy"]["PolicyContent"]
    except ClientError as error:
        if code(error) in ("AWSOrganizationsNotInUseException", "EffectivePolicyNotFoundException"):
            yield ok("No organisation demands tags.")
            return
        if not denied(error):
            raise
        yield unknown("Which tags the organisation demands may not be looked at.", "Ask whoever runs it")
        return
    found = list(_breaches(json.loads(content)["tags"], world.config.tags))
    yield from found or [ok("The tags are what the organisation's policy wants.")]


def _breaches(rules: Mapping[str, Any], tags: Mapping[str, str]) -> Iterator[Finding]:
    for policy_key, rule in rules.items():
        key = rule.get("tag_key", policy_key)
        enforced = rule.get("enforced_for", [])
        given = next((each for each in tags if each.lower() == key.lower()), None)
        allowed = rule.get("tag_value", [])
        say = fault if enforced else warning
        if given is None:
            if wanted := rule.get("report_required_tag_for", []):
                yield warning(f"The organisation wants the tag {key} ({listed(wanted, 3)}).", f"Add {key} to tags")
        elif given != key:
            yield say(f"The organisation writes the tag {given} as {key}.", "Write it so in tags")
        elif allowed and not any(fnmatchcase(tags[given], each) for each in allowed):
            text = f"The organisation allows for the tag {key}: {listed(allowed)}."
            yield say(text, f"Set {key} in tags to one of them")


CHECKS = (Check("cost tags", cost_tags, workload=True), Check("organisation", tag_policy, workload=True))
