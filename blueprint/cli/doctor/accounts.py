"""The region is open to the account, and the CDK is bootstrapped in both accounts."""

from collections.abc import Iterator

from botocore.exceptions import ClientError

from blueprint.cli.checks.aws import Account, code
from blueprint.cli.checks.examination import Check
from blueprint.cli.checks.findings import Finding, fault, ok, unknown
from blueprint.cli.checks.world import World

LEAST_BOOTSTRAP = 6
"""Which aws-cdk-lib's DefaultStackSynthesizer demands (MIN_BOOTSTRAP_STACK_VERSION, 2.275.0)."""


def region(world: World) -> Iterator[Finding]:
    """A region that an account has not opted in to answers nothing."""
    name = world.workload.region
    regions = world.workload.client("ec2").describe_regions(RegionNames=[name], AllRegions=True)["Regions"]
    if regions and regions[0]["OptInStatus"] == "not-opted-in":
        fix = f"aws account enable-region --region-name {name}{world.workload.option}"
        yield fault(f"The account has not opted in to {name}.", fix)
    else:
        yield ok(f"The region {name} is open to the account.")


def workload_bootstrap(world: World) -> Iterator[Finding]:
    """Of the account of cluster and data."""
    yield from _bootstrap(world, world.workload)


def dns_bootstrap(world: World) -> Iterator[Finding]:
    """Of the account of the parent zone, where ParentDns is deployed."""
    if world.dns is not None:
        yield from _bootstrap(world, world.dns)


def _bootstrap(world: World, account: Account) -> Iterator[Finding]:
    number = account.client("sts").get_caller_identity()["Account"]
    place = f"aws://{number}/{account.region}"
    fix = f"cdk bootstrap {place}{account.option}"
    try:
        name = f"/cdk-bootstrap/{world.qualifier}/version"
        version = int(account.client("ssm").get_parameter(Name=name)["Parameter"]["Value"])
    except ClientError as error:
        if code(error) != "ParameterNotFound":
            raise
        yield fault(f"The CDK is not bootstrapped in {place}.", fix)
        return
    if version < LEAST_BOOTSTRAP:
        yield fault(f"The CDK's bootstrap in {place} has version {version}: {LEAST_BOOTSTRAP} is the least.", fix)
        return
    bucket = f"cdk-{world.qualifier}-assets-{number}-{account.region}"
    try:
        account.client("s3").head_bucket(Bucket=bucket, ExpectedBucketOwner=number)
    except ClientError as error:
        if code(error) == "404":
            gone = f"The CDK is bootstrapped in {place}, but its bucket {bucket} is gone."
            yield fault(gone, f"Delete the stack CDKToolkit there, then {fix}")
        elif code(error) == "403":
            yield unknown(f"Whether the bucket {bucket} is there, and this account's, may not be looked at.", "")
        else:
            raise
        return
    yield ok(f"The CDK is bootstrapped in {place} (version {version}).")


CHECKS = (
    Check("region", region, workload=True),
    Check("bootstrap", workload_bootstrap, workload=True),
    Check("bootstrap", dns_bootstrap, dns=True),
)
