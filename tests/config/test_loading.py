from typing import Any

import pydantic
import pytest

from blueprint.config import Config, ConfigError, Default, Problem, load
from tests.config.seed import CLIENT_SECRET, SEED, TODAY, config, problems

DEFAULTS: dict[str, Any] = {
    "name": "jupyterhub",
    "workload_account": None,
    "workload_region": None,
    "tags": {},
    "warnings_acknowledged": {},
    "parent_hostedzone_id": None,
    "parent_dns_role": "DomainOperatorRole",
    "parent_dns_region": None,
    "parent_dns_external_id": None,
    "parent_dns_trusted_accounts": [],
    "parent_dns_trusted_organization": None,
    "dns_subzone_account": "workload",
    "certificate_arn": None,
    "identity_provider": "generic",
    "client_secret_arn": None,
    "client_secret_kms_key_arn": None,
    "users_allowed": [],
    "users_admins": [],
    "groups_allowed": [],
    "groups_admins": [],
    "groups_claim": None,
    "cognito_domain_prefix": None,
    "cognito_admin_email": None,
    "cognito_mfa": "required",
    "client_secret_entry": None,
    "client_authentication": "client_secret_post",
    "identity_ca": None,
    "sign_in_verified_email": True,
    "sign_in_takeover": False,
    "auth_refresh_seconds": 300,
    "auth_session_days": 14.0,
    "logout_url": None,
    "logout_stops_servers": False,
    "hub_title": "JupyterHub",
    "hub_logo": None,
    "hub_contact": None,
    "hub_announcement": None,
    "kubernetes_version": "1.35",
    "kubernetes_running": None,
    "admin_roles": [],
    "api_endpoint": "private",
    "api_allowed_cidrs": [],
    "network_vpc_id": None,
    "network_subnets_private": [],
    "network_subnets_public": [],
    "network_zone_names": [],
    "network_cidr": "10.0.0.0/16",
    "network_zones": 3,
    "network_nat_gateways": 1,
    "ingress_scheme": "internal",
    "ingress_allowed_cidrs": None,
    "ingress_waf_arn": None,
    "ingress_logs_bucket": None,
    "nodes_core_instance_types": ["t3.large"],
    "nodes_core_min": 1,
    "nodes_core_max": 2,
    "nodes_user_scaling": "managed",
    "nodes_user_instance_types": ["m6i.xlarge"],
    "nodes_user_min": 1,
    "nodes_user_warm": [],
    "nodes_user_max": 10,
    "nodes_user_capacity": "on-demand",
    "nodes_gpu_max": 0,
    "nodes_disk_size": 100,
    "nodes_disk_throughput": 125,
    "storage_home": "efs",
    "storage_home_size": "10Gi",
    "storage_efs_throughput": "elastic",
    "storage_efs_archive_days": 30,
    "storage_shared": True,
    "team_directories": [],
    "storage_backup_days": 35,
    "storage_keep": True,
    "storage_kms_key_arn": None,
    "storage_database_size": 10,
    "singleuser_image": "quay.io/jupyter/datascience-notebook:2026-07-28",
    "singleuser_profiles": None,
    "singleuser_startup": None,
    "aws_access": None,
    "singleuser_cpu_guarantee": 0.5,
    "singleuser_cpu_limit": 2.0,
    "singleuser_memory_guarantee": "1G",
    "singleuser_memory_limit": "4G",
    "singleuser_disk_guarantee": "1Gi",
    "singleuser_disk_limit": "10Gi",
    "singleuser_servers_max": 0,
    "singleuser_servers_person": 0,
    "singleuser_servers_named": 0,
    "singleuser_limits": None,
    "singleuser_default_url": "/lab",
    "singleuser_start_timeout": 600,
    "culling_enabled": True,
    "culling_timeout": 3600,
    "culling_max_age": 0,
    "singleuser_tokens": False,
    "cost_budget": None,
    "cost_budget_emails": [],
    "cost_budget_topic_arn": None,
    "cost_budget_alerts": ["actual 80%", "actual 100%", "forecast 100%"],
}
GIVEN: dict[str, Any] = {
    "parent_dns_account": "111122223333",
    "parent_hostedzone_name": "domain.com",
    "dev_subzone_name": "hub.domain.com",
    "jupyterhub_subzone_name": "your.hub.domain.com",
    "callback_url": "https://your.hub.domain.com/hub/oauth_callback",
    "auth_url": "https://some.auth.address.com/authorize",
    "token_url": "https://some.auth.address.com/oauth/token",
    "user_data_url": "https://some.auth.address.com/userinfo",
    "client_id": "someClientID",
    "client_secret": pydantic.SecretStr(CLIENT_SECRET),
    "scope": ["openid", "name", "profile", "email"],
    "username_key": "name",
}
REQUIRED = (
    "parent.dns.account",
    "parent.hostedzone.name",
    "dev.subzone.name",
    "jupyterhub.subzone.name",
)
PROVIDER = ("authUrl", "tokenUrl", "userDataUrl", "clientId", "clientSecretArn")


@pytest.mark.parametrize(
    "context",
    [
        pytest.param(SEED, id="flat"),
        pytest.param({"context": SEED}, id="pasted as a block"),
        pytest.param({"context": {"context": SEED}}, id="pasted twice"),
        pytest.param({"context": {**SEED, "clientId": "other"}, "clientId": "someClientID"}, id="flat key wins"),
    ],
)
def test_seed_loads_as_written(context: dict[str, Any]) -> None:
    loaded = load(context, today=TODAY)
    assert loaded.config.model_dump() == {**DEFAULTS, **GIVEN}


def test_config_is_frozen() -> None:
    with pytest.raises(pydantic.ValidationError):
        config().name = "other"  # type: ignore[misc]


def test_null_counts_as_absent() -> None:
    assert config({"callbackUrl": None, "storage.home": None}) == config({"callbackUrl": None})


def test_callback_url_follows_from_the_host_name() -> None:
    assert config({"callbackUrl": None}).callback_url == "https://your.hub.domain.com/hub/oauth_callback"


def test_shared_directory_follows_from_efs() -> None:
    assert config({"storage.home": "ebs"}).storage_shared is False


def test_groups_follow_from_cognito() -> None:
    provider = {"identity.provider": "cognito", "clientSecret": None, "clientId": None}
    found = config({**provider, "authUrl": None, "tokenUrl": None, "userDataUrl": None, "scope": None})
    assert (found.groups_claim, found.groups_allowed, found.groups_admins) == ("cognito:groups", ["users"], ["admins"])


def test_sign_in_page_of_cognito_is_named_after_the_host() -> None:
    assert config().sign_in_prefix == "your-hub-domain-com"


def test_model_validates_a_valid_context_itself() -> None:
    assert Config.model_validate(SEED) == config().model_copy(update={"notices": ()})


def test_every_missing_setting_is_reported_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        load({}, today=TODAY)
    assert tuple(problem.key for problem in caught.value.problems) == (*REQUIRED, *PROVIDER)
    assert caught.value.problems[0] == Problem(
        "parent.dns.account",
        "nothing",
        "an AWS account id: 12 digits",
        'for example "parent.dns.account": "444455556666"',
    )


def test_fields_keys_and_contradictions_are_reported_at_once() -> None:
    found = problems({"nodes.user.max": "many", "nodes.core.min": 5, "clientid": "x", "authUrl": None})
    assert [problem.key for problem in found] == ["clientid", "nodes.user.max", "authUrl", "nodes.core.min"]


def test_a_contradiction_is_not_judged_by_the_default_of_a_faulty_setting() -> None:
    assert [problem.key for problem in problems({"nodes.core.min": 5, "nodes.core.max": "many"})] == ["nodes.core.max"]


def test_error_reads_as_plain_text() -> None:
    error = ConfigError(problems({"nodes.user.max": 0, "clientId": "<ID>"}))
    assert str(error) == (
        "2 faults in the context:\n"
        "\n"
        "clientId\n"
        '  got      "<ID>"\n'
        "  allowed  text of up to 512 characters\n"
        "  fix      replace the placeholder with your own value\n"
        "\n"
        "nodes.user.max\n"
        "  got      0\n"
        "  allowed  a whole number from 1 to 450\n"
        '  fix      for example "nodes.user.max": 10'
    )


def test_one_fault_is_not_plural() -> None:
    assert str(ConfigError(problems({"nodes.user.max": 0}))).startswith("1 fault in the context:\n")


@pytest.mark.parametrize(
    ("value", "got"),
    [
        pytest.param("\x1b[31mred", '"\\u001b[31mred"', id="terminal escape"),
        pytest.param("a\u200bb", '"a\\u200bb"', id="invisible character"),
        pytest.param("\ud800", '"\\ud800"', id="lone surrogate"),
        pytest.param("é" * 200, f'"{"é" * 119}…', id="long text"),
        pytest.param(10**5000, "a number", id="endless number"),
        pytest.param({1, 2}, '"no JSON"', id="no JSON at all"),
    ],
)
def test_any_value_is_shown_safely(value: object, got: str) -> None:
    assert [problem.got for problem in problems({"network.zones": value})] == [got]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"storage.home": "ebs"}, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"), id="internal"),
        pytest.param({"ingress.scheme": "internet-facing"}, ("0.0.0.0/0",), id="internet-facing"),
        pytest.param({"ingress.allowed.cidrs": ["192.0.2.0/24"]}, ("192.0.2.0/24",), id="chosen"),
    ],
)
def test_allowed_cidrs_are_those_in_effect(changes: dict[str, Any], expected: tuple[str, ...]) -> None:
    assert config(changes).allowed_cidrs == expected


def test_role_in_the_dns_account_is_known_by_its_arn() -> None:
    assert config().domain_operator_role_arn == "arn:aws:iam::111122223333:role/DomainOperatorRole"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, True, id="no restriction"),
        pytest.param({"users.admins": ["ada"]}, True, id="admins only"),
        pytest.param({"users.allowed": ["ada"]}, False, id="users"),
        pytest.param({"groups.allowed": ["staff"], "groups.claim": "groups"}, False, id="groups"),
    ],
)
def test_admission_is_open_unless_somebody_is_named(changes: dict[str, Any], expected: bool) -> None:
    assert config(changes).open_admission is expected


def test_defaults_taken_are_told_with_their_weight() -> None:
    taken = {default.key: default for default in config().defaults_taken()}
    assert taken["ingress.scheme"] == Default(
        "ingress.scheme",
        '"internal"',
        "Whether the hub is reached from the internet or from private networks only.",
        weighty=True,
    )
    assert taken["culling.max.age"].value == "0"
    assert not taken.keys() & {"usernameKey", "callbackUrl", "certificateArn", "users.allowed", "tags"}
