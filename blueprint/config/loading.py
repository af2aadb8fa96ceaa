"""From context to a valid `Config`, or to every fault that is in it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from blueprint.config.context import BLOCK, is_cdk_key, unwrap
from blueprint.config.field import Setting
from blueprint.config.keys import judge
from blueprint.config.notice import Notice
from blueprint.config.problems import (
    HIDDEN,
    NOTHING,
    ConfigError,
    FaultError,
    FaultsError,
    Problem,
    kind,
    of_setting,
    shown,
    within,
)
from blueprint.config.rules import access as access_rules
from blueprint.config.rules import cluster as cluster_rules
from blueprint.config.rules import costs as cost_rules
from blueprint.config.rules import endpoints as endpoint_rules
from blueprint.config.rules import fargate as fargate_rules
from blueprint.config.rules import limits as limit_rules
from blueprint.config.rules import profiles as profile_rules
from blueprint.config.rules import rights as rights_rules
from blueprint.config.rules import sign_in as sign_in_rules
from blueprint.config.rules import sizes as size_rules
from blueprint.config.rules.notices import notices
from blueprint.config.rules.rule import Surroundings
from blueprint.config.settings import BY_KEY, SETTINGS, Config
from blueprint.config.types.parsing import BLANKS


class Loaded(NamedTuple):
    """A valid configuration, and what is worth saying about it."""

    config: Config
    notices: tuple[Notice, ...]


def load(
    context: Mapping[str, object],
    *,
    today: date,
    account: str | None = None,
    region: str | None = None,
    folder: Path = Path(),
) -> Loaded:
    """Read the configuration from context.

    `account` and `region` are those of the credentials in use, if any. They stand in for a `workload.account` and
    `workload.region` that the context does not give, but for the account of the parent zone: with its credentials
    ParentDns is deployed, and nothing else. `folder` is where files are that context names: by default the working
    directory, in which the CDK CLI reads context and runs the app. Reads no clock, environment or network.

    Raises:
        ConfigError: with all faults at once.
    """
    given, foreign, misspelt = _sort(unwrap(context))
    values, faults = _parse(given, folder)
    draft = _draft(values, lacking={of_setting(fault.key) for fault in faults})
    surroundings = Surroundings(today, account or None, region or None)
    problems = [*misspelt, *faults, *_contradictions(draft, surroundings, complete=not faults)]
    if problems:
        raise ConfigError(problems)
    remarks = tuple(notices(draft, surroundings, foreign))
    return Loaded(_complete(draft, surroundings, remarks), remarks)


def _complete(config: Config, surroundings: Surroundings, remarks: tuple[Notice, ...]) -> Config:
    account = surroundings.account if surroundings.account != config.parent_dns_account else None
    return config.model_copy(
        update={
            "workload_account": config.workload_account or account,
            "workload_region": config.workload_region or surroundings.region,
            "notices": remarks,
        }
    )


def _sort(context: Mapping[str, object]) -> tuple[dict[str, object], list[str], list[Problem]]:
    """Our settings that are given (null counts as absent); of all other keys but CDK's the foreign and the misspelt."""
    given: dict[str, object] = {}
    foreign: list[str] = []
    misspelt: list[Problem] = []
    for key, value in context.items():
        if not isinstance(key, str):  # an app of one's own may hand over what no JSON holds
            misspelt.append(Problem(shown(key), "a key that is no text", "keys of text", "write it in quotes"))
        elif key in BY_KEY:
            if value is not None:
                given[key] = value
        elif key == BLOCK:  # what is an object has been laid flat
            misspelt.append(Problem(key, kind(value), "a JSON object with settings", 'write {"key": value, …} there'))
        elif not is_cdk_key(key):
            problem = judge(key, value)
            if problem is None:
                foreign.append(key)
            else:
                misspelt.append(problem)
    return given, foreign, misspelt


def _parse(given: Mapping[str, object], folder: Path) -> tuple[dict[str, Any], list[Problem]]:
    """The valid values by key, and the faults of all others, required ones that are missing included."""
    values: dict[str, Any] = {}
    faults: list[Problem] = []
    for setting in SETTINGS:
        if setting.key in given:
            value, of_value = parse(setting, given[setting.key], folder)
            faults += of_value
            if not of_value:
                values[setting.key] = value
        elif setting.required:
            faults.append(Problem(setting.key, NOTHING, setting.allowed, setting.fix))
    return values, faults


def parse(setting: Setting, value: object, folder: Path = Path()) -> tuple[Any, list[Problem]]:
    """What a setting's value means; or every fault in it, as far as it is looked at by itself."""
    if isinstance(value, str) and not value.strip(BLANKS):
        fix = "give a value" if setting.required else "give a value, or remove the key"
        return None, [Problem(setting.key, _got(setting, value), setting.allowed, fix)]
    try:
        return _adapter(setting.attribute).validate_python(value, context={"folder": folder}), []
    except ValidationError as error:
        return None, [fault for details in error.errors(include_url=False) for fault in _faults(setting, details)]


def _faults(setting: Setting, details: ErrorDetails) -> Iterator[Problem]:
    cause = details.get("ctx", {}).get("error")
    if isinstance(cause, FaultsError):
        yield from (replace(each, key=within(setting.key, each.key)) for each in cause.problems)
        return
    fault = cause if isinstance(cause, FaultError) else FaultError()
    match details["loc"]:
        case [str(name)]:  # of an object, not only the value
            got = _got(setting, {name: details["input"]})
        case _:
            got = _got(setting, details["input"])
    yield Problem(setting.key, got, fault.allowed or setting.allowed, fault.fix or setting.fix)


def _got(setting: Setting, value: object) -> str:
    """A faulty value as it may be printed: a client secret may well stand where its ARN should."""
    if setting.attribute == "client_secret":
        return HIDDEN
    if setting.attribute == "client_secret_arn" and not (isinstance(value, str) and value.startswith("arn:")):
        return HIDDEN
    return shown(value)


@cache
def _adapter(attribute: str) -> TypeAdapter[Any]:
    return TypeAdapter(Config.model_fields[attribute].rebuild_annotation())


def _draft(values: Mapping[str, Any], lacking: set[str]) -> Config:
    """A `Config` of valid values and defaults, without the attributes that are lacking."""
    given = {BY_KEY[key].attribute for key in values}
    draft = Config.model_construct(_fields_set=given, **{**dict.fromkeys(lacking), **values})
    for key in lacking:
        del draft.__dict__[BY_KEY[key].attribute]
    return draft


def _contradictions(draft: Config, surroundings: Surroundings, *, complete: bool) -> Iterator[Problem]:
    groups = (
        *(access_rules, sign_in_rules, endpoint_rules, cluster_rules, size_rules),
        *(profile_rules, limit_rules, fargate_rules, rights_rules, cost_rules),
    )
    for rule in (rule for group in groups for rule in group.RULES):
        try:
            yield from rule(draft, surroundings)
        except AttributeError:  # it needs a setting that is faulty itself
            if complete:
                raise
