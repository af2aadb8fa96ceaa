"""The context of the blueprint's first users, as they have it, and shorthands to load it changed."""

from datetime import date
from typing import Any

from blueprint.config import Config, ConfigError, Notice, Problem, load

TODAY = date(2026, 11, 20)
CLIENT_SECRET = "someClientSecret"
SEED: dict[str, Any] = {
    "parent.dns.account": "111122223333",
    "parent.hostedzone.name": "domain.com",
    "dev.subzone.name": "hub.domain.com",
    "jupyterhub.subzone.name": "your.hub.domain.com",
    "callbackUrl": "https://your.hub.domain.com/hub/oauth_callback",
    "authUrl": "https://some.auth.address.com/authorize",
    "tokenUrl": "https://some.auth.address.com/oauth/token",
    "userDataUrl": "https://some.auth.address.com/userinfo",
    "clientId": "someClientID",
    "clientSecret": CLIENT_SECRET,
    "scope": ["openid", "name", "profile", "email"],
    "usernameKey": "name",
}


def config(changes: dict[str, Any] | None = None, **surroundings: Any) -> Config:
    """The seed's configuration with some keys changed; a change to None removes the key."""
    return load({**SEED, **(changes or {})}, today=TODAY, **surroundings).config


def problems(changes: dict[str, Any], **surroundings: Any) -> list[Problem]:
    """The faults of the seed's context with some keys changed; none if it is valid."""
    try:
        load({**SEED, **changes}, today=TODAY, **surroundings)
    except ConfigError as error:
        return list(error.problems)
    return []


def notices(changes: dict[str, Any], today: date = TODAY) -> tuple[Notice, ...]:
    """The remarks on the seed's context with some keys changed."""
    return load({**SEED, **changes}, today=today).notices
