from datetime import date
from typing import Any

import pytest

from blueprint.config import Notice
from blueprint.config.notice import KINDS
from tests.config.seed import config, notices

QUIET: dict[str, Any] = {
    "workload.account": "444455556666",
    "clientSecret": None,
    "clientSecretArn": "jupyterhub/oauth-client-secret",
    "usernameKey": None,
    "users.allowed": ["ada"],
    "users.admins": ["ada"],
    "admin.roles": ["arn:aws:iam::444455556666:role/admins"],
}
COGNITO: dict[str, Any] = {
    "identity.provider": "cognito",
    "clientSecretArn": None,
    "clientId": None,
    "authUrl": None,
    "tokenUrl": None,
    "userDataUrl": None,
    "scope": None,
}
UPGRADE = "Set kubernetes.version to 1.36; an existing cluster goes up one minor at a time."


def test_nothing_is_said_of_a_careful_context() -> None:
    assert notices(QUIET) == ()


def test_the_seed_is_told_what_it_risks() -> None:
    assert [(notice.id, notice.key, notice.severity) for notice in notices({})] == [
        ("blueprint:plain-client-secret", "clientSecret", "warning"),
        ("blueprint:workload-account-unknown", "workload.account", "warning"),
        ("blueprint:open-admission", "users.allowed", "warning"),
        ("blueprint:no-hub-admin", "users.admins", "warning"),
        ("blueprint:unstable-usernames", "usernameKey", "warning"),
        ("blueprint:no-cluster-admin", "admin.roles", "warning"),
    ]


def test_configuration_carries_its_notices_to_the_stacks() -> None:
    assert config({}).notices == notices({})


RISKS = [
    pytest.param(
        {"clientSecret": "a-secret", "clientSecretArn": None},
        Notice(
            "plain-client-secret",
            "clientSecret",
            "The client secret is in context as plain text: the template holds it as well, and cdk diff shows it.",
            "Have the provider issue a new one, set clientSecretArn to a name such as "
            "jupyterhub/oauth-client-secret, remove clientSecret, and run make secret.",
        ),
        id="plain secret",
    ),
    pytest.param(
        {"workload.account": None},
        Notice(
            "workload-account-unknown",
            "workload.account",
            "ParentDns cannot know which account to trust, and will ask for it as a parameter.",
            "Set workload.account.",
        ),
        id="nobody to trust",
    ),
    pytest.param(
        {"users.allowed": None},
        Notice(
            "open-admission",
            "users.allowed",
            "Everyone whom the identity provider signs in is admitted to the hub.",
            "Set users.allowed, or groups.allowed and groups.claim, or restrict sign-in at the provider.",
        ),
        id="open admission",
    ),
    pytest.param(
        {"identity.provider": "auth0"},
        Notice(
            "no-offline-access-scope",
            "scope",
            "Without the scope offline_access Auth0 tells of lost groups only when somebody signs in anew.",
            "Add offline_access to scope.",
        ),
        id="Auth0 without refresh tokens",
    ),
    pytest.param(
        {"users.admins": None},
        Notice(
            "no-hub-admin",
            "users.admins",
            "The hub has no administrator.",
            "Set users.admins, or groups.admins and groups.claim.",
        ),
        id="no administrator",
    ),
    pytest.param(
        {"usernameKey": "email"},
        Notice(
            "unstable-usernames",
            "usernameKey",
            "The claim email, which names home directories, may change or pass to others.",
            "Take a claim that is unique and never changes, such as sub, before the first user signs in.",
        ),
        id="unstable claim",
    ),
    pytest.param(
        {"scope": ["profile", "email"]},
        Notice(
            "no-openid-scope",
            "scope",
            "The scope openid is not asked for: most providers then send no sub and no user information.",
            "Add openid to scope, unless your provider is not an OpenID Connect one.",
        ),
        id="no openid",
    ),
    pytest.param(
        {"scope": ["openid"]},
        Notice(
            "no-email-scope",
            "scope",
            "The scope email is not asked for: most providers then do not tell whether an address is verified.",
            "Add email to scope, or set sign.in.verified.email to false.",
        ),
        id="no email",
    ),
    pytest.param(
        {"sign.in.takeover": True},
        Notice(
            "takeover",
            "sign.in.takeover",
            "Whoever comes with the name of a hub user gets that user's files.",
            "Remove it as soon as everybody has come from the new provider.",
        ),
        id="takeover",
    ),
    pytest.param(
        COGNITO,
        Notice(
            "empty-user-pool",
            "cognito.admin.email",
            "The user pool will be empty: nobody can sign in before you make a user in it.",
            "Set cognito.admin.email, and an invitation goes there.",
        ),
        id="empty user pool",
    ),
    pytest.param(
        {**COGNITO, "cognito.admin.email": "ada@domain.com", "cognito.mfa": "optional"},
        Notice(
            "no-second-factor",
            "cognito.mfa",
            "Cognito's sign-in page offers an optional second factor to nobody.",
            "Remove it, and everybody sets one up; or set it to off.",
        ),
        id="second factor that nobody is asked for",
    ),
    pytest.param(
        {"admin.roles": []},
        Notice(
            "no-cluster-admin",
            "admin.roles",
            "Nobody can use kubectl on the cluster.",
            "Set admin.roles to the ARNs of your administrators' IAM roles.",
        ),
        id="no cluster administrator",
    ),
    pytest.param(
        {"api.endpoint": "public", "api.allowed.cidrs": "0.0.0.0/0"},
        Notice(
            "open-api",
            "api.allowed.cidrs",
            "The whole internet reaches the Kubernetes API.",
            "Name your own addresses, or set api.endpoint to private.",
        ),
        id="API open to everyone",
    ),
    pytest.param(
        {"ingress.scheme": "internet-facing"},
        Notice(
            "open-hub",
            "ingress.allowed.cidrs",
            "The whole internet reaches the hub's sign-in page.",
            "Set ingress.allowed.cidrs to your own addresses, or to 0.0.0.0/0 if this is meant.",
        ),
        id="hub open to everyone",
    ),
    pytest.param(
        {"storage.keep": False},
        Notice(
            "user-data-not-kept",
            "storage.keep",
            "Destroying the Data stack deletes every user's files, and the backups.",
            "Remove storage.keep before the first user signs in.",
        ),
        id="data not kept",
    ),
    pytest.param(
        {"storage.backup.days": 0},
        Notice(
            "no-backups",
            "storage.backup.days",
            "Home directories are not backed up.",
            "Set storage.backup.days to 35, for example.",
        ),
        id="no backups",
    ),
    pytest.param(
        {"storage.home": "ebs", "storage.efs.throughput": "bursting"},
        Notice(
            "efs-settings-unused",
            "storage.home",
            "The storage.efs settings have no effect with storage.home ebs.",
            "Remove them.",
        ),
        id="EFS settings without EFS",
    ),
    pytest.param(
        {"nodes.core.instance.types": "m99i.large"},
        Notice(
            "unknown-instance-types",
            "nodes.core.instance.types",
            "What fits on m99i.large is not known: not in the table of 2026-10-27.",
            "Look whether the region has it, and whether a server fits on it.",
        ),
        id="a type that nobody knows",
    ),
    pytest.param(
        {"workload.region": "us-east-1", "nodes.user.instance.types": ["m6i.xlarge", "hpc7a.12xlarge"]},
        Notice(
            "types-not-in-region",
            "nodes.user.instance.types",
            "EC2's price list of us-east-1 of 2026-07-20 has no hpc7a.12xlarge: "
            "the region may lack it, and no node of it will come.",
            "Look at EC2's page of instance types, or take others, here or in the profiles.",
        ),
        id="a type that the region does not have",
    ),
    pytest.param(
        {"singleuser.memory.limit": "16G"},
        Notice(
            "memory-limit-above-node",
            "singleuser.memory.limit",
            "A node of the type m6i.xlarge has less memory than 16G: before one server reaches its limit, "
            "Kubernetes ends others on the node.",
            "Lower it, or take larger nodes.",
        ),
        id="a limit that no node has",
    ),
    pytest.param(
        {"nodes.disk.throughput": 600, "nodes.user.instance.types": ["t3.large"]},
        Notice(
            "no-parallel-pull",
            "nodes.disk.throughput",
            "Nodes of the type t3.large pull images one layer after another, however fast their disk is.",
            "Lower it, or take types with at least 4 CPUs and 8 GiB.",
        ),
        id="fast disks of small nodes",
    ),
    pytest.param(
        {"nodes.user.scaling": "karpenter", "nodes.core.max": 3},
        Notice(
            "core-nodes-do-not-grow",
            "nodes.core.max",
            "With Karpenter nothing makes more core nodes than nodes.core.min.",
            "Remove it, and raise nodes.core.min where more are needed.",
        ),
        id="a number of core nodes that nothing reaches",
    ),
]
SUPPORT = [
    pytest.param("1.35", date(2026, 11, 20), None, id="standard support"),
    pytest.param(
        "1.34",
        date(2026, 11, 20),
        Notice(
            "kubernetes-support-ends",
            "kubernetes.version",
            "Standard support for Kubernetes 1.34 ends on 2026-12-02.",
            UPGRADE,
        ),
        id="standard support ends soon",
    ),
    pytest.param(
        "1.33",
        date(2026, 11, 20),
        Notice(
            "kubernetes-extended-support",
            "kubernetes.version",
            "Standard support for Kubernetes 1.33 ended on 2026-07-29: "
            "EKS charges extra for it, and upgrades the cluster by force after 2027-07-29.",
            UPGRADE,
        ),
        id="extended support",
    ),
    pytest.param(
        "1.29",
        date(2026, 11, 20),
        Notice(
            "kubernetes-unsupported",
            "kubernetes.version",
            "EKS support for Kubernetes 1.29 ended for good on 2026-03-23: "
            "EKS makes no new cluster of it, and upgrades yours by force.",
            UPGRADE,
        ),
        id="no support",
    ),
]


@pytest.mark.parametrize(("changes", "expected"), RISKS)
def test_risk_is_told(changes: dict[str, Any], expected: Notice) -> None:
    assert notices({**QUIET, **changes}) == (expected,)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(
            {"groups.claim": "g", "groups.allowed": "a", "groups.admins": "b", "users.allowed": None}, id="groups"
        ),
        pytest.param({"ingress.scheme": "internet-facing", "ingress.allowed.cidrs": "0.0.0.0/0"}, id="meant"),
        pytest.param({"usernameKey": "https://domain.com/id"}, id="claim of one's own"),
    ],
)
def test_what_is_meant_is_not_warned_of(changes: dict[str, Any]) -> None:
    assert notices({**QUIET, **changes}) == ()


@pytest.mark.parametrize(("version", "today", "expected"), SUPPORT)
def test_end_of_support_is_told_by_the_day(version: str, today: date, expected: Notice | None) -> None:
    told = notices({**QUIET, "kubernetes.version": version, "kubernetes.running": version}, today)
    assert told == ((expected,) if expected else ())


@pytest.mark.parametrize("names", [None, ["us-east-1a", "us-east-1b"]])
def test_zones_with_eks_are_found_without_a_word(names: list[str] | None) -> None:
    assert notices({**QUIET, "workload.region": "us-east-1", "network.zone.names": names}) == ()


def test_every_kind_of_notice_is_tried() -> None:
    tried = [case.values[-1] for case in (*RISKS, *SUPPORT)]
    elsewhere = {"foreign-keys", "gpu-types-not-looked-up"}  # which needs a file: test_profiles.py
    assert {notice.kind for notice in tried if isinstance(notice, Notice)} | elsewhere == KINDS.keys()
