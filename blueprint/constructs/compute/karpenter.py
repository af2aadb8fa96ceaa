"""Karpenter: makes the users' nodes, instance by instance, and removes them."""

from collections.abc import Sequence

from aws_cdk import Aws, Duration
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct, IDependable

from blueprint.config import Config
from blueprint.config.machines import needs_spot
from blueprint.constructs.compute.cluster import Cluster
from blueprint.constructs.compute.karpenter_rights import rights
from blueprint.constructs.compute.nodes import node_role
from blueprint.constructs.compute.pod_identity import PodIdentity
from blueprint.values import chart_values
from blueprint.versions import KARPENTER, KARPENTER_DEFINITIONS

_NEWS = {
    "Health": ("aws.health", "AWS Health Event"),
    "SpotInterruption": ("aws.ec2", "EC2 Spot Instance Interruption Warning"),
    "Rebalance": ("aws.ec2", "EC2 Instance Rebalance Recommendation"),
    "StateChange": ("aws.ec2", "EC2 Instance State-change Notification"),
}
"""What Karpenter wants to hear of, from EventBridge: the source, and the kind of event."""


class Karpenter(Construct):
    """The controller, with rights on this cluster's instances only, and what its nodes need from AWS.

    `nodes_join` is what a node needs to join, and outlives all of them; `chart` is the controller.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: Config,
        cluster: Cluster,
        subnet_ids: Sequence[str],
        after: Sequence[IDependable],
    ) -> None:
        super().__init__(scope, id)
        # Not the managed groups' role: EKS lets that one in by itself, and a second entry for it would be refused.
        role = node_role(self)
        self.instance_profile = iam.InstanceProfile(self, "InstanceProfile", role=role)
        entry = eks.CfnAccessEntry(
            self, "Nodes", cluster_name=cluster.made, principal_arn=role.role_arn, type="EC2_LINUX"
        )
        self.nodes_join: list[IDependable] = [entry, role]
        identity = PodIdentity(
            self, "Identity", cluster=cluster, namespace=KARPENTER.namespace, service_account=KARPENTER.name
        )
        queue = _queue(self)
        for statement in rights(
            cluster,
            node_role_arn=role.role_arn,
            queue_arn=queue.queue_arn,
            subnet_ids=subnet_ids,
            spot=needs_spot(config),
        ):
            identity.role.add_to_policy(statement)
        definitions = cluster.add_chart(Construct(self, "Definitions"), KARPENTER_DEFINITIONS, values={})
        self.chart = cluster.add_chart(
            self,
            KARPENTER,
            values=chart_values(
                KARPENTER.name,
                {
                    "settings": {
                        "clusterName": cluster.name,
                        "clusterEndpoint": cluster.eks.cluster_endpoint,
                        "interruptionQueue": queue.queue_name,
                    },
                    # With the hop limit of 1 it cannot ask the node.
                    "controller": {"env": [{"name": "AWS_REGION", "value": Aws.REGION}]},
                },
            ),
            after=[definitions, identity, *after],
        )


def _queue(scope: Construct) -> sqs.Queue:
    """What EventBridge tells of instances; a message holds no more than their ids."""
    queue = sqs.Queue(
        scope,
        "Queue",
        # With a key of one's own, all rules of the account that have it as a target would need to use that key.
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=Duration.minutes(5),  # what is older is no news
    )
    for id, (source, kind) in _NEWS.items():
        pattern = events.EventPattern(source=[source], detail_type=[kind])
        events.Rule(scope, id, event_pattern=pattern, targets=[targets.SqsQueue(queue)])
    return queue
