"""Rights in AWS: what servers may do there by their users' groups, as a file beside the context declares it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from pydantic import (
    BeforeValidator,
    Field,
    PlainValidator,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
)

from blueprint.config.field import Group, setting
from blueprint.config.problems import FaultError, FaultsError
from blueprint.config.types import documents, forms, parsing, patterns, places
from blueprint.config.types.kinds import Boolean, Bucket, KmsKeyArn
from blueprint.config.types.marks import Allowed, Matches, Parser
from blueprint.config.types.profiles import Id, People

PAGE = "docs/data.md"
OWN = "{user}"
"""Stands in a prefix for a folder of each person's own."""
_AWSS = ("aws-service-role", "aws-reserved")
"""The paths of roles whose trust nobody else may change."""
_FOLDER = r"(?!\.{1,2}/)[A-Za-z0-9_.=+@:-]+/"


def _folders(value: str) -> str:
    """A beginning of keys that ends where a folder does, and holds nothing that stands for several."""
    if any(sign in value for sign in "*?$"):
        raise FaultError("write names in full: nothing here stands for several")
    if value.startswith("s3://"):
        raise FaultError("write what follows the bucket's name, without s3://")
    if value.startswith("/"):
        raise FaultError("begin it without /")
    if not value.endswith("/"):
        raise FaultError(f"write {value}/: without the / it would reach all whose names begin like that")
    named = [each for each in value.split("/") if "{" in each or "}" in each]
    if named and named != [OWN]:
        raise FaultError(f"let {OWN} stand once, and alone between slashes: users/{OWN}/")
    return value


def _named(value: object) -> object:
    """No name that stands for several buckets."""
    if isinstance(value, str) and "*" in value:
        raise FaultError("name each bucket: nothing here stands for several")
    return value


def _of_ours(value: str) -> str:
    """A role that is not kept by AWS."""
    if any(f":role/{path}/" in value for path in _AWSS):
        raise FaultError("take a role of your own: whom this one trusts is decided by AWS")
    return value


Prefix = Annotated[
    str,
    Matches(rf"(?=.{{1,128}}$)(?:{_FOLDER})*(?:\{{user\}}/(?:{_FOLDER})*)?"),
    BeforeValidator(_folders),
    Parser(parsing.text, forms.text),
    Allowed(f"folders with / behind each, such as raw/ or users/{OWN}/: up to 128 letters, digits and _ . = + @ : -"),
]
OneBucket = Annotated[Bucket, BeforeValidator(_named)]
OwnRole = Annotated[
    str,
    Matches(f"(?!.*:role/(?:{'|'.join(_AWSS)})/){patterns.ROLE_ARN}"),
    BeforeValidator(_of_ours),
    BeforeValidator(places.no_session_or_user),
    BeforeValidator(places.arn),
    Parser(parsing.text, forms.text),
    Allowed("the ARN of an IAM role"),
]


class Data(Group):
    """Part of a bucket."""

    bucket: OneBucket = setting("bucket", "The bucket, of this account.", example="physics-data")
    prefix: Prefix | None = setting(
        "prefix",
        f"The folder in it, with all below; `{OWN}` in it is a folder of each person's own.",
        default=None,
        absent="the whole bucket",
        example="raw/",
    )
    write: Boolean = setting("write", "Whether files may be written and removed, too.", default=False)
    folder: Boolean = setting(
        "folder",
        f"Whether it is a folder in people's servers, too: `s3/` and its name; not with `{OWN}`.",
        default=False,
    )
    kms_key_arn: KmsKeyArn | None = setting(
        "kms_key_arn",
        "The KMS key that encrypts it, where that is one of your own.",
        default=None,
        absent="S3's own, or AWS's",
        example="arn:aws:kms:eu-central-1:111122223333:key/12345678-1234-1234-1234-123456789012",
    )

    @property
    def is_own(self) -> bool:
        """Whether each person has a part of their own."""
        return OWN in (self.prefix or "")

    def overlaps(self, other: "Data") -> bool:
        """Whether one reaches into the other."""
        one, two = self.prefix or "", other.prefix or ""
        return self.bucket == other.bucket and (one.startswith(two) or two.startswith(one))


Parts = Annotated[
    dict[Id, Data],
    Field(min_length=1, max_length=10),
    Allowed("a mapping of 1 to 10 names to parts of buckets"),
]


class Rights(Group):
    """What some people's servers may do."""

    groups: People | None = setting(
        "groups", "The groups whose members have it.", default=None, absent="everybody", example=["physics"]
    )
    data: Parts | None = setting(
        "data",
        "The buckets that they may use.",
        default=None,
        absent="what `role` may",
        example={"raw": {"bucket": "physics-data", "prefix": "raw/"}},
    )
    role: OwnRole | None = setting(
        "role",
        "A role of yours that they have in place of `data`, in the workload account.",
        default=None,
        absent="a new one, which may use `data` alone",
        example="arn:aws:iam::111122223333:role/Physicists",
    )

    @property
    def on_fargate(self) -> dict[str, Data]:
        """The parts of buckets that servers on Fargate may use: a pod's name is told to AWS by Pod Identity alone."""
        return {name: each for name, each in (self.data or {}).items() if not each.is_own}


MODELS: dict[str, type[Group]] = {"Rights of a group": Rights, "A part of a bucket": Data}
"""The parts of the file, by the headings of the documentation."""


@dataclass(frozen=True)
class Access:
    """The rights in a file, in its order, by their names: somebody has the first that they are meant by."""

    name: str
    by_id: dict[str, Rights]

    def of(self, groups: set[str]) -> str | None:
        """The name of the rights that a member of these groups has."""
        return next((id for id, each in self.by_id.items() if each.groups is None or groups & {*each.groups}), None)

    def parts(self) -> Iterator[tuple[str, Data]]:
        """All parts of buckets, each with its place in the file."""
        for id, rights in self.by_id.items():
            yield from ((f"{id}.data.{name}", each) for name, each in (rights.data or {}).items())

    def folders(self) -> Iterator[tuple[str, str, Data]]:
        """The parts of buckets that are folders in servers, by the names of rights and part."""
        for id, rights in self.by_id.items():
            yield from ((id, name, each) for name, each in (rights.data or {}).items() if each.folder)

    def groups(self) -> set[str]:
        """The groups that have rights."""
        return {group for rights in self.by_id.values() for group in rights.groups or ()}


_Contents = Annotated[dict[Id, Rights], Field(min_length=1)]


def _access(value: object, info: ValidationInfo) -> Access:
    """The rights in a file, of the folder that the validation's own context names."""
    name = parsing.text(value)
    content = documents.read(name, info, PAGE)
    try:
        return Access(name, TypeAdapter(_Contents).validate_python(content, context=info.context))
    except ValidationError as error:
        raise FaultsError(documents.problems(error, Rights, PAGE)) from None


AccessFile = Annotated[
    Access,
    PlainValidator(_access),
    Allowed("the name of a YAML file beside the context, of at most 64 KiB"),
    WithJsonSchema(forms.text({"pattern": patterns.line(255)})),
]
