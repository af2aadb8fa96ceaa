"""The TLS certificate of the hub's host name, validated by DNS in the subzone wherever that lives."""

from aws_cdk import CustomResource, Stack
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_route53 as route53
from constructs import Construct

from blueprint.config import Config
from blueprint.constructs.custom_resource import Handler
from blueprint.hub.names import DEPLOYMENT_TAG


class Certificate(Construct):
    """The certificate of the configuration, or a new one for the host and no other name.

    CloudFormation's own validation writes to zones of the same account only. For a zone in the DNS account a custom
    resource requests the certificate and writes its validation records through the assumed role.
    """

    def __init__(self, scope: Construct, id: str, *, config: Config, zone: route53.IHostedZone | None) -> None:
        super().__init__(scope, id)
        self.arn = config.certificate_arn or (
            self._validated_here(config, zone)
            if config.dns_subzone_account == "workload"
            else self._validated_across(config)
        )

    def _validated_here(self, config: Config, zone: route53.IHostedZone | None) -> str:
        return acm.Certificate(
            self,
            "Certificate",
            domain_name=config.jupyterhub_subzone_name,
            validation=acm.CertificateValidation.from_dns(zone),
            transparency_logging_enabled=True,
        ).certificate_arn

    def _validated_across(self, config: Config) -> str:
        handler = Handler(self, "Handler", entry="certificate")
        certificates = Stack.of(self).format_arn(service="acm", resource="certificate", resource_name="*")
        tag = {"StringEquals": {f"aws:RequestTag/{DEPLOYMENT_TAG}": config.name}}
        owned = {"StringEquals": {f"aws:ResourceTag/{DEPLOYMENT_TAG}": config.name}}
        # The certificate has no ARN yet when it is asked for.
        handler.allow(["acm:RequestCertificate", "acm:AddTagsToCertificate"], ["*"], tag)
        # One that is gone has no tags: asking after it must be answered, not refused.
        handler.allow(["acm:DescribeCertificate"], [certificates])
        handler.allow(["acm:DeleteCertificate", "acm:RemoveTagsFromCertificate"], [certificates], owned)
        handler.allow(["acm:ListCertificates"], ["*"])  # knows no resources
        handler.allow(["sts:AssumeRole"], [config.domain_operator_role_arn])
        properties: dict[str, object] = {
            "DomainName": config.jupyterhub_subzone_name,
            "HostedZoneName": config.dev_subzone_name,
            "RoleArn": config.domain_operator_role_arn,
            "Tags": config.resource_tags,
        }
        if config.parent_dns_external_id:
            properties["ExternalId"] = config.parent_dns_external_id
        return CustomResource(
            self,
            "Certificate",
            service_token=handler.service_token,
            resource_type="Custom::CertificateAcrossAccounts",
            properties=properties,
        ).ref
