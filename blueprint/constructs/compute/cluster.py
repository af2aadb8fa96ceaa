"""The EKS control plane, who may use it, and the way charts and manifests reach it."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from types import ModuleType
from typing import cast

from aws_cdk import Annotations, Aws, Duration, RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct, IDependable

from blueprint.config import Config, ConfigError, Problem
from blueprint.config.facts.kubernetes import DEFAULT
from blueprint.versions import BY_MINOR, Chart


def _kubectl(version: str) -> ModuleType:
    return import_module(f"aws_cdk.lambda_layer_kubectl_v{version.removeprefix('1.')}")


with suppress(ModuleNotFoundError):
    _kubectl(DEFAULT)  # with all other packages, which Node reads while Python does


class Cluster(Construct):
    """The control plane with encrypted secrets, logs and access entries.

    `made` is its name once it is there, for what AWS makes in it only then; `name` and `arn` are known before.
    `ready` is what every chart and manifest waits for, and what outlives them on destroy: whoever makes a way to the
    internet or nodes adds it there.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: Config,
        vpc: ec2.IVpc,
        subnets: Sequence[ec2.ISubnet],
        after: Sequence[IDependable],
    ) -> None:
        super().__init__(scope, id)
        self.vpc = vpc
        self.subnets = list(subnets)
        self.name = config.name
        self.key = _key(self, config.name)
        # Not EKS's own group for kubectl's functions: Lambda's network interfaces outlast them, and EKS leaves behind
        # a group that is in use.
        group = ec2.SecurityGroup(
            self, "SecurityGroup", vpc=vpc, description="The control plane, and the functions that run kubectl and Helm"
        )
        group.add_ingress_rule(group, ec2.Port.tcp(443), "kubectl and Helm")
        control_plane = eks.Cluster(
            self,
            "ControlPlane",
            cluster_name=config.name,
            version=eks.KubernetesVersion.of(config.kubernetes_version),
            vpc=vpc,
            vpc_subnets=[ec2.SubnetSelection(subnets=self.subnets)],
            security_group=group,
            endpoint_access=_endpoint_access(config),
            secrets_encryption_key=self.key,
            cluster_logging=list(eks.ClusterLoggingTypes),
            bootstrap_cluster_creator_admin_permissions=False,
            # The networking add-ons come as managed ones, at pinned versions, and nothing else does.
            bootstrap_self_managed_addons=False,
            default_capacity_type=eks.DefaultCapacityType.NODEGROUP,
            default_capacity=0,
            kubectl_provider_options=eks.KubectlProviderOptions(
                kubectl_layer=_kubectl_layer(self, config.kubernetes_version), security_groups=[group]
            ),
            output_config_command=False,
        )
        control_plane.node.default_child.node.add_dependency(*after)  # type: ignore[union-attr]
        for role_arn in config.admin_roles:
            # Named by the role, not by its place: a role that moved up would be entered again before it is let go.
            control_plane.grant_cluster_admin(f"Admin-{role_arn}", role_arn)
        Annotations.of(control_plane).acknowledge_warning(
            "@aws-cdk/aws-eks:clusterMustManuallyTagSubnet", "The Ingress names its subnets, so they need no tags"
        )
        # aws_cdk's type for the class lacks a property that its type for the interface has.
        self.eks = cast(eks.ICluster, control_plane)
        self.made = self.eks.cluster_name
        self.arn = Stack.of(self).format_arn(service="eks", resource="cluster", resource_name=self.name)
        self.issuer = control_plane.cluster_open_id_connect_issuer_url
        # On destroy they outlive what their functions do; a log group that Lambda makes anew would stay for ever.
        kubectl = control_plane.node.find_child("KubectlProvider")
        log_groups = [each for each in kubectl.node.find_all() if isinstance(each, logs.LogGroup)]
        self._ready: list[IDependable] = [group, *log_groups]

    def wait_for(self, *dependables: IDependable) -> None:
        """Make every chart and manifest added from now on depend on these."""
        self._ready.extend(dependables)

    def add_chart(
        self,
        scope: Construct,
        chart: Chart,
        *,
        values: Mapping[str, object],
        after: Sequence[IDependable] = (),
    ) -> eks.HelmChart:
        """Install a chart and wait until its pods are ready; a failed install is rolled back, not left pending.

        A rollback waits as long again, and both fit into the 15 minutes of the function that runs Helm: a release that
        it had to leave half-way could not be upgraded any more.
        """
        _fit_for_an_event(chart, values)
        release = eks.HelmChart(
            scope,
            "Chart",
            cluster=self.eks,
            chart=chart.name,
            release=chart.name,
            repository=chart.repository,
            version=chart.version,
            namespace=chart.namespace,
            values=values,
            skip_crds=not chart.definitions,
            wait=True,
            atomic=True,
            timeout=Duration.minutes(7),
        )
        release.node.add_dependency(*self._ready, *after)
        return release

    def add_manifest(
        self,
        scope: Construct,
        id: str,
        *objects: Mapping[str, object],
        after: Sequence[IDependable] = (),
        removal_policy: RemovalPolicy = RemovalPolicy.DESTROY,
    ) -> eks.KubernetesManifest:
        """Apply Kubernetes objects; on destroy they are deleted, unless kept, and their finalizers waited for."""
        manifest = eks.KubernetesManifest(
            scope,
            id,
            cluster=self.eks,
            manifest=[dict(item) for item in objects],
            overwrite=True,
            removal_policy=removal_policy,
        )
        manifest.node.add_dependency(*self._ready, *after)
        return manifest


def _fit_for_an_event(chart: Chart, values: Mapping[str, object]) -> None:
    """Make sure that an update can hand a chart's values, those before it and those after it, to the function.

    An event holds 262,144 bytes at most (https://github.com/aws/aws-cdk/issues/19165), of which the rest takes few.
    """
    length, most = len(json.dumps(json.dumps(values))), 125_000
    if length > most:
        allowed = f"at most {most:,} bytes, which CloudFormation can hand to the function that runs Helm"
        fix = "name groups instead of many users, take a smaller hub.logo, or shorten startup scripts and long lists"
        raise ConfigError([Problem(f"the values of the chart {chart.name}", f"{length:,} bytes", allowed, fix)])


def _key(scope: Construct, cluster_name: str) -> kms.Key:
    """The key of the cluster's own things: Kubernetes secrets and nodes' root volumes."""
    key = kms.Key(
        scope,
        "Key",
        description=f"EKS cluster {cluster_name}: Kubernetes secrets, root volumes",
        enable_key_rotation=True,
        removal_policy=RemovalPolicy.DESTROY,
        pending_window=Duration.days(7),
    )
    allow_ebs(key)
    return key


def allow_ebs(key: kms.Key) -> None:
    """Let EC2 use a key for volumes on behalf of this account's principals, as EBS's own default key does.

    So Auto Scaling can start nodes with volumes of this key, without its service-linked role, which a fresh account
    may not have yet, being named in the key's policy.
    """
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="VolumesThroughEc2",
            principals=[iam.AnyPrincipal()],
            actions=[
                "kms:Encrypt",
                "kms:Decrypt",
                "kms:ReEncrypt*",
                "kms:GenerateDataKey*",
                "kms:CreateGrant",
                "kms:DescribeKey",
            ],
            resources=["*"],  # in a key's own policy: this key
            conditions={
                "StringEquals": {
                    "kms:CallerAccount": Aws.ACCOUNT_ID,
                    "kms:ViaService": f"ec2.{Aws.REGION}.{Aws.URL_SUFFIX}",
                }
            },
        )
    )


def _endpoint_access(config: Config) -> eks.EndpointAccess:
    if config.api_endpoint == "private":
        return eks.EndpointAccess.PRIVATE
    return eks.EndpointAccess.PUBLIC_AND_PRIVATE.only_from(*config.api_allowed_cidrs)


def _kubectl_layer(scope: Construct, version: str) -> lambda_.ILayerVersion:
    """The layer with kubectl and Helm of the cluster's own minor.

    Raises:
        ConfigError: if the minor's layer package is not installed.
    """
    minor = version.removeprefix("1.")
    package, pin = f"aws-cdk.lambda-layer-kubectl-v{minor}", BY_MINOR[version].kubectl_layer
    try:
        module = _kubectl(version)
    except ModuleNotFoundError:
        raise ConfigError(
            [
                Problem(
                    key="kubernetes.version",
                    got=version,
                    allowed=f"a version whose kubectl layer is installed; {package} is not",
                    fix=f"in the project's folder: .venv/bin/pip install {package}=={pin}",
                )
            ]
        ) from None
    layer: lambda_.ILayerVersion = getattr(module, f"KubectlV{minor}Layer")(scope, "KubectlLayer")
    return layer
