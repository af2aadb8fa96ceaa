"""What must outlive a cluster: keys, the homes' file system, the volume of the hub's database, and their backups."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aws_cdk import ArnFormat, Aws, CfnResource, CustomResource, Duration, Fn, RemovalPolicy, Stack, Tags
from aws_cdk import aws_backup as backup
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_efs as efs
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from blueprint.config import Config
from blueprint.constructs.compute.cluster import allow_ebs
from blueprint.constructs.custom_resource import Handler
from blueprint.constructs.notices import tell
from blueprint.hub.names import CLAIM_NAMESPACE, DEPLOYMENT_TAG
from blueprint.versions import JUPYTERHUB

if TYPE_CHECKING:
    from blueprint.constructs.access.cognito import Cognito

VOLUME_CLUSTER_TAG = "ebs.csi.aws.com/cluster-name"
"""The EBS driver works on volumes that carry this tag with its cluster's name, and tags those so that it makes."""


class UserData(Construct):
    """User data, kept when the stack is deleted unless the configuration says otherwise."""

    def __init__(self, scope: Construct, id: str, *, config: Config, zone_name: str) -> None:
        super().__init__(scope, id)
        tell(self, config, "Data")
        # Kept, unless the very deployment that made it fails: what is empty is not left to be paid for.
        keep = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
        self._removal = keep if config.storage_keep else RemovalPolicy.DESTROY
        self.key = self._key(config)
        self.file_system = self._file_system(config) if config.storage_home == "efs" else None
        self.database = self._database_volume(config, zone_name)
        self.control_plane_logs = self._control_plane_logs(config)
        self.state_key = self._state_key(config)
        self.users = self._user_pool(config) if config.identity_provider == "cognito" else None
        # A vault that is kept goes on being the stack's while no backups are made: it would be in its own way later.
        if config.storage_backup_days or config.storage_keep:
            vault = self._vault(config)
            if config.storage_backup_days:
                self._backups(config, vault)

    def _user_pool(self, config: Config) -> "Cognito":
        # Here, for what it needs of the CDK is not read where there is none.
        from blueprint.constructs.access.cognito import Cognito

        return Cognito(self, "Users", config=config, key=self.key)

    def _key(self, config: Config) -> kms.IKey:
        if config.storage_kms_key_arn:
            return kms.Key.from_key_arn(self, "Key", config.storage_kms_key_arn)
        key = kms.Key(
            self,
            "Key",
            description=f"User data of {config.name}: homes, the hub's database, backups",
            enable_key_rotation=True,
            removal_policy=self._removal,
        )
        allow_ebs(key)
        return key

    def _file_system(self, config: Config) -> efs.CfnFileSystem:
        """The file system; its mount targets belong to a cluster's network and are made there."""
        lifecycle = [
            # A file that is opened again comes back to where it is fast.
            efs.CfnFileSystem.LifecyclePolicyProperty(transition_to_primary_storage_class="AFTER_1_ACCESS")
        ]
        if days := config.storage_efs_archive_days:
            archive = efs.CfnFileSystem.LifecyclePolicyProperty(transition_to_ia=f"AFTER_{days}_DAYS")
            lifecycle.insert(0, archive)
        file_system = efs.CfnFileSystem(
            self,
            "Homes",
            encrypted=True,
            kms_key_id=self.key.key_arn,
            throughput_mode=config.storage_efs_throughput,
            performance_mode="generalPurpose",
            lifecycle_policies=lifecycle if config.storage_efs_archive_days else None,
            backup_policy=efs.CfnFileSystem.BackupPolicyProperty(status="DISABLED"),  # see _backups
            # A policy of its own ends the default one, under which everybody who reaches the network may mount.
            # Who may is said by identity policies: the EFS driver's on the nodes.
            file_system_policy=iam.PolicyDocument(statements=self._who_may_mount(config)),
            file_system_tags=[efs.CfnFileSystem.ElasticFileSystemTagProperty(key="Name", value=config.name)],
        )
        file_system.apply_removal_policy(self._removal)
        return file_system

    def _who_may_mount(self, config: Config) -> list[iam.PolicyStatement]:
        """What the file system says itself; Fargate mounts without an identity, so there it has to be enough."""
        found = [
            iam.PolicyStatement(
                sid="OnlyOverTls",
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=["*"],
                conditions={"Bool": {"aws:SecureTransport": "false"}},
            )
        ]
        if config.without_machines:
            access_points = Stack.of(self).format_arn(
                service="elasticfilesystem", resource="access-point", resource_name="*"
            )
            found.append(
                iam.PolicyStatement(
                    sid="ThroughAccessPoints",
                    principals=[iam.AnyPrincipal()],
                    actions=["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
                    conditions={
                        "Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"},
                        "StringLike": {"elasticfilesystem:AccessPointArn": access_points},
                    },
                )
            )
        return found

    def _database_volume(self, config: Config, zone_name: str) -> ec2.CfnVolume:
        volume = ec2.CfnVolume(
            self,
            "Database",
            availability_zone=zone_name,
            size=config.storage_database_size,
            volume_type="gp3",
            encrypted=True,
            kms_key_id=self.key.key_arn,
        )
        volume.apply_removal_policy(self._removal)
        Tags.of(volume).add("Name", f"{config.name}-hub-database")
        # The driver's managed policy lets it work on volumes with this tag; the cluster has the deployment's name.
        Tags.of(volume).add(VOLUME_CLUSTER_TAG, config.name)
        return volume

    def _control_plane_logs(self, config: Config) -> logs.LogGroup:
        """The group that EKS writes to by its name.

        EKS makes it anew when it writes late, after its cluster is gone. So it is not the cluster's: the next one would
        fail, because its group exists already.
        """
        name = f"/aws/eks/{config.name}/cluster"
        if isinstance(self.key, kms.Key):
            _allow_logs(self.key, name)
        return logs.LogGroup(
            self,
            "ControlPlaneLogs",
            log_group_name=name,
            retention=logs.RetentionDays.THREE_MONTHS,
            # The policy of a key that is not ours may not let CloudWatch use it.
            encryption_key=self.key if isinstance(self.key, kms.Key) else None,
            removal_policy=RemovalPolicy.DESTROY,
        )

    def _state_key(self, config: Config) -> secretsmanager.Secret:
        """What the hub's database says of sessions can be read with this key alone, so the key lives as long as it."""
        return secretsmanager.Secret(
            self,
            "StateKey",
            description=f"Encrypts what the hub of {config.name} knows of its users' sessions",
            encryption_key=self.key,
            generate_secret_string=secretsmanager.SecretStringGenerator(password_length=32, exclude_punctuation=True),
            removal_policy=self._removal,
        )

    def _vault(self, config: Config) -> backup.BackupVault:
        vault = backup.BackupVault(
            self,
            "Backups",
            backup_vault_name=_vault_name(config.name),
            encryption_key=self.key,
            removal_policy=self._removal,
        )
        if not config.storage_keep:
            self._empty_on_delete(vault, _vault_name(config.name))
        return vault

    def _backups(self, config: Config, vault: backup.BackupVault) -> None:
        plan = backup.BackupPlan(self, "BackupPlan", backup_plan_name=config.name, backup_vault=vault)
        plan.add_rule(
            backup.BackupPlanRule(
                rule_name="Daily",
                schedule_expression=events.Schedule.cron(hour="3", minute="0"),
                start_window=Duration.hours(1),
                completion_window=Duration.hours(8),
                delete_after=Duration.days(config.storage_backup_days),
            )
        )
        stack = Stack.of(self)
        resources = [
            backup.BackupResource.from_arn(
                stack.format_arn(service="ec2", resource="volume", resource_name=self.database.attr_volume_id)
            )
        ]
        if self.file_system:
            resources.append(backup.BackupResource.from_arn(self.file_system.attr_arn))
        plan.add_selection("Selection", resources=resources, allow_restores=True)
        if not self.file_system:
            # Not in the other selection: the database's volume is no claim's. Nor are the nodes' disks.
            volumes = stack.format_arn(service="ec2", resource="volume", resource_name="*")
            homes = plan.add_selection(
                "HomeVolumes", resources=[backup.BackupResource.from_arn(volumes)], allow_restores=True
            )
            _only_with_tags(homes, {DEPLOYMENT_TAG: config.name, CLAIM_NAMESPACE: JUPYTERHUB.namespace})

    def _empty_on_delete(self, vault: backup.BackupVault, name: str) -> None:
        """AWS deletes no vault that holds backups."""
        stack = Stack.of(self)
        emptying = Handler(self, "Emptying", entry="backups")
        # By its name: so the function is made beside the vault.
        colon = ArnFormat.COLON_RESOURCE_NAME
        arn = stack.format_arn(service="backup", resource="backup-vault", resource_name=name, arn_format=colon)
        emptying.allow(["backup:ListRecoveryPointsByBackupVault"], [arn])
        emptying.allow(
            ["backup:DeleteRecoveryPoint"],
            [
                stack.format_arn(
                    service="backup",
                    resource="recovery-point",
                    resource_name="*",
                    arn_format=colon,
                ),
                stack.format_arn(service="ec2", account="", resource="snapshot", resource_name="*"),
            ],
        )
        CustomResource(
            self,
            "RecoveryPoints",
            service_token=emptying.service_token,
            resource_type="Custom::EmptiedOnDelete",
            properties={"BackupVaultName": vault.backup_vault_name},
        )


def _only_with_tags(selection: backup.BackupSelection, tags: Mapping[str, str]) -> None:
    """Take only what has all of these: CDK's class knows of tags of which any one suffices."""
    wanted = [{"ConditionKey": f"aws:ResourceTag/{key}", "ConditionValue": value} for key, value in tags.items()]
    resource = selection.node.default_child
    assert isinstance(resource, CfnResource)
    resource.add_property_override("BackupSelection.Conditions", {"StringEquals": wanted})


def _vault_name(name: str) -> str:
    """A name with a part of the stack's id: a kept vault must not be in the way of one that is made anew."""
    stack = Fn.select(2, Fn.split("/", Aws.STACK_ID))
    return f"{name}-{Fn.select(0, Fn.split('-', stack))}"


def _allow_logs(key: kms.Key, log_group_name: str) -> None:
    stack = Stack.of(key)
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="ControlPlaneLogs",
            principals=[iam.ServicePrincipal(f"logs.{stack.region}.amazonaws.com")],
            actions=["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
            resources=["*"],  # in a key's own policy: this key
            conditions={
                "ArnEquals": {
                    "kms:EncryptionContext:aws:logs:arn": stack.format_arn(
                        service="logs",
                        resource="log-group",
                        resource_name=log_group_name,
                        arn_format=ArnFormat.COLON_RESOURCE_NAME,
                    )
                }
            },
        )
    )
