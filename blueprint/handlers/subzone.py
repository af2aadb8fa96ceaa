"""Finds the subzone of the DNS account, once, for a controller that has to be told its id.

Properties: `HostedZoneName`; `RoleArn`, and `ExternalId` (optional). The physical id is the zone's. No data.
Rights: `sts:AssumeRole` on the role; of the role `route53:ListHostedZonesByName` on `*`.
"""

from __future__ import annotations

from .hosted_zone import hosted_zone
from .runtime import Answer, Context, Event, answering


def handler(event: Event, context: Context) -> Answer:
    """Look when the resource is created or changed; nothing was made, so nothing is deleted."""
    if event["RequestType"] == "Delete":
        return {"PhysicalResourceId": event["PhysicalResourceId"]}
    return {"PhysicalResourceId": hosted_zone(event["ResourceProperties"]).id}


answer = answering(handler)
