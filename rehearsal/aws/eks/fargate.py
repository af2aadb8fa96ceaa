"""EKS's API: Fargate profiles, which say which pods run without nodes of the cluster's."""

from __future__ import annotations

import json
from typing import Any, Final

from rehearsal.aws.api import ApiError, Input, Output
from rehearsal.aws.eks.parts import ClusterParts

_KIND: Final = "fargateprofile"
_NAME: Final = "fargateProfileName"
_SERVICE: Final = "eks-fargate-pods.amazonaws.com"


class FargateProfiles(ClusterParts):
    """The operations on them."""

    def create_fargate_profile(self, wanted: Input) -> Output:
        """Make one. What its pods run on is made by who rehearses the nodes."""
        role = wanted["podExecutionRoleArn"]
        if not _trusts(self._store.client("iam", self.current_account, self.region), role):
            raise ApiError(
                "InvalidParameterException",
                f"Misconfigured PodExecutionRole Trust Policy; Please add the {_SERVICE} Service Principal",
            )
        ec2 = self._store.client("ec2", self.current_account, self.region)
        if public := _public(ec2, wanted["subnets"]):
            raise ApiError(
                "InvalidParameterException",
                f"Subnet {public} provided in Fargate Profile is not a private subnet",
            )
        facts = {**wanted, "status": "ACTIVE"}
        made = self._add(_KIND, _NAME, wanted[_NAME], facts)
        # With it, EKS lets in what Fargate registers as nodes.
        entry = {"clusterName": wanted["clusterName"], "principalArn": role, "type": "FARGATE_LINUX"}
        if role not in self._cluster(wanted["clusterName"]).parts["access-entry"]:
            self.create_access_entry(entry)
        return {"fargateProfile": made}

    def describe_fargate_profile(self, wanted: Input) -> Output:
        """One of them."""
        return {"fargateProfile": self._part(wanted, _KIND, _NAME)}

    def list_fargate_profiles(self, wanted: Input) -> Output:
        """Their names."""
        return {"fargateProfileNames": self._names(wanted, _KIND)}

    def delete_fargate_profile(self, wanted: Input) -> Output:
        """Unmake one."""
        return {"fargateProfile": self._remove(wanted, _KIND, _NAME)}


def _trusts(iam: Any, role: str) -> bool:
    """Whether a role lets Fargate have it."""
    try:
        found = iam.get_role(RoleName=role.rpartition("/")[2])["Role"]["AssumeRolePolicyDocument"]
    except iam.exceptions.NoSuchEntityException:
        return False
    statements = (found if isinstance(found, dict) else json.loads(found))["Statement"]
    return any(_SERVICE in str(each.get("Principal", {}).get("Service", "")) for each in statements)


def _public(ec2: Any, subnets: list[str]) -> str | None:
    """A subnet with a route of its own to the internet, if one of them is such."""
    for subnet in subnets:
        filters = [{"Name": "association.subnet-id", "Values": [subnet]}]
        tables = ec2.describe_route_tables(Filters=filters)["RouteTables"]
        if any(route.get("GatewayId", "").startswith("igw-") for table in tables for route in table["Routes"]):
            return subnet
    return None
