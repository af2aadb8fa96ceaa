"""What runs code: Lambda functions and their layers, and launch templates of nodes."""

from __future__ import annotations

from rehearsal.aws.cloud import Properties
from rehearsal.aws.resources.kind import Kind, Made, Place, kind
from rehearsal.aws.resources.properties import allow_changes, change_tags, only, pairs, retag, specification, without


@kind("AWS::Lambda::Function")
class Function(Kind):
    """A Lambda function."""

    _CONFIGURATION = (
        *("Description", "Environment", "Handler", "Layers", "MemorySize", "Role", "Runtime", "Timeout", "VpcConfig"),
        "LoggingConfig",
    )

    def create(self, place: Place, wanted: Properties) -> Made:
        more = {"FunctionName": wanted.get("FunctionName") or place.name(64), "Tags": pairs(wanted.get("Tags"))}
        function = place.cloud.call("lambda", "CreateFunction", {**wanted, **more})
        return Made(function["FunctionName"], {"Arn": function["FunctionArn"]})

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        names = allow_changes(place.type, old, new, "Code", "Tags", "Architectures", *self._CONFIGURATION)
        function = {"FunctionName": made.ref}
        if names & {"Code", "Architectures"}:
            place.cloud.call("lambda", "UpdateFunctionCode", {**new["Code"], **only(new, "Architectures"), **function})
        if settings := {name: new.get(name, _UNSET.get(name)) for name in self._CONFIGURATION if name in names}:
            place.cloud.call("lambda", "UpdateFunctionConfiguration", {**settings, **function})
        if "Tags" in names:
            client = place.cloud.client("lambda")
            arn = made.attributes["Arn"]
            change_tags(
                old,
                new,
                add=lambda tags: client.tag_resource(Resource=arn, Tags=tags),
                remove=lambda keys: client.untag_resource(Resource=arn, TagKeys=keys),
            )
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.client("lambda").delete_function(FunctionName=made.ref)


_UNSET = {"Description": "", "Environment": {"Variables": {}}, "Layers": [], "MemorySize": 128, "Timeout": 3}


@kind("AWS::Lambda::LayerVersion")
class LayerVersion(Kind):
    """A layer of Lambda functions."""

    def create(self, place: Place, wanted: Properties) -> Made:
        name = wanted.get("LayerName") or place.name(64)
        arn = place.cloud.call("lambda", "PublishLayerVersion", wanted, LayerName=name)["LayerVersionArn"]
        return Made(arn, {"LayerVersionArn": arn})

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        layer, _, version = made.ref.rpartition(":")
        place.cloud.client("lambda").delete_layer_version(LayerName=layer, VersionNumber=int(version))


@kind("AWS::EC2::LaunchTemplate")
class LaunchTemplate(Kind):
    """How nodes start; each change is a new version."""

    def create(self, place: Place, wanted: Properties) -> Made:
        named = {"LaunchTemplateName": place.name(128), **without(wanted, "TagSpecifications")}
        tags = specification("launch-template", {"Tags": _own_tags(wanted)})
        more = {"TagSpecifications": tags} if tags else {}
        template = place.cloud.call("ec2", "CreateLaunchTemplate", named, **more)["LaunchTemplate"]
        return self._made(template["LaunchTemplateId"], 1)

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        names = allow_changes(place.type, old, new, "LaunchTemplateData", "TagSpecifications")
        if "TagSpecifications" in names:
            before, after = ({"Tags": _own_tags(each)} for each in (old, new))
            retag(place.cloud, made.ref, before, after)
        version = place.cloud.call(
            "ec2",
            "CreateLaunchTemplateVersion",
            {"LaunchTemplateId": made.ref, "LaunchTemplateData": new["LaunchTemplateData"]},
        )["LaunchTemplateVersion"]
        return self._made(made.ref, version["VersionNumber"])

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.client("ec2").delete_launch_template(LaunchTemplateId=made.ref)

    def _made(self, id: str, latest: int) -> Made:
        versions = {"LatestVersionNumber": str(latest), "DefaultVersionNumber": "1"}
        return Made(id, {"LaunchTemplateId": id, **versions})


def _own_tags(properties: Properties) -> list[dict[str, str]]:
    """The tags of a launch template itself, not of what is started with it."""
    listed = properties.get("TagSpecifications", [])
    return [tag for each in listed if each["ResourceType"] == "launch-template" for tag in each["Tags"]]


@kind("AWS::EC2::Volume")
class Volume(Kind):
    """An EBS volume."""

    def create(self, place: Place, wanted: Properties) -> Made:
        tags = specification("volume", wanted)
        more = {"TagSpecifications": tags} if tags else {}
        id = place.cloud.call("ec2", "CreateVolume", without(wanted, "Tags"), **more)["VolumeId"]
        return Made(id, {"VolumeId": id})

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        allow_changes(place.type, old, new, "Tags")
        retag(place.cloud, made.ref, old, new)
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.client("ec2").delete_volume(VolumeId=made.ref)
