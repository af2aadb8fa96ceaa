"""What an OpenID Connect provider tells of itself, where it does: its document at `/.well-known/openid-configuration`.

Fields: https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata
"""

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from blueprint.cli.checks.web import Answer, WebError, get
from blueprint.config.rules.endpoints import DISCOVERY


class Metadata:
    """A provider's document: texts and lists by field, whatever else it may hold."""

    def __init__(self, answer: Answer, document: Mapping[str, object]) -> None:
        self.url = answer.url
        self.certificate_ends = answer.certificate_ends
        self._document = document

    def text(self, field: str) -> str:
        """A field's text; empty where there is none."""
        value = self._document.get(field)
        return value if isinstance(value, str) else ""

    def texts(self, field: str) -> list[str] | None:
        """A field's list; None where the provider does not tell."""
        value = self._document.get(field)
        return [each for each in value if isinstance(each, str)] if isinstance(value, list) else None


def of_issuer(issuer: str, authorities: str | None = None) -> Metadata:
    """The document of a provider, by its own address or by the document's.

    Raises:
        WebError: where there is none.
    """
    answer = get(f"{issuer.removesuffix(DISCOVERY).rstrip('/')}{DISCOVERY}", authorities=authorities)
    if answer.status != 200:
        raise WebError(f"{answer.url} answers {answer.status}")
    document = answer.json()
    if not isinstance(document.get("authorization_endpoint"), str):
        raise WebError(f"{answer.url} names no authorization_endpoint")
    return Metadata(answer, document)


def of_endpoint(authorization_url: str, authorities: str | None = None) -> Metadata | None:
    """The document of the provider whose authorization endpoint is known; None where it has none.

    Raises:
        WebError: where the provider cannot be reached.
    """
    for issuer in issuers(authorization_url):
        answer = get(f"{issuer}{DISCOVERY}", authorities=authorities)
        try:
            document = answer.json() if answer.status == 200 else {}
        except WebError:  # a page of the provider's
            continue
        if isinstance(document.get("authorization_endpoint"), str):
            return Metadata(answer, document)
    return None


def issuers(authorization_url: str) -> Iterator[str]:
    """The addresses that the provider with this authorization endpoint may call itself by, the longest first."""
    parts = urlsplit(authorization_url)
    path = parts.path.rstrip("/")
    # Entra ID: https://login.microsoftonline.com/<tenant>/oauth2/v2.0/authorize is of <tenant>/v2.0.
    if path.endswith("/oauth2/v2.0/authorize"):
        yield f"https://{parts.netloc}{path.removesuffix('/oauth2/v2.0/authorize')}/v2.0"
    while path:
        path = path.rpartition("/")[0]
        yield f"https://{parts.netloc}{path}"
