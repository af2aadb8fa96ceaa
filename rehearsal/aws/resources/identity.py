"""IAM: roles and policies."""

from __future__ import annotations

import json
from typing import Any

from rehearsal.aws.cloud import Properties
from rehearsal.aws.resources.kind import Kind, Made, Place, kind
from rehearsal.aws.resources.properties import allow_changes, change_tags, listed, only

_HOLDERS = {"Roles": ("role", "RoleName"), "Users": ("user", "UserName"), "Groups": ("group", "GroupName")}


@kind("AWS::IAM::Role")
class Role(Kind):
    """A role with the policies that are its own."""

    def create(self, place: Place, wanted: Properties) -> Made:
        iam = place.cloud.client("iam")
        name = wanted.get("RoleName") or place.name(64)
        more = only(wanted, "Path", "Description", "MaxSessionDuration", "PermissionsBoundary", "Tags")
        trust = _text(wanted["AssumeRolePolicyDocument"])
        role = place.cloud.call("iam", "CreateRole", more, RoleName=name, AssumeRolePolicyDocument=trust)["Role"]
        self._policies(iam, name, {}, wanted)
        return Made(name, {"Arn": role["Arn"], "RoleId": role["RoleId"]})

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        iam = place.cloud.client("iam")
        simple = ("Description", "MaxSessionDuration")
        policies = ("Policies", "ManagedPolicyArns")
        names = allow_changes(place.type, old, new, "AssumeRolePolicyDocument", "Tags", *simple, *policies)
        if "AssumeRolePolicyDocument" in names:
            iam.update_assume_role_policy(RoleName=made.ref, PolicyDocument=_text(new["AssumeRolePolicyDocument"]))
        if names & set(simple):
            place.cloud.call("iam", "UpdateRole", only(new, *simple), RoleName=made.ref)
        if "Tags" in names:
            change_tags(
                old,
                new,
                add=lambda tags: iam.tag_role(RoleName=made.ref, Tags=listed(tags)),
                remove=lambda keys: iam.untag_role(RoleName=made.ref, TagKeys=keys),
            )
        if names & set(policies):
            self._policies(iam, made.ref, old, new)
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        iam = place.cloud.client("iam")
        self._policies(iam, made.ref, properties, {})
        iam.delete_role(RoleName=made.ref)

    def _policies(self, iam: Any, role: str, old: Properties, new: Properties) -> None:
        before, after = ({each["PolicyName"]: each for each in side.get("Policies", [])} for side in (old, new))
        for name in before.keys() - after.keys():
            iam.delete_role_policy(RoleName=role, PolicyName=name)
        for name, policy in after.items():
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(policy["PolicyDocument"]))
        had, wanted = (set(side.get("ManagedPolicyArns", [])) for side in (old, new))
        for arn in had - wanted:
            iam.detach_role_policy(RoleName=role, PolicyArn=arn)
        for arn in wanted - had:
            iam.attach_role_policy(RoleName=role, PolicyArn=arn)


@kind("AWS::IAM::OIDCProvider")
class OIDCProvider(Kind):
    """An issuer of tokens, whose holders may have roles that trust it."""

    def create(self, place: Place, wanted: Properties) -> Made:
        # IAM finds the thumbprint itself; moto wants one.
        given = {"ThumbprintList": ["0" * 40], **wanted}
        arn = place.cloud.call("iam", "CreateOpenIDConnectProvider", given)["OpenIDConnectProviderArn"]
        return Made(arn, {"Arn": arn})

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        allow_changes(place.type, old, new)
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.client("iam").delete_open_id_connect_provider(OpenIDConnectProviderArn=made.ref)


def _text(policy: Any) -> str:
    """A policy that a template has as a mapping, or as text, whose keys CloudFormation has filled in."""
    return policy if isinstance(policy, str) else json.dumps(policy)


@kind("AWS::IAM::InstanceProfile")
class InstanceProfile(Kind):
    """What EC2 gives to a machine, so that it has a role."""

    def create(self, place: Place, wanted: Properties) -> Made:
        iam = place.cloud.client("iam")
        name = wanted.get("InstanceProfileName") or place.name(128)
        profile = place.cloud.call("iam", "CreateInstanceProfile", only(wanted, "Path"), InstanceProfileName=name)
        for role in wanted["Roles"]:
            iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role)
        return Made(name, {"Arn": profile["InstanceProfile"]["Arn"]})

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        iam = place.cloud.client("iam")
        allow_changes(place.type, old, new, "Roles")
        for role in set(old["Roles"]) - set(new["Roles"]):
            iam.remove_role_from_instance_profile(InstanceProfileName=made.ref, RoleName=role)
        for role in set(new["Roles"]) - set(old["Roles"]):
            iam.add_role_to_instance_profile(InstanceProfileName=made.ref, RoleName=role)
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        iam = place.cloud.client("iam")
        for role in properties["Roles"]:
            iam.remove_role_from_instance_profile(InstanceProfileName=made.ref, RoleName=role)
        iam.delete_instance_profile(InstanceProfileName=made.ref)


@kind("AWS::IAM::Policy")
class Policy(Kind):
    """A policy put into roles."""

    def create(self, place: Place, wanted: Properties) -> Made:
        self._put(place, {}, wanted)
        return Made(wanted["PolicyName"], {"Id": wanted["PolicyName"]})

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        self._put(place, old, new)
        return Made(new["PolicyName"], {"Id": new["PolicyName"]})

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        self._put(place, properties, {})

    def _put(self, place: Place, old: Properties, new: Properties) -> None:
        iam = place.cloud.client("iam")
        for where, (noun, key) in _HOLDERS.items():
            had = {(name, old["PolicyName"]) for name in old.get(where, [])}
            wanted = {(name, new["PolicyName"]) for name in new.get(where, [])}
            for name, policy in had - wanted:
                getattr(iam, f"delete_{noun}_policy")(**{key: name, "PolicyName": policy})
            for name, policy in wanted:
                document = json.dumps(new["PolicyDocument"])
                getattr(iam, f"put_{noun}_policy")(**{key: name, "PolicyName": policy, "PolicyDocument": document})


@kind("AWS::IAM::ManagedPolicy")
class ManagedPolicy(Kind):
    """A policy by itself, attached to roles."""

    def create(self, place: Place, wanted: Properties) -> Made:
        iam = place.cloud.client("iam")
        name = wanted.get("ManagedPolicyName") or place.name(128)
        document = json.dumps(wanted["PolicyDocument"])
        more = only(wanted, "Path", "Description")
        policy = place.cloud.call("iam", "CreatePolicy", more, PolicyName=name, PolicyDocument=document)["Policy"]
        for role in wanted.get("Roles", []):
            iam.attach_role_policy(RoleName=role, PolicyArn=policy["Arn"])
        return Made(policy["Arn"], {"PolicyArn": policy["Arn"], "PolicyId": policy["PolicyId"]})

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        iam = place.cloud.client("iam")
        for role in properties.get("Roles", []):
            iam.detach_role_policy(RoleName=role, PolicyArn=made.ref)
        iam.delete_policy(PolicyArn=made.ref)
