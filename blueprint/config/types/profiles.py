"""Profiles: what people choose from when they start a server, as a file beside the context declares it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
)

from blueprint.config.context import read_beside
from blueprint.config.field import Group, setting
from blueprint.config.problems import FaultError, FaultsError
from blueprint.config.types import checks, documents, forms, parsing, patterns
from blueprint.config.types.kinds import (
    DECIMAL,
    WHOLE,
    AnyInstanceTypes,
    Capacity,
    Compute,
    Image,
    Memory,
    PolicyArn,
    Quantity,
    Title,
)
from blueprint.config.types.marks import Allowed, Matches, Parser

COMPUTE = "compute: fargate at a profile, for all of its sizes"
MACHINES = "a size's instance_types, capacity and gpus say what its servers run on"
_LARGEST_SCRIPT = 8 * 1024
_EVERYBODY = "everybody, unless the other list names some"


def _share(value: object) -> str:
    """A part of a node; YAML reads the whole of it as a number."""
    return "1" if value == 1 and not isinstance(value, bool) else parsing.text(value)


def _expression(value: str) -> str:
    """A regular expression that can be compiled."""
    try:
        re.compile(value)
    except re.error as error:
        raise FaultError(f"correct it: {error}") from None
    return value


def _in_full(value: str) -> str:
    """A name as it is: nothing here stands for several."""
    if "*" in value:
        raise FaultError("write each name in full; where everybody may, remove the key")
    return value


Id = Annotated[str, Matches(documents.ID), Allowed(documents.ID_ALLOWED)]
_Somebody = Annotated[
    str,
    Matches(patterns.line(255, "*")),
    BeforeValidator(_in_full),
    Parser(parsing.text, forms.text),
]
People = Annotated[
    list[_Somebody],
    Field(min_length=1),
    AfterValidator(checks.unique),
    Parser(parsing.entries(","), forms.entries(",")),
    Allowed("a list of at least one name"),
]
Share = Annotated[
    Literal["1", "1/2", "1/4", "1/8", "1/16", "1/32"],
    Parser(_share, lambda schema: {"anyOf": [*forms.text(schema)["anyOf"], {"const": 1}]}),
]
Description = Annotated[
    str,
    Matches(patterns.line(300)),
    Parser(parsing.free_text, forms.free_text),
    Allowed("text on one line of up to 300 characters"),
]
Expression = Annotated[
    str,
    Matches(patterns.line(300)),
    AfterValidator(_expression),
    Parser(parsing.free_text, forms.free_text),
    Allowed("a regular expression of up to 300 characters, which has to match the whole of an image's name"),
]
Policies = Annotated[
    list[PolicyArn],
    Field(min_length=1, max_length=10),
    AfterValidator(checks.unique),
    Parser(parsing.entries(","), forms.entries(",")),
    Allowed("a list of one to ten ARNs of IAM policies"),
]
Gpus = Annotated[int, Field(ge=1, le=16), WHOLE, Allowed("a whole number from 1 to 16")]
Cpus = Annotated[float, Field(gt=0, le=192), DECIMAL, Allowed("a number above 0 to 192")]


@dataclass(frozen=True)
class ShellScript:
    """A script: the name of its file, and what it says."""

    name: str
    text: str = dataclass_field(repr=False)


def _script(value: object, info: ValidationInfo) -> ShellScript:
    """The script in a file, of the folder that the validation's own context names."""
    name = parsing.text(value)
    content = read_beside((info.context or {}).get("folder", Path()), name, _LARGEST_SCRIPT)
    if content is None:
        raise FaultError("make it smaller: let it fetch what is large, or put that into an image")
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise FaultError("save the file as UTF-8") from None
    if not text.strip() or "\0" in text:
        raise FaultError("write a shell script there")
    return ShellScript(name, text)


Script = Annotated[
    ShellScript,
    PlainValidator(_script),
    Allowed(f"the name of a file beside the context, of at most {_LARGEST_SCRIPT // 1024} KiB"),
    WithJsonSchema(forms.text({"pattern": patterns.line(255)})),
]


class Choice(Group):
    """Something to choose, and who may."""

    not_yet: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("compute", "fargate"), COMPUTE),
        **dict.fromkeys(
            ("capacity", "gpu", "gpus", "instance_type", "instance_types", "machine", "machines", "spot"), MACHINES
        ),
    }
    allowed_groups: People | None = setting(
        "allowed_groups",
        "The groups whose members may choose it.",
        default=None,
        absent=_EVERYBODY,
        example=["physics"],
    )
    allowed_users: People | None = setting(
        "allowed_users",
        "Who may choose it, by the names that the hub knows them by.",
        default=None,
        absent=_EVERYBODY,
        example=["ada@example.com"],
    )

    def allows(self, username: str, groups: set[str]) -> bool:
        """Whether somebody may choose it."""
        if self.allowed_groups is None and self.allowed_users is None:
            return True
        users = {name.lower() for name in self.allowed_users or ()}  # as JupyterHub writes them
        return username.lower() in users or bool(groups & {*(self.allowed_groups or ())})


class ImageChoice(Choice):
    """An image to choose."""

    title: Title = setting("title", "What people read.", example="Python, R and Julia")
    image: Image = setting(
        "image",
        "The image; it must carry what `singleuser.image` must.",
        example="quay.io/jupyter/datascience-notebook:2026-07-28",
    )


class OwnImage(Choice):
    """Any image, as far as a pattern goes."""

    title: Title = setting("title", "What people read beside the field.", default="Another image")
    pattern: Expression = setting(
        "pattern", "What the whole name of the image has to match.", example=r"quay\.io/jupyter/[a-z-]+:[\w.-]+"
    )
    hint: Title = setting(
        "hint", "What people read who write a name that does not match.", example="quay.io/jupyter/NAME:TAG"
    )


class Size(Choice):
    """A size to choose: a share of a node, or amounts."""

    title: Title | None = setting(
        "title",
        "What people read before the amounts and the price.",
        default=None,
        absent="these alone",
        example="Large",
    )
    share: Share | None = setting(
        "share",
        "The part of a user node that a server is sure to get; no more memory than that, and CPUs up to all of it.",
        default=None,
        absent="the amounts below",
        example="1/2",
    )
    cpu: Cpus | None = setting(
        "cpu",
        "CPUs that a server is sure to get.",
        default=None,
        absent="`singleuser.cpu.guarantee`",
        example=1.0,
    )
    cpu_limit: Cpus | None = setting(
        "cpu_limit", "CPUs that a server gets at most.", default=None, absent="`singleuser.cpu.limit`", example=4.0
    )
    memory: Memory | None = setting(
        "memory",
        "Memory that a server is sure to get, and no more than that unless there is a `memory_limit`.",
        default=None,
        absent="`singleuser.memory.guarantee`, up to `singleuser.memory.limit`",
        example="8G",
    )
    memory_limit: Memory | None = setting(
        "memory_limit", "Memory that a server gets at most.", default=None, absent="`memory`", example="16G"
    )
    disk: Quantity | None = setting(
        "disk",
        "Space on the node's disk that a server is sure to get, and no more, for all but the home; with a share, too.",
        default=None,
        absent="`singleuser.disk.guarantee`, up to `singleuser.disk.limit`",
        example="50Gi",
    )
    instance_types: AnyInstanceTypes | None = setting(
        "instance_types",
        "The machines that its servers run on, and no others' servers; any of them, and of a family (`m7i.*`) the "
        "smallest that has what it asks for. Only with Karpenter.",
        default=None,
        absent="`nodes.user.instance.types`",
        example=["g4dn.xlarge", "g6.xlarge"],
    )
    capacity: Capacity | None = setting(
        "capacity",
        "`spot` is cheaper where there is any, and may stop a server with two minutes' notice. Only with Karpenter.",
        default=None,
        absent="`nodes.user.capacity`",
        example="spot",
    )
    gpus: Gpus | None = setting(
        "gpus",
        "GPUs that a server has for itself; its `instance_types` have as many, or more. Only with Karpenter.",
        default=None,
        absent="none",
        example=1,
    )


Images = Annotated[dict[Id, ImageChoice], Field(min_length=1), Allowed("a mapping of at least one name to an image")]
Sizes = Annotated[dict[Id, Size], Field(min_length=1), Allowed("a mapping of at least one name to a size")]


class Profile(Choice):
    """A kind of server."""

    title: Title = setting("title", "What people read.", example="Notebook")
    description: Description | None = setting(
        "description", "What people read below the title.", default=None, absent="nothing", example="For most work."
    )
    images: Images | None = setting(
        "images",
        "The images to choose from, the first unless somebody chooses.",
        default=None,
        absent="`singleuser.image`",
        example={"scipy": {"title": "Scientific Python", "image": "quay.io/jupyter/scipy-notebook:2026-07-28"}},
    )
    own_image: Annotated[OwnImage, Allowed("a mapping")] | None = setting(
        "own_image",
        "Lets people name another image.",
        default=None,
        absent="they cannot",
        example={"pattern": r"quay\.io/jupyter/.+:.+", "hint": "quay.io/jupyter/NAME:TAG"},
    )
    startup: Script | None = setting(
        "startup",
        "A shell script that runs before the server, as its user.",
        default=None,
        absent="none",
        example="course.sh",
    )
    compute: Compute = setting(
        "compute",
        "Whether its servers share nodes, or each has a machine of AWS's for itself, which needs homes on EFS.",
        default="nodes",
    )
    policies: Policies | None = setting(
        "policies",
        "The IAM policies of the role that its servers have in AWS; only with `compute` `fargate`.",
        default=None,
        absent="none: the role may nothing",
        example=["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"],
    )
    sizes: Sizes | None = setting(
        "sizes",
        "The sizes to choose from, the first unless somebody chooses.",
        default=None,
        absent="the size of `singleuser.cpu.*` and `singleuser.memory.*`",
        example={"large": {"title": "Large", "share": "1/2"}},
    )


MODELS: dict[str, type[Choice]] = {
    "A profile": Profile,
    "An image": ImageChoice,
    "own_image": OwnImage,
    "A size": Size,
}
"""The parts of the file, by the headings of the documentation."""


@dataclass(frozen=True)
class Profiles:
    """The profiles of a file, in its order, by the names that people's choices are remembered and sent by."""

    name: str
    by_id: dict[str, Profile]

    def choices(self) -> Iterator[tuple[str, Choice]]:
        """All that can be allowed to some, with its place in the file."""
        for id, profile in self.by_id.items():
            yield id, profile
            yield from ((f"{id}.images.{name}", each) for name, each in (profile.images or {}).items())
            yield from ((f"{id}.sizes.{name}", each) for name, each in (profile.sizes or {}).items())
            if profile.own_image:
                yield f"{id}.own_image", profile.own_image

    def images(self) -> Iterator[str]:
        """The images that are named."""
        yield from (each.image for profile in self.by_id.values() for each in (profile.images or {}).values())

    def without_machines(self) -> dict[str, Profile]:
        """Those whose servers are on Fargate, by their names."""
        return {id: profile for id, profile in self.by_id.items() if profile.compute == "fargate"}

    def groups(self) -> set[str]:
        """The groups that something is allowed to."""
        return {group for _, choice in self.choices() for group in choice.allowed_groups or ()}


_Contents = Annotated[dict[Id, Profile], Field(min_length=1)]


def profiles(value: object, info: ValidationInfo) -> Profiles:
    """The profiles in a file, of the folder that the validation's own context names."""
    name = parsing.text(value)
    content = documents.read(name, info)
    try:
        return Profiles(name, TypeAdapter(_Contents).validate_python(content, context=info.context))
    except ValidationError as error:
        raise FaultsError(documents.problems(error, Profile)) from None


ProfilesFile = Annotated[
    Profiles,
    PlainValidator(profiles),
    Allowed("the name of a YAML file beside the context, of at most 64 KiB"),
    WithJsonSchema(forms.text({"pattern": patterns.line(255)})),
]
