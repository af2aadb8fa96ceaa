"""Which rights a command's calls need, and which the documentation names."""

import json
import re
from typing import Any

from tests.cli.doctor.staging import READING, ROOT, Staged

NAMES = {
    "efs": "elasticfilesystem",
    "elbv2": "elasticloadbalancing",
    "service-quotas": "servicequotas",
    "HeadBucket": "ListBucket",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
}
"""Where IAM has another name for a service or an action."""


def documented(page: str) -> list[set[str]]:
    """The actions of each policy on a page."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    policies = [json.loads(policy) for policy in re.findall(r"```jsonc\n(\{.*?\n\})\n```", text, re.DOTALL)]
    return [{action for each in policy["Statement"] for action in each["Action"]} for policy in policies]


def noted(account: Staged) -> set[str]:
    """A set that fills with the rights for the calls of the account's clients from now on."""
    found: set[str] = set()

    def note(model: Any, **_: Any) -> None:
        service, action = model.service_model.service_name, model.name
        found.add(f"{NAMES.get(service, service)}:{NAMES.get(action, action)}")

    for client in account.made():
        client.meta.events.unregister("before-parameter-build", unique_id="noted")
        client.meta.events.register("before-parameter-build", note, unique_id="noted")
    return found


def needed(found: set[str]) -> set[str]:
    """Those that have to be given, all of which read only."""
    assert [each for each in found if not each.partition(":")[2].startswith(READING)] == []
    return found - {"sts:GetCallerIdentity"}  # everybody may
