"""The checks to pass before: of the cluster, what EKS says of it, backups, versions, quotas, and stacks at rest."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from botocore.exceptions import ClientError

from blueprint.cli.checks.aws import code
from blueprint.cli.checks.examination import Check
from blueprint.cli.checks.findings import Finding, fault, listed, ok, unknown, warning
from blueprint.cli.checks.world import World
from blueprint.cli.doctor import quotas, stacks, versions
from blueprint.config.facts.kubernetes import MINORS
from blueprint.config.facts.services import HOURS, SERVICES

OLD: Final = timedelta(hours=26)
"""A daily backup is no older."""


def minor(world: World) -> Iterator[Finding]:
    """EKS goes up one minor at a time, and all node groups have to have followed before."""
    name, wanted = world.config.name, world.config.kubernetes_version
    eks = world.workload.client("eks")
    try:
        running = eks.describe_cluster(name=name)["cluster"]["version"]
    except ClientError as error:
        if code(error) != "ResourceNotFoundException":
            raise
        yield unknown(f"There is no cluster {name}: nothing runs that could be upgraded.", "cdk deploy Hub")
        return
    steps = _number(wanted) - _number(running)
    if steps > 1:
        following = f"1.{_number(running) + 1}"
        text = f"The cluster runs {running}, and kubernetes.version is {wanted}: EKS goes up one minor at a time."
        yield fault(
            text, f"Set kubernetes.version to {following} and kubernetes.running to {running}, deploy, then go on"
        )
    elif steps < 0:
        text = f"The cluster runs {running}, and kubernetes.version is {wanted}: a deployment takes no cluster down."
        yield fault(text, f"Set kubernetes.version to {running}")
    else:
        yield ok(f"The cluster runs {running}; kubernetes.version is {wanted}.")
    behind: list[str] = []
    for group in world.workload.listed("eks", "list_nodegroups", "nodegroups", clusterName=name):
        found = eks.describe_nodegroup(clusterName=name, nodegroupName=group)["nodegroup"]
        if found.get("version") and found["version"] != running:
            behind.append(f"{group} ({found['version']})")
    if behind and steps:
        text = f"Node groups run another minor than the cluster: {listed(behind, 3)}. EKS refuses to go up so."
        yield fault(text, f"Deploy with kubernetes.version {running} first")
    elif behind:
        yield warning(f"Node groups run another minor than the cluster: {listed(behind, 3)}.", "cdk deploy Hub")


def support(world: World) -> Iterator[Finding]:
    """For how long, and what it costs after."""
    version = world.config.kubernetes_version
    known = MINORS[version]
    price = HOURS * SERVICES.control_plane_in_extended_support_hour
    usual = HOURS * SERVICES.control_plane_hour
    more = f"{price:,.0f} US dollars a month in place of {usual:,.0f}"
    state = known.support(world.now.date())
    if state == "standard":
        text = f"Kubernetes {version} has standard support until {known.standard_ends}; from then on it is {more}"
        yield ok(f"{text}, until {known.extended_ends}.")
    elif state == "extended":
        yield warning(f"Kubernetes {version} is in extended support: {more}.", "Go on to the next minor")
    else:
        text = f"Kubernetes {version} has no support since {known.extended_ends}: EKS upgrades the cluster by itself."
        yield fault(text, "Go on to the next minor")


def insights(world: World) -> Iterator[Finding]:
    """What EKS found in thirty days: calls to APIs that the next minor lacks, add-ons and nodes that do not fit."""
    name, wanted = world.config.name, world.config.kubernetes_version
    asked = {"categories": ["UPGRADE_READINESS"]}
    try:
        found = world.workload.listed("eks", "list_insights", "insights", clusterName=name, filter=asked)
    except ClientError as error:
        if code(error) != "ResourceNotFoundException":
            raise
        return
    mine = [each for each in found if each.get("kubernetesVersion") in (wanted, None)]
    for each in mine:
        status = each["insightStatus"]
        text = f"EKS on {each['name']}: {status.get('reason') or status['status']}"
        fix = f"aws eks describe-insight --cluster-name {name} --id {each['id']}{world.workload.option}"
        match status["status"]:
            case "ERROR":
                yield fault(text, fix)
            case "WARNING":
                yield warning(text, fix)
            case "UNKNOWN":
                yield unknown(text, fix)
    passing = sum(each["insightStatus"]["status"] == "PASSING" for each in mine)
    if passing:
        yield ok(f"EKS finds {passing} of {len(mine)} things ready for Kubernetes {wanted}.")
    elif not mine:
        yield ok(f"EKS tells nothing about Kubernetes {wanted}: there is no newer minor to be ready for.")


def backups(world: World) -> Iterator[Finding]:
    """The hub's database and the homes have one of the last day."""
    if not world.config.storage_backup_days:
        yield warning("Nothing is backed up (storage.backup.days is 0).", "Take a snapshot of the hub's database first")
        return
    for words, arn in _kept(world):
        points = world.workload.listed("backup", "list_recovery_points_by_resource", "RecoveryPoints", ResourceArn=arn)
        done = [each["CreationDate"] for each in points if each.get("Status") == "COMPLETED"]
        latest: datetime | None = max(done, default=None)
        resource = f" --resource-arn {arn}"
        fix = f"aws backup start-backup-job{resource} --backup-vault-name … --iam-role-arn …{world.workload.option}"
        if latest is None:
            yield fault(f"There is no backup of {words}.", f"Wait for the daily one, or {fix}")
        elif world.now - latest > OLD:
            age = (world.now - latest).days
            yield warning(f"The last backup of {words} is of {latest.astimezone(UTC):%Y-%m-%d} ({age} days old).", fix)
        else:
            yield ok(f"The last backup of {words} is of {latest.astimezone(UTC):%Y-%m-%d %H:%M} UTC.")


def _kept(world: World) -> Iterator[tuple[str, str]]:
    """What is in the plan by its ARN; homes on volumes are many, each in the plan by its tags."""
    name, account = world.config.name, world.workload
    number = account.client("sts").get_caller_identity()["Account"]
    filters = [{"Name": "tag:Name", "Values": [f"{name}-hub-database"]}]
    for each in account.listed("ec2", "describe_volumes", "Volumes", Filters=filters):
        yield "the hub's database", f"arn:aws:ec2:{account.region}:{number}:volume/{each['VolumeId']}"
    for each in account.listed("efs", "describe_file_systems", "FileSystems"):
        if each.get("Name") == name:
            yield "the homes", each["FileSystemArn"]


def room(world: World) -> Iterator[Finding]:
    """Nodes are replaced by new ones that come first: for each group one more for a while."""
    yield from quotas.vcpus(world)


def _number(version: str) -> int:
    return int(version.partition(".")[2])


CHECKS: Final[tuple[Check, ...]] = (
    Check("stacks", stacks.workload_stacks, workload=True),
    Check("Kubernetes", minor, workload=True),
    Check("Kubernetes", support),
    Check("Kubernetes", insights, workload=True),
    Check("versions", versions.kubernetes, workload=True),
    Check("versions", versions.addons, workload=True),
    Check("backups", backups, workload=True),
    Check("quotas", room, workload=True),
)
