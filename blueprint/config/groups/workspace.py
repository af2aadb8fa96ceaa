"""Settings of what a user works with: storage and the notebook server."""

from typing import Annotated

from pydantic import Field

from blueprint.config.field import Group, setting
from blueprint.config.types.access import AccessFile
from blueprint.config.types.kinds import (
    DECIMAL,
    WHOLE,
    ArchiveDays,
    Boolean,
    Home,
    Image,
    KmsKeyArn,
    Memory,
    Names,
    Path,
    Quantity,
    Throughput,
)
from blueprint.config.types.limits import LimitsFile
from blueprint.config.types.profiles import ProfilesFile, Script


class Storage(Group):
    """Home directories, the shared directory, the hub's database, and how long they live."""

    storage_home: Home = setting(
        "storage.home",
        "Home directories on one shared EFS file system, or on an EBS volume for each user.",
        default="efs",
        weighty=True,
    )
    storage_home_size: Quantity = setting(
        "storage.home.size",
        "The size of a home directory; EFS does not enforce it.",
        default="10Gi",
    )
    storage_efs_throughput: Throughput = setting(
        "storage.efs.throughput",
        "How EFS is paid for its throughput.",
        default="elastic",
    )
    storage_efs_archive_days: ArchiveDays = setting(
        "storage.efs.archive.days",
        "Days without access after which a file moves to Infrequent Access; 0 is never.",
        default=30,
    )
    storage_shared: Boolean = setting(
        "storage.shared",
        "A shared directory on EFS that all can read and admins can write.",
        derived=lambda settings: settings["storage_home"] == "efs",
        absent="`true` with `efs`",
        example=False,
    )
    team_directories: Names = setting(
        "team.directories",
        "Groups that share a directory of their own, which their members find in `teams/`; only with `efs`.",
        default=[],
        absent="none",
        example=["biology", "physics"],
    )
    storage_backup_days: Annotated[int, Field(ge=0, le=3650), WHOLE] = setting(
        "storage.backup.days",
        "How many days daily backups of the home directories are kept; 0 makes none.",
        default=35,
        weighty=True,
    )
    storage_keep: Boolean = setting(
        "storage.keep",
        "Whether user data outlives the destruction of the Data stack.",
        default=True,
        weighty=True,
    )
    storage_kms_key_arn: KmsKeyArn | None = setting(
        "storage.kms.key.arn",
        "The KMS key that encrypts user data.",
        default=None,
        absent="a new key",
        example="arn:aws:kms:eu-central-1:111122223333:key/12345678-1234-1234-1234-123456789012",
    )
    storage_database_size: Annotated[int, Field(ge=1, le=1024), WHOLE] = setting(
        "storage.database.size",
        "The volume of the hub's database in GiB.",
        default=10,
    )


class NotebookServers(Group):
    """The server that each user gets, and when it stops."""

    singleuser_image: Image = setting(
        "singleuser.image",
        "The image of the notebook server; it must carry the hub's major version of JupyterHub, "
        "and `python3` on its path.",
        default="quay.io/jupyter/datascience-notebook:2026-07-28",
        common=True,
        weighty=True,
    )
    singleuser_profiles: ProfilesFile | None = setting(
        "singleuser.profiles",
        "A file beside the context (YAML) with what people choose from when they start a server: docs/profiles.md.",
        default=None,
        absent="no choice: all get the server that is described here",
        example="profiles.yaml",
    )
    singleuser_startup: Script | None = setting(
        "singleuser.startup",
        "A file beside the context with a shell script that runs before each server, as its user; "
        "that of a profile comes after it.",
        default=None,
        absent="none",
        example="startup.sh",
    )
    aws_access: AccessFile | None = setting(
        "aws.access",
        "A file beside the context (YAML) with what servers may do in AWS, by the groups of their users: docs/data.md.",
        default=None,
        absent="no server has rights in AWS",
        example="access.yaml",
    )
    singleuser_cpu_guarantee: Annotated[float, Field(gt=0, le=192), DECIMAL] = setting(
        "singleuser.cpu.guarantee",
        "CPUs that a server is sure to get.",
        default=0.5,
    )
    singleuser_cpu_limit: Annotated[float, Field(gt=0, le=192), DECIMAL] = setting(
        "singleuser.cpu.limit",
        "CPUs that a server gets at most.",
        default=2.0,
        weighty=True,
    )
    singleuser_memory_guarantee: Memory = setting(
        "singleuser.memory.guarantee",
        "Memory that a server is sure to get.",
        default="1G",
    )
    singleuser_memory_limit: Memory = setting(
        "singleuser.memory.limit",
        "Memory that a server gets at most.",
        default="4G",
        common=True,
        weighty=True,
    )
    singleuser_disk_guarantee: Quantity = setting(
        "singleuser.disk.guarantee",
        "Space on the node's disk that a server is sure to get: for `/tmp`, and all else but the home.",
        default="1Gi",
    )
    singleuser_disk_limit: Quantity = setting(
        "singleuser.disk.limit",
        "Space on the node's disk that a server gets at most: one that takes more is stopped.",
        default="10Gi",
    )
    singleuser_servers_max: Annotated[int, Field(ge=0, le=100000), WHOLE] = setting(
        "singleuser.servers.max",
        "The most servers that run at a time on the hub; whoever is one too many is told so. 0 is no such limit.",
        default=0,
    )
    singleuser_servers_person: Annotated[int, Field(ge=0, le=100), WHOLE] = setting(
        "singleuser.servers.person",
        "The most servers of one person that run at a time, with `singleuser.servers.named`. 0 is no such limit.",
        default=0,
    )
    singleuser_servers_named: Annotated[int, Field(ge=0, le=99), WHOLE] = setting(
        "singleuser.servers.named",
        "How many servers with names of their own somebody may have beside the usual one.",
        default=0,
        absent="none",
    )
    singleuser_limits: LimitsFile | None = setting(
        "singleuser.limits",
        "A file beside the context (YAML) with what groups may use at a time and in a month: docs/limits.md.",
        default=None,
        absent="no such limits",
        example="limits.yaml",
    )
    singleuser_default_url: Path = setting(
        "singleuser.default.url",
        "What opens first: `/lab`, or `/tree` for the classic notebook.",
        default="/lab",
    )
    singleuser_start_timeout: Annotated[int, Field(ge=60, le=3600), WHOLE] = setting(
        "singleuser.start.timeout",
        "Seconds a server may take to start, a new node's start included, and as many to its first answer.",
        default=600,
    )
    culling_enabled: Boolean = setting(
        "culling.enabled",
        "Whether idle servers are stopped.",
        default=True,
    )
    culling_timeout: Annotated[int, Field(ge=60, le=31536000), WHOLE] = setting(
        "culling.timeout",
        "Seconds without activity after which a server is stopped; a cell that runs is activity.",
        default=3600,
        weighty=True,
    )
    culling_max_age: Annotated[int, Field(ge=0, le=31536000), WHOLE] = setting(
        "culling.max.age",
        "Seconds after which a server is stopped even if it is busy; 0 is never.",
        default=0,
    )
    singleuser_tokens: Boolean = setting(
        "singleuser.tokens",
        "Whether a server gets its user's tokens of the provider: `OAUTH_ACCESS_TOKEN`, `OAUTH_ID_TOKEN`.",
        default=False,
    )
