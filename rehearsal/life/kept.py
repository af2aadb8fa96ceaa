"""What outlives a deployment: that all of it is left when everything was destroyed, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Collection

from rehearsal.aws import Server
from rehearsal.leftovers import inventory, leftovers
from rehearsal.life.journal import CheckError
from rehearsal.world import World


def to_be_kept(world: World, account: str) -> set[str]:
    """The ids of what is to outlive an account's stacks: what their templates retain, and the client secret."""
    cloud = world.cloud(account)
    cloudformation = cloud.client("cloudformation")
    kept = set()
    if world.config.client_secret_arn and account == world.workload_account:
        secret = cloud.client("secretsmanager").describe_secret(SecretId=world.config.client_secret_arn)
        kept.add(secret["ARN"])
    for stack in cloudformation.describe_stacks()["Stacks"]:
        template = cloudformation.get_template(StackName=stack["StackName"])["TemplateBody"]
        described = template if isinstance(template, dict) else json.loads(template)
        for resource in cloudformation.list_stack_resources(StackName=stack["StackName"])["StackResourceSummaries"]:
            policy = described["Resources"][resource["LogicalResourceId"]].get("DeletionPolicy", "Delete")
            if policy.startswith("Retain"):
                kept.add(resource["PhysicalResourceId"])
    return kept - _missing(world.server, account, kept)


def only_this_is_left(server: Server, account: str, kept: Collection[str], at_first: Collection[str]) -> str:
    """What is left of a deployment is what is to be kept. Raises CheckError with what is not, and with what is lost."""
    left = leftovers(server, account, at_first)
    if wrong := [each for each in left if not any(_names(each, id) for id in kept)]:
        raise CheckError(f"nothing else should be left in account {account}:\n" + "\n".join(wrong))
    if lost := _missing(server, account, kept):
        raise CheckError(f"account {account} should still have:\n" + "\n".join(sorted(lost)))
    return f"account {account}: nothing is left" + (" but " + "; ".join(left) if left else "")


def _missing(server: Server, account: str, ids: Collection[str]) -> set[str]:
    found = inventory(server, account)
    return {id for id in ids if not any(_names(each, id) for each in found)}


def _names(line: str, id: str) -> bool:
    """Whether a line of an inventory has an id as a word of its own."""
    return re.search(rf"(?<![\w-]){re.escape(id)}(?![\w-])", line) is not None
