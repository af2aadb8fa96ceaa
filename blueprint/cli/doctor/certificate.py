"""A certificate that the settings name is issued, covers the host, and does not end soon."""

from collections.abc import Iterator
from typing import Final

from botocore.exceptions import ClientError

from blueprint.cli.checks.aws import missing
from blueprint.cli.checks.examination import Check
from blueprint.cli.checks.findings import Finding, fault, listed, ok, warning
from blueprint.cli.checks.world import World

SOON: Final = 30


def given(world: World) -> Iterator[Finding]:
    """The one of certificateArn; a new one is made and renewed by the deployment."""
    arn, host = world.config.certificate_arn, world.config.jupyterhub_subzone_name
    if arn is None:
        return
    try:
        certificate = world.workload.client("acm", arn.split(":")[3]).describe_certificate(CertificateArn=arn)
    except ClientError as error:
        if not missing(error):
            raise
        yield fault(f"There is no certificate {arn}.", "Correct certificateArn, or remove it to have one made")
        return
    certificate = certificate["Certificate"]
    if certificate["Status"] != "ISSUED":
        text = f"The certificate is {certificate['Status']}, not issued."
        fix = "Write its validation records (ACM shows them), or remove certificateArn to have one made"
        yield fault(text, fix)
        return
    names = certificate.get("SubjectAlternativeNames") or [certificate["DomainName"]]
    if not any(covers(name, host) for name in names):
        text = f"The certificate is for {listed(names)}, not for {host}."
        yield fault(text, "Take one that covers the host, or remove certificateArn to have one made")
    days = (certificate["NotAfter"] - world.now).days
    renewed = certificate.get("Type") == "AMAZON_ISSUED" and certificate.get("RenewalEligibility") == "ELIGIBLE"
    if days < 0:
        yield fault(f"The certificate ended on {certificate['NotAfter']:%Y-%m-%d}.", "Renew or replace it")
    elif days < SOON and not renewed:
        text = f"The certificate ends in {days} days, and ACM does not renew it by itself."
        yield warning(text, "Import its successor into the same ARN")
    elif any(covers(name, host) for name in names):
        yield ok(f"The certificate covers {host} until {certificate['NotAfter']:%Y-%m-%d}.")


def covers(pattern: str, host: str) -> bool:
    """Whether a name in a certificate is a host's: a star stands for one label."""
    if pattern.startswith("*."):
        return host.partition(".")[2] == pattern[2:].lower()
    return pattern.lower() == host


CHECKS = (Check("certificate", given, workload=True),)
