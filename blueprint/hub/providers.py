"""The identity provider as the hub knows it."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

from blueprint.config import Config


@dataclass(frozen=True)
class Provider:
    """An identity provider as the hub knows it: its endpoints, and the hub's name with it."""

    client_id: str
    authorize_url: str
    token_url: str
    userdata_url: str
    logout_url: str | None


def named_provider(config: Config) -> Provider:
    """The provider that the configuration names."""
    auth_url, token_url, user_data_url = config.auth_url, config.token_url, config.user_data_url
    client_id, logout_url = config.client_id, config.logout_url
    assert auth_url is not None
    assert token_url is not None
    assert user_data_url is not None
    assert client_id is not None
    if logout_url is None and config.identity_provider == "auth0":
        query = urlencode({"client_id": client_id, "returnTo": config.hub_url})
        logout_url = urlsplit(auth_url)._replace(path="/v2/logout", query=query).geturl()
    return Provider(client_id, auth_url, token_url, user_data_url, logout_url)


def cognito_provider(config: Config, *, base_url: str, client_id: str) -> Provider:
    """A user pool of Cognito, from the address of its sign-in page (source: the endpoints of its developer guide)."""
    back = quote(f"{config.hub_url}/", safe="")
    return Provider(
        client_id,
        f"{base_url}/oauth2/authorize",
        f"{base_url}/oauth2/token",
        f"{base_url}/oauth2/userInfo",
        config.logout_url or f"{base_url}/logout?client_id={client_id}&logout_uri={back}",
    )
