"""What belongs to an EKS cluster: node groups, add-ons, access entries, pod identity associations."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from rehearsal import addons
from rehearsal.aws.api import Api, ApiError, Input, Output
from rehearsal.aws.eks.store import Cluster, ClusterId, Store
from rehearsal.aws.extensions import role_exists

CLUSTER_ADMIN = "AmazonEKSClusterAdminPolicy"
"""The access policy that the stand-in can grant in Kubernetes; others would need rules of their own there."""

_ARNS: Final = {
    "nodegroup": "nodegroupArn",
    "addon": "addonArn",
    "access-entry": "accessEntryArn",
    "podidentityassociation": "associationArn",
    "fargateprofile": "fargateProfileArn",
}
"""What EKS calls the ARN of each part."""


class ClusterParts(Api):
    """The operations of EKS's API on parts of clusters."""

    service: ClassVar[str] = "eks"

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store

    def create_nodegroup(self, wanted: Input) -> Output:
        """Make a node group. Its nodes are made by who rehearses the nodes."""
        version = self._cluster(wanted["clusterName"]).facts["version"]
        facts = {"version": version, **wanted, "status": "ACTIVE", "health": {"issues": []}}
        return {"nodegroup": self._add("nodegroup", "nodegroupName", wanted["nodegroupName"], facts)}

    def describe_nodegroup(self, wanted: Input) -> Output:
        """One node group."""
        return {"nodegroup": self._part(wanted, "nodegroup", "nodegroupName")}

    def list_nodegroups(self, wanted: Input) -> Output:
        """Their names."""
        return {"nodegroups": self._names(wanted, "nodegroup")}

    def update_nodegroup_config(self, wanted: Input) -> Output:
        """Change sizes, labels or taints."""
        facts = self._part(wanted, "nodegroup", "nodegroupName")
        changes = dict(wanted)
        labels = changes.pop("labels", {})
        taints = changes.pop("taints", {})
        facts["labels"] = {
            key: value
            for key, value in {**facts.get("labels", {}), **labels.get("addOrUpdateLabels", {})}.items()
            if key not in labels.get("removeLabels", [])
        }
        gone = taints.get("removeTaints", [])
        kept = [taint for taint in facts.get("taints", []) if taint not in gone]
        facts["taints"] = kept + [each for each in taints.get("addOrUpdateTaints", []) if each not in kept]
        facts.update({key: value for key, value in changes.items() if key != "clientRequestToken"})
        return update_answer("ConfigUpdate")

    def update_nodegroup_version(self, wanted: Input) -> Output:
        """Give the nodes a newer Kubernetes or another launch template: all are replaced."""
        facts = self._part(wanted, "nodegroup", "nodegroupName")
        facts["version"] = wanted.get("version") or self._cluster(wanted["clusterName"]).facts["version"]
        facts["launchTemplate"] = wanted.get("launchTemplate", facts.get("launchTemplate"))
        return update_answer("VersionUpdate")

    def delete_nodegroup(self, wanted: Input) -> Output:
        """Unmake a node group."""
        return {"nodegroup": self._remove(wanted, "nodegroup", "nodegroupName")}

    def create_addon(self, wanted: Input) -> Output:
        """Install an add-on, with the identities of its pods. What that means here: addons.py."""
        associations = wanted.get("podIdentityAssociations", [])
        installed = self._addon_objects(wanted, wanted)
        facts = {**wanted, "status": "ACTIVE", "health": {"issues": []}}
        facts["podIdentityAssociations"] = [
            self._associate({"clusterName": wanted["clusterName"], "namespace": "kube-system", **each})[
                "associationArn"
            ]
            for each in associations
        ]
        added = self._add("addon", "addonName", wanted["addonName"], facts)
        self._store.runner.apply(self._id(wanted["clusterName"]), installed)
        return {"addon": added}

    def describe_addon(self, wanted: Input) -> Output:
        """One add-on."""
        return {"addon": self._part(wanted, "addon", "addonName")}

    def list_addons(self, wanted: Input) -> Output:
        """Their names."""
        return {"addons": self._names(wanted, "addon")}

    def update_addon(self, wanted: Input) -> Output:
        """Change an add-on's version, configuration or identities."""
        facts = self._part(wanted, "addon", "addonName")
        changes = {key: value for key, value in wanted.items() if key != "clientRequestToken"}
        if "podIdentityAssociations" in changes:
            self._unassociate(wanted["clusterName"], facts["podIdentityAssociations"])
            changes["podIdentityAssociations"] = [
                self._associate({"clusterName": wanted["clusterName"], "namespace": "kube-system", **each})[
                    "associationArn"
                ]
                for each in changes["podIdentityAssociations"]
            ]
        facts.update(changes)
        self._store.runner.apply(self._id(wanted["clusterName"]), self._addon_objects(wanted, facts))
        return update_answer("AddonUpdate")

    def delete_addon(self, wanted: Input) -> Output:
        """Unmake an add-on."""
        facts = self._remove(wanted, "addon", "addonName")
        if not wanted.get("preserve"):
            self._store.runner.remove(self._id(wanted["clusterName"]), self._addon_objects(wanted, facts))
        self._unassociate(wanted["clusterName"], facts["podIdentityAssociations"])
        return {"addon": facts}

    def create_access_entry(self, wanted: Input) -> Output:
        """Let a role into a cluster."""
        self._cluster(wanted["clusterName"])
        if not role_exists(wanted["principalArn"]):
            words = "The specified principalArn is invalid: invalid principal."
            raise ApiError("InvalidParameterException", words)
        facts = {"kubernetesGroups": [], "type": "STANDARD", **wanted, "policies": {}}
        return {"accessEntry": self._add("access-entry", "principalArn", wanted["principalArn"], facts)}

    def describe_access_entry(self, wanted: Input) -> Output:
        """One access entry."""
        return {"accessEntry": self._part(wanted, "access-entry", "principalArn")}

    def list_access_entries(self, wanted: Input) -> Output:
        """Who may enter."""
        return {"accessEntries": self._names(wanted, "access-entry")}

    def update_access_entry(self, wanted: Input) -> Output:
        """Change the Kubernetes groups or the name of who enters."""
        facts = self._part(wanted, "access-entry", "principalArn")
        facts.update({key: value for key, value in wanted.items() if key != "clientRequestToken"})
        return {"accessEntry": facts}

    def delete_access_entry(self, wanted: Input) -> Output:
        """Let a role in no more."""
        self._remove(wanted, "access-entry", "principalArn")
        return {}

    def associate_access_policy(self, wanted: Input) -> Output:
        """Allow an access entry what a policy says."""
        policy = wanted["policyArn"]
        if policy.rpartition("/")[2] != CLUSTER_ADMIN or wanted["accessScope"]["type"] != "cluster":
            raise ApiError(
                "InvalidParameterException", f"The stand-in can only grant {CLUSTER_ADMIN} for a cluster, not {policy}"
            )
        facts = self._part(wanted, "access-entry", "principalArn")
        facts["policies"][policy] = {"policyArn": policy, "accessScope": wanted["accessScope"]}
        return {"associatedAccessPolicy": facts["policies"][policy]}

    def disassociate_access_policy(self, wanted: Input) -> Output:
        """Allow it no more."""
        self._part(wanted, "access-entry", "principalArn")["policies"].pop(wanted["policyArn"], None)
        return {}

    def list_associated_access_policies(self, wanted: Input) -> Output:
        """What an access entry may."""
        facts = self._part(wanted, "access-entry", "principalArn")
        return {"associatedAccessPolicies": list(facts["policies"].values())}

    def create_pod_identity_association(self, wanted: Input) -> Output:
        """Give the pods of a service account a role."""
        return {"association": self._associate(wanted)}

    def describe_pod_identity_association(self, wanted: Input) -> Output:
        """One association."""
        return {"association": self._part(wanted, "podidentityassociation", "associationId")}

    def list_pod_identity_associations(self, wanted: Input) -> Output:
        """All, or those of a namespace or service account."""
        parts = self._cluster(wanted["clusterName"]).parts["podidentityassociation"].values()
        asked = {key: wanted[key] for key in ("namespace", "serviceAccount") if wanted.get(key)}
        return {"associations": [each for each in parts if asked.items() <= each.items()]}

    def update_pod_identity_association(self, wanted: Input) -> Output:
        """Give them another role."""
        facts = self._part(wanted, "podidentityassociation", "associationId")
        facts.update({key: value for key, value in wanted.items() if key != "clientRequestToken"})
        return {"association": facts}

    def delete_pod_identity_association(self, wanted: Input) -> Output:
        """Give them none."""
        return {"association": self._remove(wanted, "podidentityassociation", "associationId")}

    def tag_resource(self, wanted: Input) -> Output:
        """Give a cluster, or a part of one, tags."""
        self._tagged(wanted["resourceArn"]).setdefault("tags", {}).update(wanted["tags"])
        return {}

    def untag_resource(self, wanted: Input) -> Output:
        """Take tags from it."""
        tags = self._tagged(wanted["resourceArn"]).get("tags", {})
        for key in wanted["tagKeys"]:
            tags.pop(key, None)
        return {}

    def _tagged(self, arn: str) -> dict[str, Any]:
        for cluster in self._clusters.values():
            for facts in (cluster.facts, *(each for parts in cluster.parts.values() for each in parts.values())):
                if arn in (facts.get(key) for key in ("arn", *_ARNS.values())):
                    return facts
        raise ApiError("NotFoundException", f"No resource found for ARN: {arn}.")

    @property
    def _clusters(self) -> dict[str, Cluster]:
        return self._store.at(self.current_account, self.region)

    def _cluster(self, name: str) -> Cluster:
        if name not in self._clusters:
            raise ApiError("ResourceNotFoundException", f"No cluster found for name: {name}.")
        return self._clusters[name]

    def _id(self, name: str) -> ClusterId:
        return ClusterId(self.current_account, self.region, name)

    def _addon_objects(self, wanted: Input, facts: Mapping[str, Any]) -> list[addons.Object]:
        try:
            settings = json.loads(facts.get("configurationValues") or "{}")
            version, cluster = facts.get("addonVersion", ""), wanted["clusterName"]
            return addons.objects(wanted["addonName"], version, cluster, settings)
        except addons.UnknownAddonError as error:
            raise ApiError("InvalidParameterException", str(error)) from None

    def _associate(self, wanted: Input) -> dict[str, Any]:
        parts = self._cluster(wanted["clusterName"]).parts["podidentityassociation"]
        if any(
            (each["namespace"], each["serviceAccount"]) == (wanted["namespace"], wanted["serviceAccount"])
            for each in parts.values()
        ):
            raise ApiError(
                "ResourceInUseException",
                f"Association already exists: {wanted['namespace']}/{wanted['serviceAccount']}",
            )
        id = f"a-{random_id(17)}"
        facts = {**wanted, "associationId": id}
        return self._add("podidentityassociation", "associationId", id, facts)

    def _unassociate(self, cluster: str, arns: list[str]) -> None:
        parts = self._cluster(cluster).parts["podidentityassociation"]
        for arn in arns:
            parts.pop(arn.rpartition("/")[2], None)

    def _add(self, kind: str, key: str, name: str, facts: dict[str, Any]) -> dict[str, Any]:
        cluster = facts["clusterName"]
        parts = self._cluster(cluster).parts[kind]
        if name in parts:
            raise ApiError("ResourceInUseException", f"{kind} already exists with {key} {name}")
        arn_key = _ARNS[kind]
        unique = "" if arn_key == "associationArn" else f"/{random_id(8)}"
        now = datetime.now(UTC)
        parts[name] = {
            "createdAt": now,
            "modifiedAt": now,
            **facts,
            arn_key: self._arn(kind, f"{cluster}/{name.replace(':', '/')}{unique}"),
        }
        return parts[name]

    def _part(self, wanted: Input, kind: str, key: str) -> dict[str, Any]:
        parts = self._cluster(wanted["clusterName"]).parts[kind]
        if wanted[key] not in parts:
            raise ApiError("ResourceNotFoundException", f"No {kind} found for {key}: {wanted[key]}.")
        return parts[wanted[key]]

    def _remove(self, wanted: Input, kind: str, key: str) -> dict[str, Any]:
        facts = self._part(wanted, kind, key)
        del self._cluster(wanted["clusterName"]).parts[kind][wanted[key]]
        return facts

    def _names(self, wanted: Input, kind: str) -> list[str]:
        return sorted(self._cluster(wanted["clusterName"]).parts[kind])

    def _arn(self, kind: str, name: str) -> str:
        return f"arn:aws:eks:{self.region}:{self.current_account}:{kind}/{name}"


def update_answer(kind: str) -> Mapping[str, Any]:
    """What EKS answers to a change, which here has been made."""
    return {"update": {"id": random_id(8), "status": "Successful", "type": kind, "errors": []}}


def random_id(length: int) -> str:
    """An id that nothing else has."""
    return secrets.token_hex(length)[:length]
