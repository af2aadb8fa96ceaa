"""What the world's name servers answer, asked by HTTPS: the resolvers of a company may tell something else.

The form is that of https://developers.google.com/speed/public-dns/docs/doh/json, which Cloudflare speaks, too.
"""

from typing import Final
from urllib.parse import urlencode

from blueprint.cli.checks.web import WebError, get

RESOLVER: Final = "https://dns.google/resolve"
TYPES: Final = {"A": 1, "NS": 2, "CNAME": 5, "AAAA": 28, "CAA": 257}
_NONE, _NO_NAME = 0, 3


class Resolver:
    """A public resolver, by its address."""

    def __init__(self, url: str = RESOLVER) -> None:
        self._url = url

    def records(self, name: str, kind: str) -> list[str] | None:
        """The records of a name, in lower case and without final dots; None where the name does not exist.

        Raises:
            WebError: where the resolver, or who answers for the name, gives no answer.
        """
        query = urlencode({"name": name, "type": kind})
        answer = get(f"{self._url}?{query}", headers={"Accept": "application/dns-json"})
        if answer.status != 200:
            raise WebError(f"{self._url} answers {answer.status}")
        told = answer.json()
        if told.get("Status") == _NO_NAME:
            return None
        if told.get("Status") != _NONE:
            raise WebError(f"the name servers of {name} do not answer (DNS status {told.get('Status')})")
        found = told.get("Answer") or []
        if not isinstance(found, list):
            raise WebError(f"{self._url} answers with something else than records")
        return [_text(each) for each in found if isinstance(each, dict) and each.get("type") == TYPES[kind]]


def _text(record: dict[str, object]) -> str:
    return str(record.get("data", "")).lower().removesuffix(".")
