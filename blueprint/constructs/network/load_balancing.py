"""The AWS Load Balancer Controller, with rights on this cluster's load balancers only, and the hub's Ingress."""

from collections.abc import Mapping, Sequence

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct, IDependable

from blueprint.config import Config
from blueprint.constructs.compute.cluster import Cluster
from blueprint.constructs.compute.pod_identity import PodIdentity
from blueprint.values import chart_values
from blueprint.versions import JUPYTERHUB, LOAD_BALANCER_CONTROLLER

CLUSTER_TAG = "elbv2.k8s.aws/cluster"
"""The controller puts this tag, with the cluster's name, on all that it makes."""

TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
"""TLS 1.3 and the forward-secret suites of 1.2: what AWS recommends."""

HSTS = "max-age=31536000"
"""For a year, a browser that has been here comes by https only."""

_ANNOTATION = "alb.ingress.kubernetes.io"
_NO_FIREWALL = "none"


class LoadBalancerController(Construct):
    """The controller that turns the hub's Ingress into an Application Load Balancer."""

    def __init__(
        self, scope: Construct, id: str, *, config: Config, cluster: Cluster, after: Sequence[IDependable]
    ) -> None:
        super().__init__(scope, id)
        identity = PodIdentity(
            self,
            "Identity",
            cluster=cluster,
            namespace=LOAD_BALANCER_CONTROLLER.namespace,
            service_account=LOAD_BALANCER_CONTROLLER.name,
        )
        for statement in _statements(Stack.of(self), cluster, firewall=_firewall(config)):
            identity.role.add_to_policy(statement)
        self.chart = cluster.add_chart(
            self,
            LOAD_BALANCER_CONTROLLER,
            values=chart_values(
                LOAD_BALANCER_CONTROLLER.name,
                {
                    "clusterName": cluster.name,
                    # With the hop limit of 1 the controller cannot ask the node for these.
                    "region": Aws.REGION,
                    "vpcId": cluster.vpc.vpc_id,
                    "enableWafv2": _firewall(config) is not None,
                },
            ),
            after=[identity, *after],
        )


def ingress(config: Config, *, certificate_arn: str, subnet_ids: Sequence[str]) -> dict[str, object]:
    """The hub's Ingress.

    Annotations: https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/
    """
    # An attribute that is left out keeps its last value: those that can be switched off are always said.
    attributes = {
        # Kernels talk over websockets, which may be silent for as long as a cell runs.
        "idle_timeout.timeout_seconds": "3600",
        "routing.http.drop_invalid_header_fields.enabled": "true",
        "access_logs.s3.enabled": "false",
    }
    if config.ingress_logs_bucket:
        attributes["access_logs.s3.enabled"] = "true"
        attributes["access_logs.s3.bucket"] = config.ingress_logs_bucket
        attributes["access_logs.s3.prefix"] = config.name
    annotations = {
        "scheme": config.ingress_scheme,
        "subnets": ",".join(subnet_ids),
        "target-type": "ip",
        "listen-ports": '[{"HTTP": 80}, {"HTTPS": 443}]',
        "ssl-redirect": "443",
        "ssl-policy": TLS_POLICY,
        "certificate-arn": certificate_arn,
        "inbound-cidrs": ",".join(config.allowed_cidrs),
        "healthcheck-path": "/hub/health",
        "success-codes": "200",
        "load-balancer-attributes": ",".join(f"{key}={value}" for key, value in attributes.items()),
        "tags": ",".join(f"{key}={value}" for key, value in config.resource_tags.items()),
        "listener-attributes.HTTPS-443": f"routing.http.response.strict_transport_security.header_value={HSTS}",
    }
    if firewall := _firewall(config):
        annotations["wafv2-acl-arn"] = firewall
    backend = {"service": {"name": "proxy-public", "port": {"name": "http"}}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": "hub",
            "namespace": JUPYTERHUB.namespace,
            "annotations": {f"{_ANNOTATION}/{key}": value for key, value in annotations.items()},
        },
        "spec": {
            "ingressClassName": "alb",
            "rules": [
                {
                    "host": config.jupyterhub_subzone_name,
                    "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]},
                }
            ],
        },
    }


def _firewall(config: Config) -> str | None:
    """The annotation's value. Without the annotation, a web ACL that was named before would stay."""
    return None if config.ingress_waf_arn == "unmanaged" else config.ingress_waf_arn or _NO_FIREWALL


def _statements(stack: Stack, cluster: Cluster, *, firewall: str | None) -> list[iam.PolicyStatement]:
    """The controller's policy, cut down to Application Load Balancers, this VPC and this cluster.

    Upstream's, for any cluster and every feature:
    https://github.com/kubernetes-sigs/aws-load-balancer-controller/blob/v3.5.0/docs/install/iam_policy.json
    """

    def elb(resource: str) -> str:
        return stack.format_arn(service="elasticloadbalancing", resource=resource)

    load_balancers, target_groups = elb("loadbalancer/app/*/*"), elb("targetgroup/*/*")
    listeners, rules = elb("listener/app/*/*/*"), elb("listener-rule/app/*/*/*/*")
    security_groups = stack.format_arn(service="ec2", resource="security-group", resource_name="*")
    vpc = stack.format_arn(service="ec2", resource="vpc", resource_name=cluster.vpc.vpc_id)
    made_now = {"StringEquals": {f"aws:RequestTag/{CLUSTER_TAG}": cluster.name}}
    made_before = {"StringEquals": {f"aws:ResourceTag/{CLUSTER_TAG}": cluster.name}}
    in_vpc = {"ArnEquals": {"ec2:Vpc": vpc}}

    def allow(
        actions: Sequence[str], resources: Sequence[str], conditions: Mapping[str, object] | None = None
    ) -> iam.PolicyStatement:
        return iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=conditions)

    statements = [
        # Reading: none of these actions knows resources.
        allow(
            [
                "ec2:DescribeAccountAttributes",
                "ec2:DescribeAvailabilityZones",
                "ec2:DescribeInstances",
                "ec2:DescribeInternetGateways",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeRouteTables",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeTags",
                "ec2:DescribeVpcs",
                "ec2:GetSecurityGroupsForVpc",
                "elasticloadbalancing:DescribeCapacityReservation",
                "elasticloadbalancing:DescribeListenerAttributes",
                "elasticloadbalancing:DescribeListenerCertificates",
                "elasticloadbalancing:DescribeListeners",
                "elasticloadbalancing:DescribeLoadBalancerAttributes",
                "elasticloadbalancing:DescribeLoadBalancers",
                "elasticloadbalancing:DescribeRules",
                "elasticloadbalancing:DescribeSSLPolicies",
                "elasticloadbalancing:DescribeTags",
                "elasticloadbalancing:DescribeTargetGroupAttributes",
                "elasticloadbalancing:DescribeTargetGroups",
                "elasticloadbalancing:DescribeTargetHealth",
                "elasticloadbalancing:DescribeTrustStores",
            ],
            ["*"],
        ),
        allow(
            ["iam:CreateServiceLinkedRole"],
            [
                stack.format_arn(
                    service="iam",
                    region="",
                    resource="role/aws-service-role/elasticloadbalancing.amazonaws.com",
                    resource_name="AWSServiceRoleForElasticLoadBalancing",
                )
            ],
            {"StringEquals": {"iam:AWSServiceName": "elasticloadbalancing.amazonaws.com"}},
        ),
        # Security groups: its own, and the nodes' rules that let the load balancer in.
        allow(["ec2:CreateSecurityGroup"], [vpc]),
        allow(["ec2:CreateSecurityGroup"], [security_groups], made_now),
        allow(
            ["ec2:CreateTags"],
            [security_groups],
            {"StringEquals": {"ec2:CreateAction": "CreateSecurityGroup", **made_now["StringEquals"]}},
        ),
        allow(["ec2:CreateTags", "ec2:DeleteTags", "ec2:DeleteSecurityGroup"], [security_groups], made_before),
        allow(["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"], [security_groups], in_vpc),
        # Load balancers and target groups.
        allow(
            ["elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:CreateTargetGroup"],
            [load_balancers, target_groups],
            made_now,
        ),
        allow(
            ["elasticloadbalancing:AddTags"],
            [load_balancers, target_groups],
            {
                "StringEquals": {
                    "elasticloadbalancing:CreateAction": ["CreateLoadBalancer", "CreateTargetGroup"],
                    **made_now["StringEquals"],
                }
            },
        ),
        allow(
            [
                "elasticloadbalancing:AddTags",
                "elasticloadbalancing:CreateListener",
                "elasticloadbalancing:DeleteLoadBalancer",
                "elasticloadbalancing:DeleteTargetGroup",
                "elasticloadbalancing:DeregisterTargets",
                "elasticloadbalancing:ModifyLoadBalancerAttributes",
                "elasticloadbalancing:ModifyTargetGroup",
                "elasticloadbalancing:ModifyTargetGroupAttributes",
                "elasticloadbalancing:RegisterTargets",
                "elasticloadbalancing:RemoveTags",
                "elasticloadbalancing:SetIpAddressType",
                "elasticloadbalancing:SetSecurityGroups",
                "elasticloadbalancing:SetSubnets",
            ],
            [load_balancers, target_groups],
            made_before,
        ),
        # Listeners and rules: upstream does not hold these to a tag, since they get theirs in a call of its own.
        allow(
            [
                "elasticloadbalancing:AddListenerCertificates",
                "elasticloadbalancing:AddTags",
                "elasticloadbalancing:CreateRule",
                "elasticloadbalancing:DeleteListener",
                "elasticloadbalancing:DeleteRule",
                "elasticloadbalancing:ModifyListener",
                "elasticloadbalancing:ModifyListenerAttributes",
                "elasticloadbalancing:ModifyRule",
                "elasticloadbalancing:RemoveListenerCertificates",
                "elasticloadbalancing:RemoveTags",
                "elasticloadbalancing:SetRulePriorities",
            ],
            [listeners, rules],
        ),
    ]
    if firewall:
        statements += [
            # It asks which web ACL there is before it changes or removes it, and is answered with that ACL.
            allow(["wafv2:GetWebACL", "wafv2:GetWebACLForResource"], ["*"]),
            # AWS documents no condition key for the second: held to a tag, it would not be allowed.
            allow(["wafv2:DisassociateWebACL", "elasticloadbalancing:SetWebAcl"], [load_balancers]),
        ]
    if firewall and firewall != _NO_FIREWALL:
        statements.append(allow(["wafv2:AssociateWebACL"], [firewall, load_balancers]))
    return statements
