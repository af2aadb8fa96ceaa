"""What the world sees of the hosted zones of all accounts, and the certificates that are issued upon it."""

from __future__ import annotations

from typing import ClassVar

from moto.acm.models import CertBundle, acm_backends

from rehearsal.aws import moto_settings
from rehearsal.aws.api import Api, ApiError, Input
from rehearsal.aws.dns.zones import look_up
from rehearsal.aws.load_balancing.picture import balancers_with
from rehearsal.certificates import Authority


def published(name: str, kind: str) -> set[str]:
    """The values of a record as a resolver finds them: in the zone to which all zones above it delegate."""
    return {record.value for record in look_up(name.rstrip(".").lower(), kind) or ()}


class Acm(Api):
    """Certificates are issued as soon as their proofs are published, and not before, by an authority of ours."""

    service: ClassVar[str] = "acm"
    extends: ClassVar[bool] = True

    def __init__(self, authority: Authority) -> None:
        super().__init__()
        self._authority = authority

    def describe_certificate(self, wanted: Input) -> None:
        """Look whether the proofs are there; then moto describes the certificate."""
        with moto_settings.LOCK:
            backend = acm_backends[self.current_account][self.region]
            certificate = backend._certificates.get(wanted["CertificateArn"])
        if certificate and certificate.status == "PENDING_VALIDATION" and _proven(certificate):
            issue(certificate, self._authority)
        if certificate:
            certificate.in_use_by = balancers_with(certificate.arn)

    def delete_certificate(self, wanted: Input) -> None:
        """Refuse it for one that a load balancer has."""
        arn = wanted["CertificateArn"]
        if users := balancers_with(arn):
            raise ApiError("ResourceInUseException", f"Certificate {arn} is in use by {', '.join(users)}.")


def issue(certificate: CertBundle, authority: Authority) -> None:
    """Issue a certificate that moto holds: its own one is signed by nobody whom a client could trust."""
    pair = authority.issue(certificate.arn.rpartition("/")[2], hosts=certificate.sans)
    with moto_settings.LOCK:
        certificate.cert, certificate.key = pair.certificate.read_bytes(), pair.key.read_bytes()
        certificate.chain = authority.certificate.read_bytes()
        certificate._cert, certificate._key = certificate.validate_certificate(), certificate.validate_pk()
        certificate.status = "ISSUED"


def _proven(certificate: CertBundle) -> bool:
    options = certificate.describe()["Certificate"]["DomainValidationOptions"]
    records = [option["ResourceRecord"] for option in options]
    return all(record["Value"] in published(record["Name"], record["Type"]) for record in records)
