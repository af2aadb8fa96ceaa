"""EKS: the cluster, and what belongs to it."""

from __future__ import annotations

from typing import Any

from rehearsal.aws.cloud import Properties
from rehearsal.aws.resources.kind import Kind, Made, Place, kind
from rehearsal.aws.resources.properties import allow_changes, change_tags, only, pairs, without


@kind("AWS::EKS::Cluster")
class Cluster(Kind):
    """A cluster."""

    def create(self, place: Place, wanted: Properties) -> Made:
        properties = {"Name": place.name(100), **_cluster(wanted)}
        place.cloud.call("eks", "CreateCluster", properties)
        return self._made(place, properties["Name"])

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        names = allow_changes(place.type, old, new, "Version", "Logging", "ResourcesVpcConfig", "AccessConfig", "Tags")
        _retag(place, made.attributes["Arn"], old, new)
        before, after = _cluster(without(old, "Tags")), _cluster(without(new, "Tags"))
        if "Version" in names:
            place.cloud.call("eks", "UpdateClusterVersion", only(new, "Version"), name=made.ref)
        for name in names - {"Version", "Tags"}:
            if before[name] != after[name]:
                place.cloud.call("eks", "UpdateClusterConfig", only(after, name), name=made.ref)
        return self._made(place, made.ref)

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.client("eks").delete_cluster(name=made.ref)

    def _made(self, place: Place, name: str) -> Made:
        facts = place.cloud.client("eks").describe_cluster(name=name)["cluster"]
        keys = [each["provider"]["keyArn"] for each in facts.get("encryptionConfig", [])]
        return Made(
            name,
            {
                "Arn": facts["arn"],
                "Id": name,
                "Endpoint": facts["endpoint"],
                "CertificateAuthorityData": facts["certificateAuthority"]["data"],
                "ClusterSecurityGroupId": facts["resourcesVpcConfig"]["clusterSecurityGroupId"],
                "OpenIdConnectIssuerUrl": facts["identity"]["oidc"]["issuer"],
                "EncryptionConfigKeyArn": keys[0] if keys else "",
            },
        )


@kind("AWS::EKS::FargateProfile")
class FargateProfile(Kind):
    """Which pods run on Fargate. Nothing of it but its tags can be changed."""

    def create(self, place: Place, wanted: Properties) -> Made:
        selectors = [{**each, "Labels": pairs(each.get("Labels"))} for each in wanted["Selectors"]]
        named = {"FargateProfileName": place.name(100), **without(wanted, "Tags"), "Selectors": selectors}
        made = place.cloud.call("eks", "CreateFargateProfile", named, tags=pairs(wanted.get("Tags")))["fargateProfile"]
        return Made(f"{made['clusterName']}|{made['fargateProfileName']}", {"Arn": made["fargateProfileArn"]})

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        cluster, _, name = made.ref.partition("|")
        place.cloud.client("eks").delete_fargate_profile(clusterName=cluster, fargateProfileName=name)


def _cluster(properties: Properties) -> dict[str, Any]:
    """A cluster's properties as EKS takes them: it wants log types with a switch, and tags as a mapping."""
    given = dict(without(properties, "Tags"))
    if "Tags" in properties:
        given["Tags"] = pairs(properties["Tags"])
    if "Logging" in properties:
        types = [each["Type"] for each in properties["Logging"]["ClusterLogging"].get("EnabledTypes", [])]
        given["Logging"] = {"ClusterLogging": [{"Types": types, "Enabled": True}]}
    return given


def _retag(place: Place, arn: str, old: Properties, new: Properties) -> None:
    eks = place.cloud.client("eks")
    change_tags(
        old,
        new,
        add=lambda tags: eks.tag_resource(resourceArn=arn, tags=tags),
        remove=lambda keys: eks.untag_resource(resourceArn=arn, tagKeys=keys),
    )


class _Part(Kind):
    """A part of a cluster."""

    def delete_by(self, place: Place, operation: str, cluster: str, **key: str) -> None:
        """Call the operation that unmakes it."""
        place.cloud.call("eks", operation, {"ClusterName": cluster}, **key)


@kind("AWS::EKS::Nodegroup")
class Nodegroup(_Part):
    """A group of nodes."""

    later = ("ForceUpdateEnabled",)

    def create(self, place: Place, wanted: Properties) -> Made:
        named = {"NodegroupName": place.name(63), **wanted}
        group = place.cloud.call("eks", "CreateNodegroup", without(named, "ForceUpdateEnabled"))["nodegroup"]
        id = f"{group['clusterName']}/{group['nodegroupName']}"
        names = {"ClusterName": group["clusterName"], "NodegroupName": group["nodegroupName"]}
        return Made(id, {"Id": id, "Arn": group["nodegroupArn"], **names})

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        versions = ("Version", "ReleaseVersion", "LaunchTemplate")
        settings = ("ScalingConfig", "UpdateConfig", "NodeRepairConfig", "Labels", "Taints")
        names = allow_changes(place.type, old, new, "ForceUpdateEnabled", "Tags", *versions, *settings)
        _retag(place, made.attributes["Arn"], old, new)
        group = only(made.attributes, "ClusterName", "NodegroupName")
        if names & set(versions):
            changes = {**only(new, *versions), "Force": new.get("ForceUpdateEnabled", False)}
            place.cloud.call("eks", "UpdateNodegroupVersion", {**group, **changes})
        if names & set(settings):
            changes = only(new, *(names & set(settings) - {"Labels", "Taints"}))
            if "Labels" in names:
                before, after = old.get("Labels", {}), new.get("Labels", {})
                changes["Labels"] = {"addOrUpdateLabels": after, "removeLabels": sorted(before.keys() - after.keys())}
            if "Taints" in names:
                had, wanted = old.get("Taints", []), new.get("Taints", [])
                gone = [taint for taint in had if taint not in wanted]
                changes["Taints"] = {"addOrUpdateTaints": wanted, "removeTaints": gone}
            place.cloud.call("eks", "UpdateNodegroupConfig", {**group, **changes})
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        cluster, _, name = made.ref.partition("/")
        self.delete_by(place, "DeleteNodegroup", cluster, nodegroupName=name)


@kind("AWS::EKS::Addon")
class Addon(_Part):
    """An add-on that EKS manages."""

    later = ("PreserveOnDelete",)

    def create(self, place: Place, wanted: Properties) -> Made:
        properties = without(wanted, "NamespaceConfig", "PreserveOnDelete", "Tags")
        addon = place.cloud.call("eks", "CreateAddon", properties, tags=pairs(wanted.get("Tags")))["addon"]
        return Made(f"{addon['clusterName']}|{addon['addonName']}", {"Arn": addon["addonArn"]})

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        allow_changes(
            *(place.type, old, new, "AddonVersion", "ConfigurationValues", "ResolveConflicts"),
            *("PodIdentityAssociations", "PreserveOnDelete", "ServiceAccountRoleArn", "Tags"),
        )
        _retag(place, made.attributes["Arn"], old, new)
        place.cloud.call("eks", "UpdateAddon", without(new, "PreserveOnDelete", "Tags", "NamespaceConfig"))
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        key = only(properties, "ClusterName", "AddonName")
        place.cloud.call("eks", "DeleteAddon", key, preserve=properties.get("PreserveOnDelete", False))


@kind("AWS::EKS::AccessEntry")
class AccessEntry(_Part):
    """Who may enter a cluster, and what they may there."""

    def create(self, place: Place, wanted: Properties) -> Made:
        properties = without(wanted, "AccessPolicies", "Tags")
        entry = place.cloud.call("eks", "CreateAccessEntry", properties, tags=pairs(wanted.get("Tags")))["accessEntry"]
        self._allow(place, {}, wanted)
        return Made(f"{wanted['PrincipalArn']}|{wanted['ClusterName']}", {"AccessEntryArn": entry["accessEntryArn"]})

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        names = allow_changes(place.type, old, new, "AccessPolicies", "KubernetesGroups", "Username", "Tags")
        _retag(place, made.attributes["AccessEntryArn"], old, new)
        if names - {"AccessPolicies", "Tags"}:
            place.cloud.call("eks", "UpdateAccessEntry", without(new, "AccessPolicies", "Tags", "Type"))
        self._allow(place, old, new)
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        self.delete_by(place, "DeleteAccessEntry", properties["ClusterName"], principalArn=properties["PrincipalArn"])

    def _allow(self, place: Place, old: Properties, new: Properties) -> None:
        had = {each["PolicyArn"]: each for each in old.get("AccessPolicies", [])}
        wanted = {each["PolicyArn"]: each for each in new.get("AccessPolicies", [])}
        entry = only(new, "ClusterName", "PrincipalArn")
        for arn in had.keys() - wanted.keys():
            place.cloud.call("eks", "DisassociateAccessPolicy", {**entry, "PolicyArn": arn})
        for policy in wanted.values():
            place.cloud.call("eks", "AssociateAccessPolicy", {**entry, **policy})


@kind("AWS::EKS::PodIdentityAssociation")
class PodIdentityAssociation(_Part):
    """The role of a service account's pods."""

    def create(self, place: Place, wanted: Properties) -> Made:
        properties = without(wanted, "Tags")
        tags = pairs(wanted.get("Tags"))
        made = place.cloud.call("eks", "CreatePodIdentityAssociation", properties, tags=tags)["association"]
        names = {"AssociationArn": made["associationArn"], "AssociationId": made["associationId"]}
        return Made(made["associationArn"], {**names, "ExternalId": made.get("externalId", "")})

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        changes = ("RoleArn", "TargetRoleArn", "DisableSessionTags", "Policy")
        allow_changes(place.type, old, new, "Tags", *changes)
        _retag(place, made.attributes["AssociationArn"], old, new)
        key = {"ClusterName": new["ClusterName"], "AssociationId": made.attributes["AssociationId"]}
        place.cloud.call("eks", "UpdatePodIdentityAssociation", {**key, **only(new, *changes)})
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        id = made.attributes["AssociationId"]
        self.delete_by(place, "DeletePodIdentityAssociation", properties["ClusterName"], associationId=id)
