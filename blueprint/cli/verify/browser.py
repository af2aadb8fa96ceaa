"""A browser without a screen: cookies, redirects and forms, by Python's own modules and a person's proxies."""

import http.client
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from blueprint.cli.checks.web import WebError

SECONDS = 30.0
_MOST = 8 << 20


@dataclass(frozen=True)
class Page:
    """What there was in the end, after all redirects."""

    url: str
    status: int
    text: str

    @property
    def forms(self) -> list["Form"]:
        """All forms in it."""
        reader = _Forms()
        reader.feed(self.text)
        return reader.forms

    def json(self) -> Mapping[str, Any]:
        """The JSON object that it is. Raises WebError."""
        try:
            found = json.loads(self.text)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise WebError(f"{urlsplit(self.url).path} is no JSON object")
        return found


@dataclass
class Form:
    """Where it goes, and its fields: type and value by name."""

    action: str
    method: str
    fields: dict[str, tuple[str, str]] = field(default_factory=dict)

    def named(self, *kinds: str) -> list[str]:
        """The names of fields of these types."""
        return [name for name, (kind, _) in self.fields.items() if kind in kinds]


class Browser:
    """One person's, with their cookies; `authorities` are certificates to trust besides the public ones."""

    def __init__(self, authorities: str | None = None) -> None:
        self.trust = ssl.create_default_context()
        if authorities:
            self.trust.load_verify_locations(cadata=authorities)
        self._jar = CookieJar()
        self._opener = urllib.request.OpenerDirector()
        for handler in (  # of http and https alone: a page's form may name any address
            urllib.request.ProxyHandler(),
            urllib.request.UnknownHandler(),
            urllib.request.HTTPHandler(),
            urllib.request.HTTPSHandler(context=self.trust),
            urllib.request.HTTPDefaultErrorHandler(),
            urllib.request.HTTPRedirectHandler(),
            urllib.request.HTTPErrorProcessor(),
            urllib.request.HTTPCookieProcessor(self._jar),
        ):
            self._opener.add_handler(handler)

    def open(self, url: str, **headers: str) -> Page:
        """A page, or wherever it leads. Raises WebError where nothing answers."""
        return self._page(_request(url, headers=headers))

    def submit(self, page: Page, form: Form, given: Mapping[str, str]) -> Page:
        """What a form leads to, filled in."""
        values = {**{name: value for name, (_, value) in form.fields.items()}, **given}
        target, sent = urljoin(page.url, form.action), urlencode(values)
        if page.url.startswith("https:") and not target.startswith("https:"):
            raise WebError("a form would send what is in it without TLS")
        if form.method != "post":
            return self.open(f"{target.partition('?')[0]}?{sent}")
        headers = {"Referer": page.url, "Origin": "{0.scheme}://{0.netloc}".format(urlsplit(page.url))}
        return self._page(_request(target, sent.encode(), headers))

    def ask(self, method: str, url: str, body: object = None, referer: str = "") -> Page:
        """An API, as a page of the same site asks it: with its cookie against forgery as a header."""
        headers = {"X-XSRFToken": self.cookie("_xsrf", url), "Referer": referer or url}
        content = None
        if body is not None:
            content, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        return self._page(_request(url, content, headers, method))

    def lines(self, url: str, seconds: float) -> Iterator[str]:
        """What a page tells line by line, for as long as it does."""
        headers = {"X-XSRFToken": self.cookie("_xsrf", url), "Referer": url}
        try:
            with self._opener.open(_request(url, headers=headers), timeout=seconds) as answer:
                for line in answer:
                    yield line.decode(errors="replace").strip()
        except (OSError, http.client.HTTPException) as error:
            raise WebError(f"{urlsplit(url).hostname}: {_why(error)}") from None

    def cookie(self, name: str, url: str) -> str:
        """The value of a cookie that is for an address; of several, that for the longest path."""
        pairs = (each.strip().partition("=") for each in self.cookies(url).split(";"))
        return next((value for key, _, value in pairs if key == name), "")

    def cookies(self, url: str) -> str:
        """All that go with an address, as a header: those for the longest path first."""
        asked = _request(url)
        self._jar.add_cookie_header(asked)
        return str(asked.get_header("Cookie") or "")

    def _page(self, asked: urllib.request.Request) -> Page:
        try:
            try:
                answer = self._opener.open(asked, timeout=SECONDS)
            except urllib.error.HTTPError as error:
                answer = error
            with answer:
                text = answer.read(_MOST).decode(errors="replace")
                return Page(answer.geturl(), answer.status, text)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise WebError(f"{urlsplit(asked.full_url).hostname}: {_why(error)}") from None


def _request(
    url: str, content: bytes | None = None, headers: Mapping[str, str] | None = None, method: str | None = None
) -> urllib.request.Request:
    return urllib.request.Request(url, content, dict(headers or {}), method=method)  # noqa: S310 (the opener has no other)


def _why(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted ({reason.verify_message})"
    if isinstance(reason, TimeoutError):
        return "no answer in time"
    return str(getattr(reason, "strerror", None) or reason) or "no connection"


class _Forms(HTMLParser):
    """Collects the forms of a page with their fields; a button counts as a field where it has a name and value."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._in = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get").lower()))
            self._in = True
        elif self._in and given.get("name") and tag in ("input", "button"):
            kind = given.get("type", "text" if tag == "input" else "submit").lower()
            if kind in ("checkbox", "radio") and "checked" not in given:
                return
            self.forms[-1].fields.setdefault(given["name"], (kind, given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._in = False
