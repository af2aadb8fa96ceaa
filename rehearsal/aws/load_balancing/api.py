"""ELB's API where moto's lacks something: what AWS refuses, and the health of targets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from moto.acm.models import acm_backends
from moto.core.request import Request
from moto.ec2.models import EC2Backend, ec2_backends
from moto.elbv2.models import ELBv2Backend, FakeTargetGroup, elbv2_backends
from moto.elbv2.ssl_policies import SSL_POLICIES
from moto.s3.models import s3_backends
from werkzeug.wrappers import Response

from rehearsal.aws import moto_settings
from rehearsal.aws.api import Api, ApiError, Input, Output
from rehearsal.aws.load_balancing import interfaces
from rehearsal.aws.load_balancing.health import KEPT, Health
from rehearsal.aws.load_balancing.picture import balancers_of

_VERSION: Final = "2015-12-01"
_TAGS: Final = 50
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-header-modification.html
_LISTENER_ATTRIBUTE: Final = re.compile(
    r"routing\.http\.(request\.x_amzn_(mtls_clientcert\w*|tls_version|tls_cipher_suite)\.header_name"
    r"|response\.server\.enabled"
    r"|response\.(strict_transport_security|content_security_policy|x_content_type_options|x_frame_options"
    r"|access_control_(allow_(origin|methods|headers|credentials)|expose_headers|max_age))\.header_value)"
)


class LoadBalancing(Api):
    """Application Load Balancers with targets of type ip; other kinds are refused."""

    service: ClassVar[str] = "elbv2"
    extends: ClassVar[bool] = True

    def answer(self, request: Request) -> Response | None:
        """Do what a request asks for. Classic load balancers have another version of the API, which moto knows."""
        version = request.values.get("Version")
        return super().answer(request) if version == _VERSION else None

    def create_load_balancer(self, wanted: Input) -> Output:
        """Make one, with its network interfaces."""
        if wanted.get("Type", "application") != "application":
            raise ApiError("ValidationError", "The stand-in knows Application Load Balancers only.")
        self._check_subnets(wanted)
        with moto_settings.LOCK:
            made = self._backend.create_load_balancer(
                name=wanted["Name"],
                security_groups=wanted.get("SecurityGroups", []),
                subnet_ids=wanted.get("Subnets", []),
                subnet_mappings=wanted.get("SubnetMappings", []),
                scheme=wanted.get("Scheme", "internet-facing"),
                loadbalancer_type="application",
                ip_address_type=wanted.get("IpAddressType", "ipv4"),
                tags=wanted.get("Tags"),
            )
            interfaces.renew(self._ec2, made)
            return {"LoadBalancers": [made]}

    def set_subnets(self, wanted: Input) -> Output:
        """Move one into other subnets."""
        self._check_subnets(wanted)
        with moto_settings.LOCK:
            arn = wanted["LoadBalancerArn"]
            zones = self._backend.set_subnets(arn, wanted.get("Subnets", []), wanted.get("SubnetMappings", []))
            interfaces.renew(self._ec2, self._backend.load_balancers[arn])
            return {"AvailabilityZones": zones}

    def set_security_groups(self, wanted: Input) -> Output:
        """Give one other security groups."""
        with moto_settings.LOCK:
            arn = wanted["LoadBalancerArn"]
            self._backend.set_security_groups(arn, wanted["SecurityGroups"])
            interfaces.renew(self._ec2, self._backend.load_balancers[arn])
            return {"SecurityGroupIds": wanted["SecurityGroups"]}

    def delete_load_balancer(self, wanted: Input) -> None:
        """Take its network interfaces away, unless it is protected."""
        with moto_settings.LOCK:
            found = self._backend.load_balancers.get(wanted["LoadBalancerArn"])
            if found and found.attrs.get("deletion_protection.enabled") == "true":
                raise ApiError(
                    "OperationNotPermitted",
                    f"Load balancer '{found.arn}' cannot be deleted because deletion protection is enabled",
                )
            if found:
                interfaces.remove(self._ec2, found)

    def modify_load_balancer_attributes(self, wanted: Input) -> None:
        """Look whether the bucket of access logs is there."""
        attributes = {each["Key"]: each["Value"] for each in wanted["Attributes"]}
        bucket = attributes.get("access_logs.s3.bucket")
        if attributes.get("access_logs.s3.enabled") == "true":
            with moto_settings.LOCK:
                known = any(bucket in s3_backends[account]["aws"].buckets for account in list(s3_backends))
            if not known:
                raise ApiError("InvalidConfigurationRequest", f"S3Bucket: {bucket} does not exist")

    def modify_listener_attributes(self, wanted: Input) -> None:
        """Refuse what no listener of an Application Load Balancer has."""
        for each in wanted["Attributes"]:
            if not _LISTENER_ATTRIBUTE.fullmatch(each["Key"]):
                raise ApiError("ValidationError", f"Listener attribute key '{each['Key']}' is not recognized")

    def create_listener(self, wanted: Input) -> None:
        """Refuse TLS without a certificate that is issued."""
        self._check_tls(wanted)

    def modify_listener(self, wanted: Input) -> None:
        """Refuse TLS without a certificate that is issued."""
        self._check_tls(wanted)

    def add_listener_certificates(self, wanted: Input) -> Output:
        """Add certificates that are issued; moto would add one again that is there."""
        self._check_tls(wanted)
        with moto_settings.LOCK:
            (listener,) = self._backend.describe_listeners(None, [wanted["ListenerArn"]])
            given = [each["CertificateArn"] for each in wanted["Certificates"]]
            listener.certificates = list(dict.fromkeys([*listener.certificates, *given]))
        return {"Certificates": wanted["Certificates"]}

    def create_target_group(self, wanted: Input) -> None:
        """Refuse what the stand-in could not send requests to."""
        kind, version = wanted.get("TargetType", "instance"), wanted.get("ProtocolVersion", "HTTP1")
        if kind != "ip" or version != "HTTP1":
            raise ApiError("ValidationError", f"The stand-in has no targets of type {kind} that speak {version}.")

    def describe_target_groups(self, wanted: Input) -> None:
        """Say which load balancers use them now, where moto says which ones did at some time."""
        with moto_settings.LOCK:
            for group in self._backend.target_groups.values():
                group.load_balancer_arns = balancers_of(self._backend, group)

    def describe_target_health(self, wanted: Input) -> Output | None:
        """What the health checks found."""
        with moto_settings.LOCK:
            group = self._backend.target_groups.get(wanted["TargetGroupArn"])
            if group is None:
                return None  # moto says so
            used = bool(balancers_of(self._backend, group))
            targets = wanted.get("Targets") or list(group.targets.values())
            return {"TargetHealthDescriptions": [_health(group, each, used) for each in targets]}

    def add_tags(self, wanted: Input) -> Output | None:
        """Tag things, up to AWS's limit, which moto has too low."""
        with moto_settings.LOCK:
            tags = self._backend.tagging_service
            for arn in wanted["ResourceArns"]:
                self._backend._get_resource_by_arn(arn)
                keys = tags.get_tag_dict_for_resource(arn).keys() | {each["Key"] for each in wanted["Tags"]}
                if len(keys) > _TAGS:
                    raise ApiError(
                        "TooManyTags", f"The quota for the number of tags of {arn} has been reached: {_TAGS}"
                    )
                tags.tag_resource(arn, wanted["Tags"])
        return {}

    @property
    def _backend(self) -> ELBv2Backend:
        return elbv2_backends[self.current_account][self.region]

    @property
    def _ec2(self) -> EC2Backend:
        return ec2_backends[self.current_account][self.region]

    def _check_subnets(self, wanted: Input) -> None:
        ids = wanted.get("Subnets") or [each["SubnetId"] for each in wanted.get("SubnetMappings", [])]
        with moto_settings.LOCK:
            subnets = [self._ec2.get_subnet(id) for id in ids]
            zones = [subnet.availability_zone for subnet in subnets]
            if len(zones) < 2 or len(set(zones)) < len(zones):
                raise ApiError(
                    "ValidationError", "At least two subnets in two different Availability Zones must be specified"
                )
            gateways = self._ec2.internet_gateways.values()
            vpc = subnets[0].vpc_id
            outside = any(gateway.vpc and gateway.vpc.id == vpc for gateway in gateways)
        if wanted.get("Scheme", "internal") == "internet-facing" and not outside:
            raise ApiError("InvalidSubnet", f"VPC {vpc} has no internet gateway")

    def _check_tls(self, wanted: Input) -> None:
        policy = wanted.get("SslPolicy")
        if policy and policy not in SSL_POLICIES:
            raise ApiError("SSLPolicyNotFound", f"SSL policy '{policy}' not found")
        certificates = acm_backends[self.current_account][self.region]._certificates
        given = [each["CertificateArn"] for each in wanted.get("Certificates", [])]
        if wanted.get("Protocol") == "HTTPS" and not given:
            raise ApiError("ValidationError", "A certificate must be specified for HTTPS listeners")
        for arn in given:
            if arn not in certificates:
                raise ApiError("CertificateNotFound", f"Certificate '{arn}' not found")
            if certificates[arn].status != "ISSUED":
                raise ApiError(
                    "UnsupportedCertificate",
                    f"The certificate '{arn}' must have a fully-qualified domain name, a supported signature, and a"
                    " supported key size.",
                )


def _health(group: FakeTargetGroup, asked: Mapping[str, Any], used: bool) -> dict[str, Any]:
    kept = group.targets.get(asked["Id"])
    port = int(asked.get("Port") or (kept or {}).get("Port") or group.port)
    target = {"Id": asked["Id"], "Port": port}
    if kept is None or int(kept["Port"]) != port:
        return {"Target": target, "TargetHealth": _UNKNOWN}
    health: Health = kept.get(KEPT, Health())
    found = {"State": health.state, "Reason": health.reason, "Description": health.description}
    return {
        "Target": target,
        "HealthCheckPort": str(port if group.health_check_port == "traffic-port" else group.health_check_port),
        "TargetHealth": {key: value for key, value in found.items() if value} if used else _UNUSED,
    }


_UNKNOWN: Final = {
    "State": "unused",
    "Reason": "Target.NotRegistered",
    "Description": "Target is not registered to the target group",
}
_UNUSED: Final = {
    "State": "unused",
    "Reason": "Target.NotInUse",
    "Description": "Target group is not configured to receive traffic from the load balancer",
}
