"""EKS's managed add-ons: networking before the nodes, everything else on them."""

import json
from collections.abc import Mapping, Sequence

from aws_cdk import Stack
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct, IDependable

from blueprint.config import Config
from blueprint.constructs.compute.cluster import Cluster
from blueprint.constructs.compute.pod_identity import pod_role
from blueprint.versions import BUCKET_DRIVER, BY_MINOR, EKS_ADDONS

SYSTEM = "kube-system"
"""The namespace of add-ons."""


class NodeAddons(Construct):
    """What a node needs to become ready: pod identity, the VPC CNI with network policies on, kube-proxy.

    They are made beside the nodes: no node is ready, and so has pods, before the VPC CNI runs there and the first pod
    already lives under network policies. When the add-ons are deleted, their pods stay for as long as their nodes.
    """

    def __init__(self, scope: Construct, id: str, *, config: Config, cluster: Cluster) -> None:
        super().__init__(scope, id)
        addon(self, cluster, "eks-pod-identity-agent", stays=True)
        self.cni_role = pod_role(self, "VpcCniRole", cluster=cluster, namespace=SYSTEM, service_account="aws-node")
        self.cni_role.add_managed_policy(iam.ManagedPolicy.from_aws_managed_policy_name("AmazonEKS_CNI_Policy"))
        settings: dict[str, object] = {
            "enableNetworkPolicy": "true",
            "env": {"ADDITIONAL_ENI_TAGS": json.dumps(config.resource_tags)},
        }
        addon(self, cluster, "vpc-cni", settings=settings, identities={"aws-node": self.cni_role}, stays=True)
        addon(self, cluster, "kube-proxy", version=BY_MINOR[config.kubernetes_version].kube_proxy, stays=True)


class ClusterAddons(Construct):
    """Cluster DNS and metrics; they run on the core nodes."""

    def __init__(
        self, scope: Construct, id: str, *, config: Config, cluster: Cluster, after: Sequence[IDependable]
    ) -> None:
        super().__init__(scope, id)
        versions = BY_MINOR[config.kubernetes_version]
        self.dns = addon(self, cluster, "coredns", version=versions.coredns, after=after)
        addon(self, cluster, "metrics-server", version=versions.metrics_server, after=after)


def addon(
    scope: Construct,
    cluster: Cluster,
    name: str,
    *,
    version: str | None = None,
    settings: Mapping[str, object] | None = None,
    identities: Mapping[str, iam.IRole] | None = None,
    after: Sequence[IDependable] = (),
    stays: bool = False,
) -> eks.CfnAddon:
    """A managed add-on, with its service accounts' roles (`aws_eks_v2.Addon` cannot associate them).

    What `stays` runs on until the nodes go.
    """
    addon = eks.CfnAddon(
        scope,
        "".join(part.capitalize() for part in name.split("-")),
        cluster_name=cluster.made,
        addon_name=name,
        addon_version=version or (EKS_ADDONS | BUCKET_DRIVER)[name],
        configuration_values=Stack.of(scope).to_json_string(dict(settings)) if settings else None,
        resolve_conflicts="OVERWRITE",
        pod_identity_associations=[
            eks.CfnAddon.PodIdentityAssociationProperty(service_account=account, role_arn=role.role_arn)
            for account, role in (identities or {}).items()
        ]
        or None,
        preserve_on_delete=stays or None,
    )
    if after:
        addon.node.add_dependency(*after)
    return addon
