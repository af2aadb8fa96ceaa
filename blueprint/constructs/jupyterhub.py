"""The whole deployment as one construct: cluster, add-ons, DNS, storage and hub, in their order."""

from collections.abc import Sequence

from aws_cdk import CfnOutput, RemovalPolicies, RemovalPolicy, Stack, Tags
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_route53 as route53
from constructs import Construct, IDependable

from blueprint.config import Config
from blueprint.constructs.access.client_secret import ClientSecret
from blueprint.constructs.access.prerequisites import Prerequisites
from blueprint.constructs.access.server_rights import ServerRights
from blueprint.constructs.access.server_roles import ServerRoles
from blueprint.constructs.budget import budget
from blueprint.constructs.compute.addons import ClusterAddons, NodeAddons
from blueprint.constructs.compute.autoscaler import Autoscaler
from blueprint.constructs.compute.cluster import Cluster
from blueprint.constructs.compute.fargate import Fargate, security_group_policy
from blueprint.constructs.compute.kept_nodes import kept_nodes
from blueprint.constructs.compute.nodes import Nodes, user_subnets
from blueprint.constructs.leftovers import Leftovers
from blueprint.constructs.network.certificate import Certificate
from blueprint.constructs.network.dns import DelegationAcrossAccounts, Records, Subzone
from blueprint.constructs.network.load_balancing import LoadBalancerController, ingress
from blueprint.constructs.network.servers import ServersGroup
from blueprint.constructs.network.vpc import Egress, Network, Subnets, zone_of
from blueprint.constructs.notices import tell
from blueprint.constructs.storage.drivers import BucketDriver, FileDriver, VolumeDriver
from blueprint.constructs.storage.user_data import UserData
from blueprint.constructs.storage.volumes import (
    MountTargets,
    SharedDirectory,
    TeamDirectories,
    bucket_folders,
    database_objects,
    home_classes,
)
from blueprint.hub import (
    hub_values,
    named_provider,
    namespace,
    notice_objects,
    placeholder_priority,
    quota_objects,
    rights_objects,
)
from blueprint.values import chart_values
from blueprint.versions import JUPYTERHUB


class JupyterHub(Construct):
    """A multi-user JupyterHub on an EKS cluster of its own.

    Args:
        config: the configuration, from `blueprint.config.load`.
        vpc: a VPC of your own, with private subnets in at least two zones that have their way to the internet.
        network: a `Network` made elsewhere; by default (and without `vpc`) one is made here.
        zone: the delegated subzone; by default a new one. None of it is used with `dns.subzone.account: parent`.
        user_data: what outlives the cluster; by default it is made here, and the stack keeps it when it is deleted.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: Config,
        vpc: ec2.IVpc | None = None,
        network: Network | None = None,
        zone: route53.IPublicHostedZone | None = None,
        user_data: UserData | None = None,
    ) -> None:
        super().__init__(scope, id)
        tell(self, config, "Hub")
        network_ready: list[IDependable] = []
        if vpc is None:
            network = network or Network(self, "Network", config=config)
            vpc, subnets = network.vpc, network.subnets
            if network.is_new:
                network_ready.append(Egress(self, "Egress", subnets=subnets, gateways=config.network_nat_gateways))
        else:
            subnets = Subnets(vpc)
        hub_zone = zone_of(subnets.private[0])
        data = user_data or UserData(self, "UserData", config=config, zone_name=hub_zone)
        if config.dns_subzone_account == "parent":
            zone = None
        elif zone is None:
            zone = Subzone(self, "Subzone", zone_name=config.dev_subzone_name).zone
            DelegationAcrossAccounts(self, "Delegation", config=config, zone=zone)

        # Control plane, then nodes, then hub, and nothing in between. Certificate, NAT gateways and mount targets are
        # made beside the first, networking add-ons and the hub's objects beside the second, all else beside the hub.
        first: list[IDependable] = [data.control_plane_logs]
        if user_data is None:  # else the look was taken beside it, where nothing waits for it
            first.append(Prerequisites(self, "Prerequisites", config=config))
        cluster = Cluster(self, "Cluster", config=config, vpc=vpc, subnets=subnets.private, after=first)
        certificate = Certificate(self, "Certificate", config=config, zone=zone)
        node_addons = NodeAddons(self, "NodeAddons", config=config, cluster=cluster)
        nodes = Nodes(self, "Nodes", config=config, cluster=cluster, after=[node_addons.cni_role, *network_ready])

        iam = not config.without_machines  # Fargate mounts without an identity
        volumes = [*home_classes(config, data, hub_zone, iam=iam), *database_objects(config, data, hub_zone)]
        claims: list[dict[str, object]] = [*rights_objects(config)]
        rights = ServerRights(self, "ServerRights", config=config, cluster=cluster)
        if data.file_system is not None:
            directories: list[SharedDirectory | TeamDirectories] = []
            if config.storage_shared:
                directories.append(SharedDirectory(self, "SharedDirectory", file_system=data.file_system, iam=iam))
            if config.team_directories:
                directories.append(TeamDirectories(self, "TeamDirectories", file_system=data.file_system, iam=iam))
            for directory in directories:
                volumes += directory.volumes
                claims += directory.claims
        bucket_volumes, bucket_claims = bucket_folders(config, Stack.of(self).region)
        volumes += bucket_volumes
        claims += bucket_claims
        # What pods of hub and controllers have to find. It is applied once more below, in the order in which it goes.
        cluster.wait_for(*network_ready)
        objects = cluster.add_manifest(
            self, "FirstNamespace", *volumes, namespace(), *claims, removal_policy=RemovalPolicy.RETAIN
        )
        cluster.wait_for(objects, node_addons, *nodes.core)
        addons = ClusterAddons(self, "ClusterAddons", config=config, cluster=cluster, after=nodes.core)

        # Storage: drivers, volumes, then the namespace with the claims. On destroy it is the other way round: no volume
        # goes while a claim has it, no claim while a pod has it, and no driver while it has something to clean up.
        drivers: list[IDependable] = [
            VolumeDriver(self, "VolumeDriver", config=config, cluster=cluster, key=data.key, after=nodes.core)
        ]
        servers: ServersGroup | None = None
        if data.file_system is not None:
            mount_targets = MountTargets(self, "MountTargets", cluster=cluster, file_system=data.file_system)
            if config.without_machines:
                servers = ServersGroup(self, "Servers", cluster=cluster, mount_targets=mount_targets.group)
            drivers += [
                FileDriver(
                    self,
                    "FileDriver",
                    cluster=cluster,
                    file_system_id=data.file_system.attr_file_system_id,
                    after=nodes.core,
                ),
                mount_targets,
            ]
        if config.has_bucket_folders:
            drivers.append(BucketDriver(self, "BucketDriver", cluster=cluster, after=nodes.core))
        leftovers = Leftovers(self, "Leftovers", config=config, zone=zone, user_data=data)
        pools: list[IDependable] = []
        if config.nodes_user_scaling == "karpenter":
            pools = self._pools(config, cluster, leftovers, after=[addons.dns])
        # Drivers look up AWS's names: cluster DNS, too, outlives what they clean up.
        storage = cluster.add_manifest(self, "Volumes", *volumes, after=[*drivers, addons.dns, *pools])
        claims_gone = leftovers.no_claims(after=[storage])
        claims += [*quota_objects(config), *notice_objects(config)]
        if config.nodes_user_warm:
            claims.append(placeholder_priority())
        gone_first: list[IDependable] = [claims_gone, *nodes.user]
        if servers:
            # On destroy servers go first, then what took them to Fargate, with which EKS ends those that are left where
            # the settings want none any more; then their network interfaces. And no look is taken beside another one.
            interfaces = leftovers.no_interfaces(group_id=servers.id, after=[*servers.rules, claims_gone])
            fargate = Fargate(self, "Fargate", cluster=cluster, after=[interfaces, *network_ready])
            gone_first.append(fargate.profile)
            roles = ServerRoles(self, "ServerRoles", config=config, cluster=cluster)
            claims += [*roles.objects, security_group_policy(servers.id)]
        home = cluster.add_manifest(self, "Namespace", namespace(), *claims, after=gone_first)
        if pools and config.nodes_user_min:
            cluster.add_manifest(self, "KeptNodes", kept_nodes(config), after=[home])

        # Controllers, side by side. The load balancer is made last: its controllers start with cluster DNS, and try
        # again until that answers; the others wait for it. Two functions run for each chart and manifest, and a new
        # account has ten at once: so the autoscaler comes after another chart, which comes after the certificate, for
        # which a function may run as well.
        balancer = LoadBalancerController(
            self, "LoadBalancerController", config=config, cluster=cluster, after=[certificate]
        )
        records = Records(self, "Records", config=config, cluster=cluster, zone=zone, after=[])
        if nodes.user:
            Autoscaler(self, "Autoscaler", config=config, cluster=cluster, after=[addons.dns, balancer.chart])
        secret = ClientSecret(self, "ClientSecret", config=config, cluster=cluster, user_data=data, after=[addons.dns])
        secret.objects.node.add_dependency(home)

        # The hub, whose pod waits by itself for its volume and its secret, and the way to it.
        provider = data.users.provider if data.users else named_provider(config)
        values = hub_values(config, provider, Stack.of(self).region)
        if servers:
            values["custom"]["barrier"]["securityGroup"] = servers.id
        cluster.add_chart(
            self,
            JUPYTERHUB,
            values=chart_values(JUPYTERHUB.name, values),
            after=[rights],
        )
        # The certificate outlives the load balancer that uses it, the controllers' rights and cluster DNS the records.
        ingress_gone = leftovers.no_ingress(after=[balancer.chart, records.chart, addons.dns, certificate, home])
        facing = subnets.public if config.ingress_scheme == "internet-facing" else subnets.private
        cluster.add_manifest(
            self,
            "Ingress",
            ingress(
                config,
                certificate_arn=certificate.arn,
                subnet_ids=[subnet.subnet_id for subnet in facing],
            ),
            after=[ingress_gone],
        )
        CfnOutput(self, "HubUrl", value=config.hub_url, description="Open this in a browser")
        CfnOutput(self, "CallbackUrl", value=config.callback_url, description="Register at the identity provider")
        CfnOutput(
            self,
            "Kubeconfig",
            value=f"aws eks update-kubeconfig --name {config.name} --region {Stack.of(self).region}",
            description="With one of the roles in admin.roles",
        )
        if config.cost_budget is not None:
            budget(self, "Budget", config=config)
        for key, value in config.resource_tags.items():
            if Stack.of(self).tags.tag_values().get(key) != value:  # a stack of somebody else's app
                Tags.of(self).add(key, value)
        # Logs of functions that are gone help nobody.
        RemovalPolicies.of(self).destroy(apply_to_resource_types=["AWS::Logs::LogGroup"])

    def _pools(
        self, config: Config, cluster: Cluster, leftovers: Leftovers, after: Sequence[IDependable]
    ) -> list[IDependable]:
        """Karpenter and its pools. On destroy: users' pods, then pools, then their instances, then Karpenter.

        Without it nobody would end the instances that it started, and they would hold up the network's deletion.
        """
        # Here, for what they need of the CDK is not read where there are none.
        from blueprint.constructs.compute.karpenter import Karpenter
        from blueprint.constructs.compute.pools import Pools

        subnets = user_subnets(cluster, config)
        karpenter = Karpenter(
            self,
            "Karpenter",
            config=config,
            cluster=cluster,
            subnet_ids=[subnet.subnet_id for subnet in subnets],
            after=after,
        )
        pools = Pools(
            self,
            "Pools",
            config=config,
            cluster=cluster,
            subnets=subnets,
            instance_profile=karpenter.instance_profile,
            instances_gone=lambda classes: leftovers.no_instances(after=classes),
            after=[karpenter.chart, *karpenter.nodes_join],
        )
        return pools.all
