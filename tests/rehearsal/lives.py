"""All stacks of a context in the stand-in, without Kubernetes: deployed, changed and destroyed as the CDK CLI would."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from botocore.exceptions import ClientError

from rehearsal.aws import Cloud, Server
from rehearsal.aws.cloud import Properties
from rehearsal.aws.resources.kind import Kind, Made, Place
from rehearsal.leftovers import inventory, leftovers
from tests.rehearsal.deploying import named, publish, template
from tests.rehearsal.stacks import Stacks
from tests.templates.assembly import made
from tests.templates.variants import ACCOUNT, DNS_ACCOUNT, REGION, Context

STACKS = {"ParentDns": DNS_ACCOUNT, "Dns": ACCOUNT, "Data": ACCOUNT, "Hub": ACCOUNT}
SAME = "as it was"


class WithoutKubernetes(Kind):
    """What CDK's kubectl handler makes is made at once; test_hub.py runs it. Other custom resources are real."""

    def __init__(self, real: Kind) -> None:
        self._real = real

    def create(self, place: Place, wanted: Properties) -> Made:
        return Made(place.logical_id) if self._of_kubectl(place) else self._real.create(place, wanted)

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        return made if self._of_kubectl(place) else self._real.update(place, made, old, new)

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        if not self._of_kubectl(place):
            self._real.delete(place, made, properties)

    def _of_kubectl(self, place: Place) -> bool:
        return place.type.startswith("Custom::AWSCDK-EKS-")


@dataclass
class Life:
    """The stacks of a deployment, by their ids."""

    server: Server
    folder: Path
    stacks: dict[str, Stacks] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    """Why stacks are not what they should be."""
    before: dict[str, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.server._stacks.custom = WithoutKubernetes(self.server._stacks.custom)
        for cloud in (self.workload, self.dns):
            # As `cdk bootstrap` makes it.
            bucket = f"cdk-hnb659fds-assets-{cloud.account}-{REGION}"
            where = {"LocationConstraint": REGION}
            cloud.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
            cloud.client("ssm").put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String")

    @property
    def workload(self) -> Cloud:
        return self.server.cloud(ACCOUNT, REGION)

    @property
    def dns(self) -> Cloud:
        return self.server.cloud(DNS_ACCOUNT, REGION)

    def deploy(self, context: Context) -> dict[str, str]:
        """The statuses that the stacks come to, made or changed, until one fails."""
        for account in () if self.before else (ACCOUNT, DNS_ACCOUNT):
            self.before[account] = inventory(self.server, account)
        assembly = made(context, stage=True)
        statuses: dict[str, str] = {}
        for id in (id for id in STACKS if id in assembly.stacks):
            cloud = self.server.cloud(STACKS[id], REGION)
            publish(cloud, assembly, id)
            stacks = self.stacks.get(id) or Stacks(cloud, named(assembly, id), self.server.wait)
            stacks.tags = assembly.artifacts[id]["properties"].get("tags", {})
            act = stacks.update if id in self.stacks else stacks.create
            self.stacks[id] = stacks
            try:
                statuses[id] = act(**template(assembly, id))
            except ClientError as error:
                if "No updates are to be performed" not in str(error):
                    raise
                statuses[id] = SAME
            if statuses[id] not in {"CREATE_COMPLETE", "UPDATE_COMPLETE", SAME}:
                self.failures += [*stacks.reasons("CREATE_FAILED"), *stacks.reasons("UPDATE_FAILED")]
                break
        return statuses

    def destroy(self) -> dict[str, str]:
        """The statuses that the stacks come to, the last one first, until one fails."""
        statuses: dict[str, str] = {}
        for id, stacks in reversed(list(self.stacks.items())):
            statuses[id] = stacks.delete()
            if statuses[id] != "DELETE_COMPLETE":
                self.failures += stacks.reasons("DELETE_FAILED")
                break
            del self.stacks[id]
        return statuses

    def left(self, account: str) -> Counter[str]:
        """How many there are of each type in an account that were not there before the deployment."""
        return Counter(each.split()[1] for each in leftovers(self.server, account, self.before[account]))
