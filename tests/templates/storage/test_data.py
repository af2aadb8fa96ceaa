"""User data: kept or not, encrypted, backed up, and never replaced by accident."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import Synthesized
from tests.templates import kinds
from tests.templates.assembly import Assembly, made
from tests.templates.graph import Graph
from tests.templates.template import Template, plain, role_id
from tests.templates.variants import OWN_KEY, PRIVATE, SHIPPED, ZONES

STATEFUL = [kinds.FILE_SYSTEM, kinds.VOLUME, kinds.KEY, kinds.VAULT, kinds.SECRET]


@pytest.fixture(scope="module")
def data(shipped: Assembly) -> Template:
    return shipped["Data"]


@pytest.mark.parametrize(
    ("kind", "id"),
    [
        (kinds.FILE_SYSTEM, "UserDataHomes3EF1A134"),
        (kinds.VOLUME, "UserDataDatabase11B9B2CE"),
        (kinds.KEY, "UserDataKey371B7AFE"),
        (kinds.VAULT, "UserDataBackups3EE7D523"),
        (kinds.SECRET, "UserDataStateKeyA5FFEFDE"),
        (kinds.VPC, "NetworkVpc7FB7348F"),
    ],
)
def test_logical_id_stays_for_another_one_means_another_resource(data: Template, kind: str, id: str) -> None:
    assert data.ids(kind) == [id]


def test_logical_id_of_the_zone_stays(shipped: Assembly) -> None:
    assert shipped["Dns"].ids(kinds.ZONE) == ["SubzoneZone02BBCBFA"]


@pytest.mark.parametrize("kind", STATEFUL)
def test_user_data_is_kept_by_default_but_not_of_a_deployment_that_failed(data: Template, kind: str) -> None:
    assert _fate(data.one(kind)) == ("RetainExceptOnCreate", "Retain")


@pytest.mark.parametrize("kind", STATEFUL)
def test_user_data_goes_where_it_shall_not_be_kept(synthesized: Synthesized, kind: str) -> None:
    assert _fate(synthesized("thrown away")["Data"].one(kind)) == ("Delete", "Delete")


@pytest.mark.parametrize("variant", ["shipped", "seed", "parent", "EBS homes", "construct alone", "public API"])
def test_cluster_keeps_nothing(synthesized: Synthesized, variant: str) -> None:
    hub = synthesized(variant)["Hub"]
    kept = {id: resource["Type"] for id, resource in hub.resources.items() if "Retain" in _fate(resource)}
    # It is deleted as a part of another manifest; deleted alone, as in a rollback, it would take a running hub along.
    assert kept.pop(hub.manifest_at("FirstNamespace")) == kinds.MANIFEST
    assert {*kept.values()} == ({*STATEFUL} if variant == "construct alone" else set())


def test_data_stack_keeps_only_user_data(data: Template) -> None:
    kept = [resource["Type"] for resource in data.resources.values() if "Retain" in _fate(resource)]
    assert sorted(kept) == sorted(STATEFUL)


def test_file_system(data: Template) -> None:
    assert plain(data.properties(kinds.FILE_SYSTEM)) == {
        "Encrypted": True,
        "KmsKeyId": "${UserDataKey371B7AFE.Arn}",
        "PerformanceMode": "generalPurpose",
        "ThroughputMode": "elastic",
        "LifecyclePolicies": [
            {"TransitionToIA": "AFTER_30_DAYS"},
            {"TransitionToPrimaryStorageClass": "AFTER_1_ACCESS"},
        ],
        "BackupPolicy": {"Status": "DISABLED"},
        "FileSystemTags": [{"Key": "Name", "Value": "jupyterhub"}],
        "FileSystemPolicy": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "OnlyOverTls",
                    "Effect": "Deny",
                    "Principal": {"AWS": "*"},
                    "Action": "*",
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                }
            ],
        },
    }


@pytest.mark.parametrize("variant", ["shipped", "seed", "construct alone", "own parts", "thrown away"])
def test_nobody_mounts_without_an_identity(synthesized: Synthesized, variant: str) -> None:
    for stack in synthesized(variant).stacks.values():
        for file_system in stack.all(kinds.FILE_SYSTEM):
            policy = file_system["Properties"]["FileSystemPolicy"]
            assert [each for each in policy["Statement"] if each["Effect"] == "Allow"] == []


def test_files_stay_in_place_where_none_are_archived(synthesized: Synthesized) -> None:
    assert "LifecyclePolicies" not in synthesized("few features")["Data"].properties(kinds.FILE_SYSTEM)


def test_database_volume(data: Template) -> None:
    found = plain(data.properties(kinds.VOLUME))
    tags = {tag["Key"]: tag["Value"] for tag in found.pop("Tags")}
    assert found == {
        "AvailabilityZone": "${NetworkVpcPrivateSubnet1Subnet6DD86AE6.AvailabilityZone}",
        "Encrypted": True,
        "KmsKeyId": "${UserDataKey371B7AFE.Arn}",
        "Size": 10,
        "VolumeType": "gp3",
    }
    assert tags == {"Name": "jupyterhub-hub-database", "ebs.csi.aws.com/cluster-name": "jupyterhub"}


@pytest.mark.parametrize("variant", ["shipped", "listed subnets", "looked-up VPC"])
def test_database_volume_is_in_the_zone_of_the_hubs_nodes(synthesized: Synthesized, variant: str) -> None:
    assembly = synthesized(variant)
    hub, data = assembly["Hub"], assembly["Data"]
    zone = data.properties(kinds.VOLUME)["AvailabilityZone"]
    (group,) = (id for id in hub.ids(kinds.NODES) if hub.path(id).endswith("Nodes/Hub"))
    (subnet,) = plain(hub.resources[group]["Properties"]["Subnets"])
    assert zone == _zone_of(subnet, data)


def test_everything_worth_keeping_is_backed_up_daily(data: Template) -> None:
    selected = plain(data.properties(kinds.BACKUP_SELECTION))["BackupSelection"]["Resources"]
    assert selected == [
        "arn:aws:ec2:eu-central-1:111122223333:volume/${UserDataDatabase11B9B2CE.VolumeId}",
        "${UserDataHomes3EF1A134.Arn}",
    ]
    (rule,) = data.properties(kinds.BACKUP_PLAN)["BackupPlan"]["BackupPlanRule"]
    assert rule["ScheduleExpression"] == "cron(0 3 * * ? *)"
    assert rule["Lifecycle"] == {"DeleteAfterDays": 35}


def test_homes_on_volumes_are_backed_up_by_their_class_s_tag_and_no_node_s_disk_is(synthesized: Synthesized) -> None:
    assembly = synthesized("EBS homes")
    selections = [each["Properties"]["BackupSelection"] for each in assembly["Data"].all(kinds.BACKUP_SELECTION)]
    (homes,) = (each for each in selections if each["SelectionName"] == "HomeVolumes")
    assert plain(homes["Resources"]) == ["arn:aws:ec2:eu-central-1:111122223333:volume/*"]
    wanted = {each["ConditionKey"]: each["ConditionValue"] for each in homes["Conditions"]["StringEquals"]}
    assert "ListOfTags" not in homes  # of which one would suffice
    tag, _, value = assembly["Hub"].objects["StorageClass", "home"]["parameters"]["tagSpecification_1"].partition("=")
    assert wanted == {
        f"aws:ResourceTag/{tag}": value,
        "aws:ResourceTag/kubernetes.io/created-for/pvc/namespace": "jupyterhub",
    }


@pytest.mark.parametrize("variant", ["shipped", "construct alone"])
def test_kept_vault_is_in_the_way_of_no_other_stack(synthesized: Synthesized, variant: str) -> None:
    (stack,) = (each for each in synthesized(variant).stacks.values() if each.ids(kinds.VAULT))
    name = stack.properties(kinds.VAULT)["BackupVaultName"]
    assert {"Ref": "AWS::StackId"} in list(_values(name))
    assert name["Fn::Join"][1][0] == "jupyterhub-"


def test_vault_that_shall_go_is_emptied_first(synthesized: Synthesized) -> None:
    data = synthesized("thrown away")["Data"]
    (vault,), (emptying,) = data.ids(kinds.VAULT), data.ids(kinds.EMPTYING)
    assert vault in Graph(data).waits_for(emptying)


def test_vault_that_stays_is_never_emptied(data: Template) -> None:
    assert data.ids(kinds.EMPTYING) == []


@pytest.mark.parametrize("variant", ["shipped", "seed", "EBS homes", "thrown away", "own parts", "construct alone"])
def test_everything_stored_is_encrypted_with_a_key_that_can_be_shown_and_shut(
    synthesized: Synthesized, variant: str
) -> None:
    for stack in synthesized(variant).stacks.values():
        for kind, key in (
            (kinds.FILE_SYSTEM, "KmsKeyId"),
            (kinds.VOLUME, "KmsKeyId"),
            (kinds.VAULT, "EncryptionKeyArn"),
        ):
            assert all(each["Properties"].get(key) for each in stack.all(kind))


def test_backups_are_encrypted_with_the_key_of_the_data(data: Template) -> None:
    assert plain(data.properties(kinds.VAULT)["EncryptionKeyArn"]) == "${UserDataKey371B7AFE.Arn}"


def test_no_backups_where_none_are_wanted(synthesized: Synthesized) -> None:
    data = synthesized("thrown away, EBS homes")["Data"]
    assert data.ids(kinds.VAULT) + data.ids(kinds.BACKUP_PLAN) == []


def test_kept_vault_stays_the_stacks_while_no_backups_are_made() -> None:
    data = made({**SHIPPED, "storage.backup.days": 0})["Data"]
    assert data.ids(kinds.VAULT) == ["UserDataBackups3EE7D523"]
    assert data.ids(kinds.BACKUP_PLAN) == []


def test_no_file_system_where_homes_are_volumes(synthesized: Synthesized) -> None:
    assembly = synthesized("EBS homes")
    kinds_in_all = {resource["Type"] for stack in assembly.stacks.values() for resource in stack.resources.values()}
    assert {kind for kind in kinds_in_all if kind.startswith("AWS::EFS::")} == set()


def test_own_key_encrypts_everything_instead_of_a_new_one(synthesized: Synthesized) -> None:
    data = synthesized("own parts")["Data"]
    assert data.ids(kinds.KEY) == []
    assert data.properties(kinds.FILE_SYSTEM)["KmsKeyId"] == OWN_KEY
    assert data.properties(kinds.VOLUME)["KmsKeyId"] == OWN_KEY
    assert data.properties(kinds.VAULT)["EncryptionKeyArn"] == OWN_KEY


def test_backups_role_is_for_aws_backup_alone(data: Template) -> None:
    role = data.resources[role_id(data.properties(kinds.BACKUP_SELECTION)["BackupSelection"]["IamRoleArn"])]
    (statement,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "backup.amazonaws.com"}


def test_keys_are_rotated(shipped: Assembly) -> None:
    keys = [key["Properties"] for stack in shipped.stacks.values() for key in stack.all(kinds.KEY)]
    assert [key["EnableKeyRotation"] for key in keys] == [True, True]


def _fate(resource: dict[str, Any]) -> tuple[str, str]:
    """What becomes of a resource when it is deleted, and when it is replaced."""
    return resource.get("DeletionPolicy", "Delete"), resource.get("UpdateReplacePolicy", "Delete")


def _values(of: Any) -> Iterator[Any]:
    """A value and all that it is made of."""
    yield of
    for each in of.values() if isinstance(of, dict) else of if isinstance(of, list) else ():
        yield from _values(each)


def _zone_of(subnet: str, data: Template) -> Any:
    """The zone of a subnet: of the Data stack, from which the Hub stack imports it, or of an existing VPC."""
    if subnet in PRIVATE:
        return ZONES[PRIVATE.index(subnet)]
    (id,) = (id for id in data.ids(kinds.SUBNET) if subnet.startswith(f"${{import ExportsOutputRef{id}"))
    return {"Fn::GetAtt": [id, "AvailabilityZone"]}


def _control_plane_logs(data: Template) -> dict[str, Any]:
    (group,) = (id for id in data.ids(kinds.LOG_GROUP) if data.path(id).endswith("UserData/ControlPlaneLogs"))
    logs: dict[str, Any] = data.resources[group]
    return logs


def test_log_group_of_the_control_plane_outlives_the_cluster_and_goes_with_the_data(data: Template) -> None:
    group = _control_plane_logs(data)
    assert (plain(group["Properties"]), group["DeletionPolicy"]) == (
        {
            "LogGroupName": "/aws/eks/jupyterhub/cluster",
            "KmsKeyId": "${UserDataKey371B7AFE.Arn}",
            "RetentionInDays": 90,
        },
        "Delete",
    )


def test_logs_are_not_forced_on_a_key_whose_policy_is_not_ours(synthesized: Synthesized) -> None:
    assert "KmsKeyId" not in _control_plane_logs(synthesized("own parts")["Data"])["Properties"]
