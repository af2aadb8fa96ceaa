"""EKS's API: clusters."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, time
from typing import Any, Final

from blueprint.config.facts.kubernetes import MINORS
from rehearsal.aws.api import ApiError, Input, Output
from rehearsal.aws.eks.fargate import FargateProfiles
from rehearsal.aws.eks.given import SECURITY_GROUP_POLICIES
from rehearsal.aws.eks.parts import random_id, update_answer
from rehearsal.aws.eks.store import Cluster, Endpoint

_STATUS: Final = {"standard": "STANDARD_SUPPORT", "extended": "EXTENDED_SUPPORT", "none": "UNSUPPORTED"}


class Eks(FargateProfiles):
    """EKS's API. What takes minutes there is done here when the call returns."""

    def create_cluster(self, wanted: Input) -> Output:
        """Make a cluster, and start its Kubernetes."""
        name = wanted["name"]
        if name in self._clusters:
            raise ApiError("ResourceInUseException", f"Cluster already exists with name: {name}")
        endpoint = self._run(name, wanted["version"])
        facts = {
            **wanted,
            "arn": self._arn("cluster", name),
            "createdAt": datetime.now(UTC),
            "endpoint": endpoint.url,
            "certificateAuthority": {"data": _base64(endpoint.ca)},
            "identity": {
                "oidc": {"issuer": f"https://oidc.eks.{self.region}.amazonaws.com/id/{random_id(32).upper()}"}
            },
            "platformVersion": "eks.1",
            "status": "ACTIVE",
            "resourcesVpcConfig": self._vpc(name, wanted["resourcesVpcConfig"]),
            "kubernetesNetworkConfig": {
                "serviceIpv4Cidr": "10.100.0.0/16",
                **wanted.get("kubernetesNetworkConfig", {}),
            },
        }
        self._clusters[name] = Cluster(facts)
        self._store.runner.apply(self._id(name), [SECURITY_GROUP_POLICIES])
        return {"cluster": facts}

    def describe_cluster(self, wanted: Input) -> Output:
        """One cluster."""
        return {"cluster": self._cluster(wanted["name"]).facts}

    def list_clusters(self, wanted: Input) -> Output:
        """Their names."""
        return {"clusters": sorted(self._clusters)}

    def describe_cluster_versions(self, wanted: Input) -> Output:
        """The minors that clusters may have, by EKS's calendar."""
        today = datetime.now(UTC).date()
        return {
            "clusterVersions": [
                {
                    "clusterVersion": minor.version,
                    "versionStatus": _STATUS[minor.support(today)],
                    "endOfStandardSupportDate": datetime.combine(minor.standard_ends, time(), UTC),
                    "endOfExtendedSupportDate": datetime.combine(minor.extended_ends, time(), UTC),
                }
                for minor in MINORS.values()
                if wanted.get("includeAll") or minor.support(today) != "none"
            ]
        }

    def update_cluster_version(self, wanted: Input) -> Output:
        """Have the cluster run the next Kubernetes minor. EKS goes one minor at a time, and never back."""
        cluster = self._cluster(wanted["name"])
        old, new = (int(version.split(".")[1]) for version in (cluster.facts["version"], wanted["version"]))
        if new != old + 1:
            raise ApiError(
                "InvalidParameterException",
                f"Unsupported Kubernetes minor version update from 1.{old} to 1.{new}",
            )
        endpoint = self._run(wanted["name"], wanted["version"])
        cluster.facts.update(version=wanted["version"], endpoint=endpoint.url)
        return update_answer("VersionUpdate")

    def update_cluster_config(self, wanted: Input) -> Output:
        """Change the end points, logs or access mode."""
        facts = self._cluster(wanted["name"]).facts
        for key in wanted.keys() - {"name", "clientRequestToken"}:
            facts[key] = {**facts.get(key, {}), **wanted[key]}
        return update_answer("ConfigUpdate")

    def delete_cluster(self, wanted: Input) -> Output:
        """Unmake a cluster that has no nodes any more."""
        cluster = self._cluster(wanted["name"])
        if cluster.parts["nodegroup"]:
            raise ApiError("ResourceInUseException", "Cluster has nodegroups attached")
        if cluster.parts["fargateprofile"]:
            raise ApiError("ResourceInUseException", "Cluster has Fargate profiles attached")
        self._store.runner.stop(self._id(wanted["name"]))
        group = cluster.facts["resourcesVpcConfig"]["clusterSecurityGroupId"]
        self._store.client("ec2", self.current_account, self.region).delete_security_group(GroupId=group)
        del self._clusters[wanted["name"]]
        return {"cluster": {**cluster.facts, "status": "DELETING"}}

    def _run(self, name: str, version: str) -> Endpoint:
        id = self._id(name)
        return self._store.runner.start(id, version, self._store.token_webhook(id))

    def _vpc(self, name: str, wanted: Input) -> dict[str, Any]:
        """Where a cluster is, and the security group that EKS makes for it there."""
        ec2 = self._store.client("ec2", self.current_account, self.region)
        vpc = ec2.describe_subnets(SubnetIds=wanted["subnetIds"])["Subnets"][0]["VpcId"]
        group = ec2.create_security_group(
            GroupName=f"eks-cluster-sg-{name}-{random_id(10)}",
            Description="EKS created security group applied to ENI that is attached to EKS Control Plane",
            VpcId=vpc,
            TagSpecifications=[
                {
                    "ResourceType": "security-group",
                    "Tags": [
                        {"Key": "Name", "Value": f"eks-cluster-sg-{name}"},
                        # By this one the AWS Load Balancer Controller knows which group to open.
                        {"Key": f"kubernetes.io/cluster/{name}", "Value": "owned"},
                    ],
                }
            ],
        )["GroupId"]
        public = {"endpointPublicAccess": True, "endpointPrivateAccess": False, "publicAccessCidrs": ["0.0.0.0/0"]}
        return {**public, **wanted, "vpcId": vpc, "clusterSecurityGroupId": group}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
