"""Contradictions in domain names, and in whose resources are whose."""

import re
from collections.abc import Iterator

from blueprint.config.problems import FaultError, Problem, shown
from blueprint.config.rules.rule import Rule, Surroundings, problem
from blueprint.config.settings import BY_ATTRIBUTE, Config
from blueprint.config.types import patterns, places


def tags_differ_in_more_than_capitals(config: Config, _: Surroundings) -> Iterator[Problem]:
    """IAM takes names of tags that differ in capitals only for the same, and refuses them.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
    """
    names = [name.lower() for name in config.tags]
    alike = [name for name in config.tags if names.count(name.lower()) > 1]
    if alike:
        allowed = f"names that differ in more than capitals ({', '.join(alike)} do not), for IAM's sake"
        yield problem(config, "tags", allowed, "keep one of them")


def subzone_is_below_parent(config: Config, _: Surroundings) -> Iterator[Problem]:
    """A zone delegates names below its own."""
    parent = config.parent_hostedzone_name
    if not config.dev_subzone_name.endswith(f".{parent}"):
        allowed = f"a name below parent.hostedzone.name ({parent})"
        yield problem(config, "dev_subzone_name", allowed, f"for example dev.{parent}")


def host_is_below_subzone(config: Config, _: Surroundings) -> Iterator[Problem]:
    """The hub's record lives in the subzone, and its apex is left free."""
    subzone = config.dev_subzone_name
    if not config.jupyterhub_subzone_name.endswith(f".{subzone}"):
        allowed = f"a name below dev.subzone.name ({subzone})"
        yield problem(config, "jupyterhub_subzone_name", allowed, f"for example jupyter.{subzone}")


def certificate_can_name_the_host(config: Config, _: Surroundings) -> Iterator[Problem]:
    """A certificate made here has the host for its common name.

    https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html
    """
    if config.certificate_arn is None and len(config.jupyterhub_subzone_name) > 64:
        allowed = "at most 64 characters without certificateArn: ACM makes no certificate for a longer name"
        fix = "shorten it, or bring a certificate with certificateArn"
        yield problem(config, "jupyterhub_subzone_name", allowed, fix)


def secret_key_needs_secret(config: Config, _: Surroundings) -> Iterator[Problem]:
    """The KMS key is that of a secret which exists already."""
    if config.client_secret_kms_key_arn is not None and config.client_secret_arn is None:
        fix = "name the secret that the key encrypts in clientSecretArn, or remove this key"
        yield problem(config, "client_secret_kms_key_arn", "only together with clientSecretArn", fix)


def secret_entry_needs_secret(config: Config, _: Surroundings) -> Iterator[Problem]:
    """Only a secret of Secrets Manager has entries."""
    if config.client_secret_entry is not None and config.client_secret_arn is None:
        fix = "name the secret whose entry it is in clientSecretArn, or remove this key"
        yield problem(config, "client_secret_entry", "only together with clientSecretArn", fix)


def authority_is_still_one(config: Config, surroundings: Surroundings) -> Iterator[Problem]:
    """What an authority has issued counts as long as its own certificate."""
    ca = config.identity_ca
    if ca is not None and ca.ends is not None and ca.ends < surroundings.today:
        allowed = f"a certificate that has not ended, which this did on {ca.ends}"
        yield Problem("identity.ca", shown(ca.name), allowed, "take the authority's present one")


def external_id_needs_parent_mode(config: Config, _: Surroundings) -> Iterator[Problem]:
    """The other mode writes one record of one name, and sends none."""
    if config.parent_dns_external_id is not None and config.dns_subzone_account == "workload":
        allowed = "only with dns.subzone.account parent: for the one record of the other mode none is asked for"
        fix = 'remove it, or set "dns.subzone.account": "parent"'
        yield problem(config, "parent_dns_external_id", allowed, fix)


def parent_trusts_the_workload(config: Config, _: Surroundings) -> Iterator[Problem]:
    """The role in the parent account lets the cluster's account in."""
    trusted, account = config.parent_dns_trusted_accounts, config.workload_account
    if trusted and account is not None and account not in trusted:
        allowed = f"a list that holds workload.account ({account})"
        yield problem(config, "parent_dns_trusted_accounts", allowed, f"add {account}, or remove the key")


def credentials_are_for_an_account_in_a_region(config: Config, surroundings: Surroundings) -> Iterator[Problem]:
    """Where the context names none, the credentials' are taken."""
    account = surroundings.account
    if config.workload_account is None and account is not None and not re.fullmatch(patterns.ACCOUNT, account):
        setting = BY_ATTRIBUTE["workload_account"]
        yield Problem(setting.key, f"{shown(account)}, of the credentials in use", setting.allowed, setting.fix)
    if config.workload_region is None and surroundings.region is not None:
        try:
            places.region(surroundings.region)
        except FaultError as error:
            setting = BY_ATTRIBUTE["workload_region"]
            got = f"{shown(surroundings.region)}, of the credentials in use"
            yield Problem(setting.key, got, setting.allowed, error.fix or setting.fix)


def arns_are_of_the_region(config: Config, surroundings: Surroundings) -> Iterator[Problem]:
    """What the cluster uses lies in its own region."""
    region = config.workload_region or surroundings.region
    for attribute in (
        "certificate_arn",
        "client_secret_arn",
        "client_secret_kms_key_arn",
        "ingress_waf_arn",
        "storage_kms_key_arn",
    ):
        arn = _arn(config, attribute)
        if arn and region is not None and arn[3] != region:
            fix = f"take one of {region}, or set workload.region to {arn[3]}"
            yield problem(config, attribute, f"an ARN of the region {region}", fix)


def arns_are_of_the_account(config: Config, _: Surroundings) -> Iterator[Problem]:
    """A load balancer takes certificates and web ACLs of its own account only, and a budget topics."""
    account = config.workload_account
    for attribute in ("certificate_arn", "ingress_waf_arn", "cost_budget_topic_arn"):
        arn = _arn(config, attribute)
        if arn and account is not None and arn[4] != account:
            fix = "take one of that account, or correct workload.account"
            yield problem(config, attribute, f"an ARN of the account {account}", fix)


def secret_of_another_account_has_its_key(config: Config, _: Surroundings) -> Iterator[Problem]:
    """AWS's own key, which secrets have by default, serves its account alone.

    https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples_cross.html
    """
    arn, account = _arn(config, "client_secret_arn"), config.workload_account
    if arn and account is not None and arn[4] != account and config.client_secret_kms_key_arn is None:
        allowed = f"the key that encrypts clientSecretArn in the account {arn[4]}: AWS's own lets no other account read"
        fix = "encrypt the secret with a key of that account, which lets this one decrypt, and name its ARN here"
        yield problem(config, "client_secret_kms_key_arn", allowed, fix)


def _arn(config: Config, attribute: str) -> list[str]:
    """The parts of the ARN that a setting holds; none where it is not given, invalid, or a mere name."""
    value = getattr(config, attribute, None)
    return value.split(":") if isinstance(value, str) and value.startswith("arn:") else []


RULES: tuple[Rule, ...] = (
    tags_differ_in_more_than_capitals,
    subzone_is_below_parent,
    host_is_below_subzone,
    certificate_can_name_the_host,
    secret_key_needs_secret,
    secret_entry_needs_secret,
    authority_is_still_one,
    external_id_needs_parent_mode,
    parent_trusts_the_workload,
    credentials_are_for_an_account_in_a_region,
    arns_are_of_the_region,
    arns_are_of_the_account,
    secret_of_another_account_has_its_key,
)
