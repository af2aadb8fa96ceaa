"""`init`: asks for the settings that no deployment does without, and writes them into `cdk.context.json`."""

import json
import os
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import typer
from pydantic import SecretStr

from blueprint.cli.checks.discovery import Metadata, of_issuer
from blueprint.cli.checks.web import WebError
from blueprint.config import Config, ConfigError, Problem, load, read_file
from blueprint.config.context import unwrap
from blueprint.config.loading import parse
from blueprint.config.problems import HIDDEN, shown
from blueprint.config.rules.endpoints import ENDPOINTS
from blueprint.config.settings import BY_ATTRIBUTE, BY_KEY, SETTINGS

FILE = Path("cdk.context.json")
SCHEMA = "docs/context.schema.json"
_SECRET = "jupyterhub/oauth-client-secret"  # noqa: S105 (where it is, not what it is)
_OF_THE_PROVIDER = ("authUrl", "tokenUrl", "userDataUrl")
_RESERVED = ("111122223333", "444455556666", "example.com", "example.eu.auth0.com")
"""Accounts and domains that documentation uses, so that they are nobody's."""

Given = Mapping[str, str | None]


def write(given: Given, issuer: str | None, overrides: list[str] | None, *, as_json: bool, asks: bool) -> None:
    """Write the settings that were given or asked for, after showing them; what the file holds besides is kept.

    `given` are answers by key, as text; `overrides` are further settings as `key=value`.

    Raises:
        ConfigError: with every fault; nothing is written then.
    """
    before = unwrap(read_file(FILE))
    examples = _examples(before)
    present = {key: value for key, value in before.items() if key not in examples}
    draft = Draft(present, _answers(given, overrides), asks=asks)
    draft.ask()
    draft.ask_for_provider(issuer)
    after = _in_order(draft.settings)
    config = load(after, today=date.today()).config
    changed = {key: value for key, value in after.items() if before.get(key) != value}
    left = [key for key in before if key not in after]
    if as_json:
        typer.echo(json.dumps(_as_json(config, changed, left), indent=2, ensure_ascii=False))
    else:
        _show({key: value for key, value in before.items() if key not in examples}, changed, left)
    if asks and (changed or left) and not typer.confirm(f"Write {FILE}?", default=True, err=True):
        raise typer.Exit(1)
    _replace(after)
    if not as_json:
        _show_what_is_next(config)


class Draft:
    """The settings as they come together: what is present, what was given, and what is asked."""

    def __init__(self, present: Mapping[str, object], answers: Mapping[str, str], *, asks: bool) -> None:
        self.settings: dict[str, object] = dict(present)
        self._asks = asks
        self._given = set(answers)
        problems: list[Problem] = []
        for key, answer in answers.items():
            problems += self._take(key, answer)
        if problems:
            raise ConfigError(problems)

    def ask(self) -> None:
        """Where it goes, and under which names."""
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        self._ask("workload.account", "The AWS account of the cluster")
        self._ask("workload.region", "Its region", proposal=region)
        self._ask("parent.dns.account", "The AWS account that holds the parent domain")
        self._ask("parent.hostedzone.name", "The parent domain, a public hosted zone there")
        self._ask("dev.subzone.name", "The subzone to delegate from it", proposal=self._below("parent.hostedzone.name"))
        self._ask("jupyterhub.subzone.name", "The hub's host name", proposal=self._below("dev.subzone.name", "jupyter"))
        self._ask("ingress.scheme", "Who reaches it: internal or internet-facing", proposal="internal")

    def ask_for_provider(self, issuer: str | None) -> None:
        """Who signs people in; of an OpenID Connect provider the address is enough."""
        known = all(key in self.settings for key in _OF_THE_PROVIDER)
        if issuer is None and self._asks and not known and self.settings.get("identity.provider") != "cognito":
            issuer = typer.prompt("The identity provider's address (https://…), or cognito for a new pool", err=True)
        while issuer and issuer != "cognito":
            try:
                self._take_metadata(of_issuer(issuer, self._authorities()))
                break
            except WebError as error:
                if not self._asks:
                    fix = "correct --issuer, or give the addresses: -c authUrl=… -c tokenUrl=… -c userDataUrl=…"
                    problem = Problem("--issuer", shown(issuer), f"an OpenID Connect provider: {error}", fix)
                    raise ConfigError([problem]) from None
                typer.echo(f"  {error}", err=True)
                issuer = typer.prompt("The identity provider's address", err=True)
        if issuer == "cognito":
            self._become_cognito()
        if self.settings.get("identity.provider") == "cognito":
            email = "The e-mail address of the first admin, whom Cognito invites (none: nobody is invited)"
            self._ask("cognito.admin.email", email, proposal="")
            return
        self._ask("clientId", "The client id that the provider gave to the hub")
        if "clientSecret" not in self.settings:
            name = "The name, in Secrets Manager, of the client secret (`blueprint secret` stores it there)"
            self._ask("clientSecretArn", name, proposal=_SECRET)

    def _take_metadata(self, metadata: Metadata) -> None:
        """What the provider's document says of endpoints, scopes, and how the hub proves who it is."""
        found = {BY_ATTRIBUTE[each].key: metadata.text(endpoint.field) for each, endpoint in ENDPOINTS.items()}
        if lacking := [key for key, value in found.items() if not value]:
            raise WebError(f"{metadata.url} says nothing for {', '.join(lacking)}: the hub needs OpenID Connect's")
        found["identity.provider"] = "auth0" if ".auth0.com/" in found["authUrl"] else "generic"
        scopes = metadata.texts("scopes_supported")
        wanted = ["openid", "profile", "email", "offline_access"]
        found["scope"] = ",".join(wanted if scopes is None else [each for each in wanted if each in scopes])
        # The specification's own default: Basic.
        methods = metadata.texts("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if "client_secret_post" not in methods and "client_secret_basic" in methods:
            found["client.authentication"] = "client_secret_basic"
        problems: list[Problem] = []
        for key, value in found.items():
            if value and key not in self._given:
                problems += self._take(key, value)
        if problems:
            raise ConfigError(problems)

    def _become_cognito(self) -> None:
        self.settings["identity.provider"] = "cognito"
        for key in (*_OF_THE_PROVIDER, "clientId", "clientSecret", "clientSecretArn", "scope", "client.authentication"):
            self.settings.pop(key, None)

    def _ask(self, key: str, question: str, *, proposal: str | None = None) -> None:
        """Ask for a setting that nobody has given; where nobody can be asked, the proposal is taken."""
        if key in self._given:
            return
        present = self.settings.get(key, proposal)
        if not self._asks:
            if present:
                self.settings[key] = present
            return
        while problems := self._answered(key, typer.prompt(question, default=present, err=True)):
            for problem in problems:
                typer.echo(f"  It is {problem.allowed}: {problem.fix}", err=True)

    def _answered(self, key: str, answer: str) -> list[Problem]:
        return self._take(key, answer) if answer else []

    def _take(self, key: str, text: object) -> list[Problem]:
        """Set one, in the form that files have; or say what is wrong with it."""
        setting = BY_KEY.get(key)
        if setting is None:
            self.settings[key] = text  # CDK's own, somebody's, or a misspelt one: the loader judges it
            return []
        value, problems = parse(setting, text)
        if not problems:
            plain = isinstance(value, str | bool | int | float | list | dict) and not isinstance(value, SecretStr)
            self.settings[key] = value if plain else text
        return problems

    def _below(self, key: str, label: str = "dev") -> str | None:
        name = self.settings.get(key)
        return f"{label}.{name}" if isinstance(name, str) else None

    def _authorities(self) -> str | None:
        name = self.settings.get("identity.ca")
        bundle, _ = parse(BY_KEY["identity.ca"], name) if name else (None, [])
        return bundle.text if bundle else None


def _answers(given: Given, overrides: list[str] | None) -> dict[str, str]:
    answers: dict[str, str] = {}
    for override in overrides or ():
        key, assigned, value = override.partition("=")
        if not (key and assigned):
            fix = "write key=value, such as -c kubernetes.version=1.36"
            raise ConfigError([Problem("-c", HIDDEN, "an assignment", fix)])
        answers[key] = value
    return {**answers, **{key: value for key, value in given.items() if value is not None}}


def _examples(content: Mapping[str, object]) -> list[str]:
    """The keys that the shipped example brought, while it is still the example."""
    if content.get("workload.account") != BY_KEY["workload.account"].example:
        return []

    def is_one(key: str, value: object) -> bool:
        return value == BY_KEY[key].example or any(each in json.dumps(value) for each in _RESERVED)

    sign_in = {setting.key for setting in SETTINGS if setting.group == "Sign-in"}
    return [key for key, value in content.items() if key in BY_KEY and (key in sign_in or is_one(key, value))]


def _in_order(settings: Mapping[str, object]) -> dict[str, object]:
    """The schema's line first, where its file is; then what was there as it was, then what is new."""
    schema = {"$schema": f"./{SCHEMA}"} if Path(SCHEMA).exists() else {}
    return {**schema, **settings}


def _replace(content: Mapping[str, object]) -> None:
    """Write the file at once or not at all."""
    place = FILE.resolve()
    new = place.with_name(f"{place.name}.new")
    try:
        new.write_bytes(_text(content))
        if place.exists():
            new.chmod(place.stat().st_mode)
        new.replace(place)
    except OSError as error:
        new.unlink(missing_ok=True)
        typer.echo(f"{FILE} cannot be written: {error.strerror}. Nothing was changed.", err=True)
        raise typer.Exit(1) from None


def _text(content: Mapping[str, object]) -> bytes:
    """JSON in UTF-8; with escapes where something in it is no text, as half a sign is none."""
    try:
        return f"{json.dumps(content, indent=2, ensure_ascii=False)}\n".encode()
    except UnicodeEncodeError:
        return f"{json.dumps(content, indent=2)}\n".encode()


def _show(before: Mapping[str, object], changed: Mapping[str, object], left: list[str]) -> None:
    if not changed:
        typer.echo(f"{FILE} holds all of it already.")
    for key, value in changed.items():
        was = f"   (was {_shown(key, before[key])})" if key in before else ""
        typer.echo(f"  {key}: {_shown(key, value)}{was}")
    if left:
        typer.echo(f"Left out, as the example's or no longer of use: {', '.join(left)}")


def _show_what_is_next(config: Config) -> None:
    typer.echo(f"Written to {FILE}.")
    if config.identity_provider != "cognito":
        typer.echo("\nRegister the hub at the identity provider, if it is not yet (docs/identity.md has the steps):")
        for name, value in _registration(config).items():
            typer.echo(f"  {name:<14}{value}")
    typer.echo("\nNext: make synth")
    if sys.stdout.isatty():
        typer.echo("It says what else you may want to set, and writes the templates.")


def _registration(config: Config) -> dict[str, str]:
    return {
        "kind": "confidential web application, authorization code",
        "callback": config.callback_url,
        "signed out": config.hub_url,
        "scopes": " ".join(config.scope),
    }


def _as_json(config: Config, changed: Mapping[str, object], left: list[str]) -> dict[str, Any]:
    ours = config.identity_provider == "cognito"
    return {
        "file": str(FILE),
        "changed": {key: HIDDEN if key == "clientSecret" else value for key, value in changed.items()},
        "left out": left,
        "register": None if ours else _registration(config),
        "next": "make synth",
    }


def _shown(key: str, value: object) -> str:
    return HIDDEN if key == "clientSecret" else shown(value)
