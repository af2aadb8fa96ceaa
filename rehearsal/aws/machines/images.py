"""The machine images that EKS publishes: found by public parameters of Systems Manager, described by EC2."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from blueprint.config.facts.kubernetes import MINORS
from rehearsal.aws.api import Api, Input, Output

RELEASE: Final = "v20260801"
"""The release that EKS recommends here."""

_OWNER: Final = "602401143452"
"""The account of EKS's images, in most regions."""
_PARAMETER = re.compile(
    r"/aws/service/eks/optimized-ami/(?P<minor>1\.\d+)/amazon-linux-2023/(?P<architecture>x86_64|arm64)/"
    r"(?P<variant>standard|nvidia|neuron)/(?P<release>recommended|[\w.-]+)/image_id"
)
_NO_SUCH: Final = {("arm64", "neuron")}

IMAGES: Final[dict[str, Mapping[str, Any]]] = {}
"""By id, those that somebody asked for: how EC2 describes them."""


def image(parameter: str, region: str) -> str | None:
    """The id of the image that a parameter's name tells; None for what is no such name."""
    found = _PARAMETER.fullmatch(parameter)
    if found is None or found["minor"] not in MINORS or (found["architecture"], found["variant"]) in _NO_SUCH:
        return None
    stem = f"amazon-eks-node-al2023-{found['architecture']}-{found['variant']}-{found['minor']}"
    name = f"{stem}-{RELEASE}" if found["release"] == "recommended" else found["release"]
    dated = re.fullmatch(rf"{re.escape(stem)}-v(\d{{4}})(\d\d)(\d\d)", name)
    if dated is None:
        return None
    id = f"ami-{hashlib.sha256(f'{region} {name}'.encode()).hexdigest()[:17]}"
    snapshot = {"SnapshotId": id.replace("ami-", "snap-"), "VolumeSize": 20, "VolumeType": "gp3", "Encrypted": False}
    IMAGES[id] = {
        "ImageId": id,
        "Name": name,
        "Architecture": found["architecture"],
        "CreationDate": f"{'-'.join(dated.groups())}T00:00:00.000Z",
        "State": "available",
        "OwnerId": _OWNER,
        "ImageOwnerAlias": "amazon",
        "Public": True,
        "RootDeviceName": "/dev/xvda",
        "RootDeviceType": "ebs",
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {**snapshot, "DeleteOnTermination": True}}],
        "VirtualizationType": "hvm",
        "PlatformDetails": "Linux/UNIX",
    }
    return id


class Ssm(Api):
    """Knows the parameters that tell EKS's images."""

    service: ClassVar[str] = "ssm"
    extends: ClassVar[bool] = True

    def get_parameter(self, wanted: Input) -> Output | None:
        """One of EKS's; moto knows the account's own."""
        id = image(wanted["Name"], self.region)
        return {"Parameter": self._told(wanted["Name"], id)} if id else None

    def get_parameters(self, wanted: Input) -> Output | None:
        """Several, as CloudFormation asks for those of a template, if all are EKS's."""
        found = {name: image(name, self.region) for name in wanted["Names"]}
        if not all(found.values()):
            return None
        return {"Parameters": [self._told(name, id) for name, id in found.items() if id], "InvalidParameters": []}

    def _told(self, name: str, id: str) -> Output:
        arn = f"arn:aws:ssm:{self.region}::parameter{name}"
        return {"Name": name, "Type": "String", "Value": id, "Version": 1, "ARN": arn, "DataType": "aws:ec2:image"}
