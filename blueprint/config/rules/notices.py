"""What deserves a remark in a valid configuration: exposure, cost, loss, and the end of support."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from textwrap import shorten

from blueprint.config.facts.instances import known, known_on
from blueprint.config.facts.kubernetes import MINORS, NEWEST
from blueprint.config.facts.nodes import PARALLEL_FROM, pulls_in_parallel, room
from blueprint.config.facts.prices import prices
from blueprint.config.machines import all_types, machines
from blueprint.config.notice import Notice
from blueprint.config.offers import in_table
from blueprint.config.problems import plain
from blueprint.config.rules.rule import Surroundings
from blueprint.config.settings import Config
from blueprint.config.types import sizes

# Claims that people may change, or that a provider may hand to somebody else later.
_UNSTABLE_CLAIMS = frozenset(
    {"email", "family_name", "given_name", "login", "mail", "middle_name", "name", "nickname"}
    | {"preferred_username", "unique_name", "upn", "username"}
)
_SOON = timedelta(days=60)


def notices(config: Config, surroundings: Surroundings, foreign: Sequence[str]) -> Iterator[Notice]:
    """All remarks, the most important subjects first; `foreign` are context keys that are none of ours or CDK's."""
    yield from _secret(config)
    yield from _support(config, surroundings)
    yield from _account(config)
    yield from _people(config)
    yield from _exposure(config)
    yield from _loss(config)
    yield from _sizes(config)
    if foreign:
        keys = shorten(", ".join(plain(key) for key in foreign), 300, placeholder=" …")
        yield Notice(
            "foreign-keys",
            None,
            f"Keys in context that are none of ours and have no effect here: {keys}.",
            "Remove them if you meant settings: docs/context.schema.json lists them all.",
        )


def _secret(config: Config) -> Iterator[Notice]:
    if config.client_secret is not None:
        yield Notice(
            "plain-client-secret",
            "clientSecret",
            "The client secret is in context as plain text: the template holds it as well, and cdk diff shows it.",
            "Have the provider issue a new one, set clientSecretArn to a name such as jupyterhub/oauth-client-secret, "
            "remove clientSecret, and run make secret.",
        )


def _support(config: Config, surroundings: Surroundings) -> Iterator[Notice]:
    minor = MINORS[config.kubernetes_version]
    change = f"Set kubernetes.version to {NEWEST.version}; an existing cluster goes up one minor at a time."
    support = minor.support(surroundings.today)
    if support == "none":
        text = (
            f"EKS support for Kubernetes {minor.version} ended for good on {minor.extended_ends}: "
            "EKS makes no new cluster of it, and upgrades yours by force."
        )
        yield Notice("kubernetes-unsupported", "kubernetes.version", text, change)
    elif support == "extended":
        text = (
            f"Standard support for Kubernetes {minor.version} ended on {minor.standard_ends}: "
            f"EKS charges extra for it, and upgrades the cluster by force after {minor.extended_ends}."
        )
        yield Notice("kubernetes-extended-support", "kubernetes.version", text, change)
    elif minor.standard_ends - surroundings.today <= _SOON:
        text = f"Standard support for Kubernetes {minor.version} ends on {minor.standard_ends}."
        yield Notice("kubernetes-support-ends", "kubernetes.version", text, change)


def _people(config: Config) -> Iterator[Notice]:
    if config.open_admission:
        yield Notice(
            "open-admission",
            "users.allowed",
            "Everyone whom the identity provider signs in is admitted to the hub.",
            "Set users.allowed, or groups.allowed and groups.claim, or restrict sign-in at the provider.",
        )
    if config.identity_provider == "cognito" and config.cognito_admin_email is None:
        yield Notice(
            "empty-user-pool",
            "cognito.admin.email",
            "The user pool will be empty: nobody can sign in before you make a user in it.",
            "Set cognito.admin.email, and an invitation goes there.",
        )
    if config.cognito_mfa == "optional":
        yield Notice(
            "no-second-factor",
            "cognito.mfa",
            "Cognito's sign-in page offers an optional second factor to nobody.",
            "Remove it, and everybody sets one up; or set it to off.",
        )
    if not config.users_admins and not config.groups_admins:
        yield Notice(
            "no-hub-admin",
            "users.admins",
            "The hub has no administrator.",
            "Set users.admins, or groups.admins and groups.claim.",
        )
    if config.username_key in _UNSTABLE_CLAIMS:
        yield Notice(
            "unstable-usernames",
            "usernameKey",
            f"The claim {config.username_key}, which names home directories, may change or pass to others.",
            "Take a claim that is unique and never changes, such as sub, before the first user signs in.",
        )
    if config.sign_in_verified_email and "email" not in config.scope:
        yield Notice(
            "no-email-scope",
            "scope",
            "The scope email is not asked for: most providers then do not tell whether an address is verified.",
            "Add email to scope, or set sign.in.verified.email to false.",
        )
    if config.identity_provider == "auth0" and "offline_access" not in config.scope:
        yield Notice(
            "no-offline-access-scope",
            "scope",
            "Without the scope offline_access Auth0 tells of lost groups only when somebody signs in anew.",
            "Add offline_access to scope.",
        )
    if config.sign_in_takeover:
        yield Notice(
            "takeover",
            "sign.in.takeover",
            "Whoever comes with the name of a hub user gets that user's files.",
            "Remove it as soon as everybody has come from the new provider.",
        )
    if "openid" not in config.scope:
        yield Notice(
            "no-openid-scope",
            "scope",
            "The scope openid is not asked for: most providers then send no sub and no user information.",
            "Add openid to scope, unless your provider is not an OpenID Connect one.",
        )
    if not config.admin_roles:
        yield Notice(
            "no-cluster-admin",
            "admin.roles",
            "Nobody can use kubectl on the cluster.",
            "Set admin.roles to the ARNs of your administrators' IAM roles.",
        )


def _account(config: Config) -> Iterator[Notice]:
    if config.workload_account is None and not config.parent_dns_trusted_accounts:
        yield Notice(
            "workload-account-unknown",
            "workload.account",
            "ParentDns cannot know which account to trust, and will ask for it as a parameter.",
            "Set workload.account.",
        )


def _exposure(config: Config) -> Iterator[Notice]:
    if "0.0.0.0/0" in config.api_allowed_cidrs:
        yield Notice(
            "open-api",
            "api.allowed.cidrs",
            "The whole internet reaches the Kubernetes API.",
            "Name your own addresses, or set api.endpoint to private.",
        )
    if config.ingress_scheme == "internet-facing" and config.ingress_allowed_cidrs is None:
        yield Notice(
            "open-hub",
            "ingress.allowed.cidrs",
            "The whole internet reaches the hub's sign-in page.",
            "Set ingress.allowed.cidrs to your own addresses, or to 0.0.0.0/0 if this is meant.",
        )


def _loss(config: Config) -> Iterator[Notice]:
    if not config.storage_keep:
        yield Notice(
            "user-data-not-kept",
            "storage.keep",
            "Destroying the Data stack deletes every user's files, and the backups.",
            "Remove storage.keep before the first user signs in.",
        )
    if config.storage_backup_days == 0:
        yield Notice(
            "no-backups",
            "storage.backup.days",
            "Home directories are not backed up.",
            "Set storage.backup.days to 35, for example.",
        )
    if config.storage_home == "ebs" and config.model_fields_set & {
        "storage_efs_throughput",
        "storage_efs_archive_days",
    }:
        yield Notice(
            "efs-settings-unused",
            "storage.home",
            "The storage.efs settings have no effect with storage.home ebs.",
            "Remove them.",
        )


def _sizes(config: Config) -> Iterator[Notice]:
    for key, names in (
        ("nodes.core.instance.types", config.nodes_core_instance_types),
        ("nodes.user.instance.types", config.nodes_user_instance_types),
    ):
        if unknown := [name for name in names if name not in known()]:
            yield Notice(
                "unknown-instance-types",
                key,
                f"What fits on {', '.join(unknown)} is not known: not in the table of {known_on()}.",
                "Look whether the region has it, and whether a server fits on it.",
            )
    listed = prices(config.workload_region)
    if config.workload_region == listed.region:
        of_users = all_types(config)
        if elsewhere := [name for name in of_users if name in known() and name not in listed.by_type]:
            yield Notice(
                "types-not-in-region",
                "nodes.user.instance.types",
                f"EC2's price list of {listed.region} of {listed.date} has no {', '.join(elsewhere)}: "
                "the region may lack it, and no node of it will come.",
                "Look at EC2's page of instance types, or take others, here or in the profiles.",
            )
    with_gpus = [*dict.fromkeys(name for kind in machines(config) if kind.has_gpus for name in kind.types)]
    if with_gpus and config.workload_region != listed.region:
        yield Notice(
            "gpu-types-not-looked-up",
            "nodes.gpu.max",
            f"Whether {config.workload_region or 'the region'}, and which of its zones, has {', '.join(with_gpus)} "
            "is not known here: where it lacks them, no node comes.",
            "Ask AWS with blueprint doctor.",
        )
    rooms = {
        kind.name: room(kind, config.nodes_disk_size).memory for kind in in_table(config.nodes_user_instance_types)
    }
    limit = config.singleuser_memory_limit
    if small := [name for name, has in rooms.items() if has < sizes.memory(limit)]:
        yield Notice(
            "memory-limit-above-node",
            "singleuser.memory.limit",
            f"A node of the type {small[0]} has less memory than {limit}: before one server reaches its limit, "
            "Kubernetes ends others on the node.",
            "Lower it, or take larger nodes.",
        )
    if config.nodes_user_scaling == "karpenter" and "nodes_core_max" in config.model_fields_set:
        yield Notice(
            "core-nodes-do-not-grow",
            "nodes.core.max",
            "With Karpenter nothing makes more core nodes than nodes.core.min.",
            "Remove it, and raise nodes.core.min where more are needed.",
        )
    slow = [kind.name for kind in in_table(config.nodes_user_instance_types) if not pulls_in_parallel(kind)]
    if slow and config.nodes_disk_throughput >= PARALLEL_FROM:
        yield Notice(
            "no-parallel-pull",
            "nodes.disk.throughput",
            f"Nodes of the type {slow[0]} pull images one layer after another, however fast their disk is.",
            "Lower it, or take types with at least 4 CPUs and 8 GiB.",
        )
