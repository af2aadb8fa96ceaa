"""Keys, secrets, parameters and logs."""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Mapping
from typing import Any

from rehearsal.aws.cloud import Properties
from rehearsal.aws.resources.kind import Kind, Made, Place, kind
from rehearsal.aws.resources.properties import allow_changes, change_tags, listed, only, pairs, without


@kind("AWS::KMS::Key")
class Key(Kind):
    """A key that encrypts."""

    later = ("PendingWindowInDays",)
    _AFTERWARDS = ("EnableKeyRotation", *later)

    def create(self, place: Place, wanted: Properties) -> Made:
        properties = without(wanted, "KeyPolicy", "Tags", *self._AFTERWARDS)
        tags = _of_kms(pairs(wanted.get("Tags")))
        policy = {"Policy": json.dumps(wanted["KeyPolicy"])} if "KeyPolicy" in wanted else {}
        key = place.cloud.call("kms", "CreateKey", properties, Tags=tags, **policy)["KeyMetadata"]
        self._rotate(place, key["KeyId"], wanted)
        return Made(key["KeyId"], {"KeyId": key["KeyId"], "Arn": key["Arn"]})

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        names = allow_changes(place.type, old, new, "KeyPolicy", "Description", "Tags", *self._AFTERWARDS)
        kms = place.cloud.client("kms")
        if "KeyPolicy" in names:
            kms.put_key_policy(KeyId=made.ref, Policy=json.dumps(new["KeyPolicy"]))
        if "Description" in names:
            kms.update_key_description(KeyId=made.ref, Description=new.get("Description", ""))
        if "EnableKeyRotation" in names:
            self._rotate(place, made.ref, new)
        if "Tags" in names:
            change_tags(
                old,
                new,
                add=lambda tags: kms.tag_resource(KeyId=made.ref, Tags=_of_kms(tags)),
                remove=lambda keys: kms.untag_resource(KeyId=made.ref, TagKeys=keys),
            )
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        days = int(properties.get("PendingWindowInDays", 30))
        place.cloud.client("kms").schedule_key_deletion(KeyId=made.ref, PendingWindowInDays=days)

    def _rotate(self, place: Place, id: str, wanted: Properties) -> None:
        kms = place.cloud.client("kms")
        (kms.enable_key_rotation if wanted.get("EnableKeyRotation") else kms.disable_key_rotation)(KeyId=id)


def _of_kms(tags: Mapping[str, str]) -> list[Any]:
    return [{"TagKey": key, "TagValue": value} for key, value in tags.items()]


@kind("AWS::KMS::Alias")
class Alias(Kind):
    """A key's name."""

    def create(self, place: Place, wanted: Properties) -> Made:
        place.cloud.client("kms").create_alias(AliasName=wanted["AliasName"], TargetKeyId=wanted["TargetKeyId"])
        return Made(wanted["AliasName"])

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.client("kms").delete_alias(AliasName=made.ref)


@kind("AWS::SecretsManager::Secret")
class Secret(Kind):
    """A secret."""

    def create(self, place: Place, wanted: Properties) -> Made:
        named = {"Name": place.name(512), **without(wanted, "GenerateSecretString")}
        if "GenerateSecretString" in wanted:
            named["SecretString"] = _generated(wanted["GenerateSecretString"])
        arn = place.cloud.call("secretsmanager", "CreateSecret", named)["ARN"]
        return Made(arn, {"Id": arn})

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        names = allow_changes(place.type, old, new, "Description", "KmsKeyId", "SecretString", "Tags")
        changes = only(new, *(names - {"Tags"}))
        if changes:
            place.cloud.call("secretsmanager", "UpdateSecret", changes, SecretId=made.ref)
        if "Tags" in names:
            client = place.cloud.client("secretsmanager")
            change_tags(
                old,
                new,
                add=lambda tags: client.tag_resource(SecretId=made.ref, Tags=listed(tags)),
                remove=lambda keys: client.untag_resource(SecretId=made.ref, TagKeys=keys),
            )
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.client("secretsmanager").delete_secret(SecretId=made.ref, ForceDeleteWithoutRecovery=True)


def _generated(how: Properties) -> str:
    """A secret that nobody has seen."""
    letters = string.ascii_letters + string.digits
    if str(how.get("ExcludePunctuation", False)).lower() != "true":
        letters += string.punctuation
    letters = "".join(set(letters) - set(how.get("ExcludeCharacters", "")))
    password = "".join(secrets.choice(letters) for _ in range(int(how.get("PasswordLength", 32))))
    if "GenerateStringKey" not in how:
        return password
    return json.dumps({**json.loads(how["SecretStringTemplate"]), how["GenerateStringKey"]: password})


@kind("AWS::SSM::Parameter")
class Parameter(Kind):
    """A parameter."""

    def create(self, place: Place, wanted: Properties) -> Made:
        named = {"Name": place.name(1000), **wanted}
        place.cloud.call("ssm", "PutParameter", without(named, "Tags"))
        self._tag(place, named["Name"], {}, wanted)
        return self._made(named)

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        place.cloud.call("ssm", "PutParameter", {**without(new, "Tags"), "Name": made.ref}, Overwrite=True)
        self._tag(place, made.ref, old, new)
        return self._made({**new, "Name": made.ref})

    def _tag(self, place: Place, name: str, old: Properties, new: Properties) -> None:
        parameter: Any = {"ResourceType": "Parameter", "ResourceId": name}
        ssm = place.cloud.client("ssm")
        change_tags(
            old,
            new,
            add=lambda tags: ssm.add_tags_to_resource(**parameter, Tags=listed(tags)),
            remove=lambda keys: ssm.remove_tags_from_resource(**parameter, TagKeys=keys),
        )

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.client("ssm").delete_parameter(Name=made.ref)

    def _made(self, named: Properties) -> Made:
        return Made(named["Name"], only(named, "Type", "Value"))


@kind("AWS::Logs::LogGroup")
class LogGroup(Kind):
    """A group of logs."""

    def create(self, place: Place, wanted: Properties) -> Made:
        properties = {"LogGroupName": place.name(512), **without(wanted, "RetentionInDays", "Tags")}
        tags = pairs(wanted.get("Tags"))
        place.cloud.call("logs", "CreateLogGroup", properties, **({"tags": tags} if tags else {}))
        name = properties["LogGroupName"]
        self._retain(place, name, wanted)
        return Made(name, {"Arn": f"arn:aws:logs:{place.cloud.region}:{place.cloud.account}:log-group:{name}:*"})

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        names = allow_changes(place.type, old, new, "RetentionInDays", "Tags")
        self._retain(place, made.ref, new)
        if "Tags" in names:
            arn = made.attributes["Arn"].removesuffix(":*")
            logs = place.cloud.client("logs")
            change_tags(
                old,
                new,
                add=lambda tags: logs.tag_resource(resourceArn=arn, tags=tags),
                remove=lambda keys: logs.untag_resource(resourceArn=arn, tagKeys=keys),
            )
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.client("logs").delete_log_group(logGroupName=made.ref)

    def _retain(self, place: Place, name: str, wanted: Properties) -> None:
        logs = place.cloud.client("logs")
        if "RetentionInDays" in wanted:
            logs.put_retention_policy(logGroupName=name, retentionInDays=int(wanted["RetentionInDays"]))
        else:
            logs.delete_retention_policy(logGroupName=name)


@kind("AWS::CDK::Metadata")
class Metadata(Kind):
    """What the CDK says of the app: AWS takes note of it."""

    later = ("Analytics",)

    def create(self, place: Place, wanted: Properties) -> Made:
        return Made(place.name(60))

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        pass
