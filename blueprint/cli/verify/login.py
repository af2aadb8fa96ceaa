"""A test user signs in as people do, starts a server, runs a cell, and stops what was started."""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final
from urllib.parse import quote, urlsplit

from blueprint.cli.checks.findings import Finding, fault, ok, unknown
from blueprint.cli.checks.web import WebError, get
from blueprint.cli.checks.world import World
from blueprint.cli.cluster.errand import Errand
from blueprint.cli.verify import reach
from blueprint.cli.verify.browser import Browser, Form, Page
from blueprint.cli.verify.notebook import Kernel
from blueprint.cli.verify.way_in import provider_of

_STEPS: Final = 6
"""Pages of a provider: name, password, consent, and some between."""
_CODE: Final = "print(6 * 7)"
_NAMES: Final = re.compile("user|mail|login|ident|account", re.IGNORECASE)
_HUB_LOG: Final = "kubectl logs -n jupyterhub deploy/hub"


@dataclass(frozen=True)
class Login:
    """Who signs in, and for how many seconds the kernel's websocket is left in silence."""

    user: str
    password: str = field(repr=False)
    idle: float = 0


class _EndError(Exception):
    """What ends it."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.text)
        self.finding = finding


def signed_in(world: World, login: Login, rest: Callable[[float], None] = time.sleep) -> Iterator[Finding]:
    """Each step of it; what is started is stopped, whatever happens."""
    visit = _Visit(world, Browser(world.authorities))
    try:
        visit.sign_in(login)
        yield ok(f"{login.user} signs in, and is {visit.name} at the hub.")
        if not visit.runs():
            yield ok(f"The server starts, in {visit.start():.0f} s.")
        with visit.kernel() as kernel:
            _expect(kernel)
            yield ok("A cell runs, through the kernel's websocket.")
            yield from reach.reached(world, partial(_looked, kernel), reach.neighbour(world, visit.name))
            if login.idle:
                rest(login.idle)
                _expect(kernel)
                yield ok(f"The websocket lives through {login.idle:g} s of silence.")
    except _EndError as end:
        yield end.finding
    except WebError as error:
        yield fault(f"It went no further: {error}", f"Look at the lines above, and at {_HUB_LOG}")
    finally:
        stopped = visit.stop()
    if stopped is not None:
        yield stopped


def _looked(kernel: Kernel, argument: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a cell finds that looks at the network. Raises WebError."""
    given = f"import sys\nsys.argv = ['', {json.dumps(argument)!r}]\n"
    try:
        return dict(json.loads(kernel.run(given + Errand("reaching", argument, {}).script)))
    except (ValueError, TypeError):
        raise WebError("a cell that looks at the network printed something else") from None


def _expect(kernel: Kernel) -> None:
    printed = kernel.run(_CODE).strip()
    if printed != "42":
        raise WebError(f"a cell printed {printed[:40]!r} in place of 42")


class _Visit:
    """One person at the hub, and what was started for them."""

    def __init__(self, world: World, browser: Browser) -> None:
        self._world = world
        self._browser = browser
        self._hub = world.config.hub_url
        self.name = ""
        self._started = False
        self._kernel = ""

    def sign_in(self, login: Login) -> None:
        """Have a name at the hub, once the provider's pages are filled in."""
        first = f"{self._hub}/hub/oauth_login?next=%2Fhub%2Fhome"
        self._leads_to_the_provider(first)
        page = self._browser.open(first)
        host = urlsplit(self._hub).netloc
        for _ in range(_STEPS):
            if urlsplit(page.url).netloc == host:
                break
            page = self._filled(page, login)
        if urlsplit(page.url).netloc != host:
            raise _EndError(unknown(_WITHOUT_SCREEN.format(urlsplit(page.url).netloc), _TEST_USER))
        if page.status == 403:
            text = f"The hub turns {login.user} away, whom the provider lets in."
            raise _EndError(fault(text, "Let the test user in: users.allowed or groups.allowed"))
        found = self._browser.ask("GET", f"{self._hub}/hub/api/user", referer=f"{self._hub}/hub/home")
        if found.status != 200:
            text = f"The hub knows nobody after the sign-in ({page.status}, then {found.status})."
            raise _EndError(fault(text, f"Look at {_HUB_LOG}"))
        self.name = str(found.json().get("name", ""))

    def _leads_to_the_provider(self, first: str) -> None:
        """No password goes to anybody else."""
        answer = get(first, authorities=self._world.authorities)
        target = urlsplit(answer.headers.get("Location", "")).netloc
        wanted = urlsplit(provider_of(self._world)).netloc
        if target != wanted:
            found = f"{target or 'nowhere'} ({answer.status})"
            text = f"Sign-in leads to {found}, and not to {wanted}: no password goes there."
            raise _EndError(fault(text, "cdk deploy Hub, with these settings"))

    def _filled(self, page: Page, login: Login) -> Page:
        host = urlsplit(page.url).netloc
        form = next((each for each in page.forms if each.named("password")), None)
        form = form or next((each for each in page.forms if _user_field(each)), None)
        if page.status >= 400 or form is None:
            raise _EndError(unknown(_WITHOUT_SCREEN.format(host), _TEST_USER))
        secret, name = form.named("password"), _user_field(form)
        given = {**({name: login.user} if name else {}), **dict.fromkeys(secret, login.password)}
        after = self._browser.submit(page, form, given)
        again = urlsplit(after.url).netloc == host and any(each.named("password") for each in after.forms)
        if secret and again:
            text = f"{host} does not sign {login.user} in."
            raise _EndError(fault(text, "Look at user and password; a second factor cannot be answered here"))
        return after

    def runs(self) -> bool:
        """Whether there is a server already, which is left as it is."""
        found = self._ask("GET", f"users/{self._path}")
        return bool((found.json().get("servers") or {}).get("", {}).get("ready"))

    def start(self) -> float:
        """Seconds until the hub calls the server ready."""
        begun = time.monotonic()
        self._started = True
        page = self._browser.open(f"{self._hub}/hub/spawn")
        if form := next((each for each in page.forms if "_xsrf" in each.fields or "spawn" in each.action), None):
            xsrf = self._browser.cookie("_xsrf", page.url)
            self._browser.submit(page, Form(form.action or page.url, "post", form.fields), {"_xsrf": xsrf})
        patience = self._world.config.singleuser_start_timeout + 60
        for line in self._browser.lines(f"{self._hub}/hub/api/users/{self._path}/server/progress", patience):
            event = _event(line)
            if event.get("ready"):
                return time.monotonic() - begun
            if event.get("failed"):
                text = f"The server does not start: {str(event.get('message', ''))[:200]}"
                raise _EndError(fault(text, "docs/start-times.md, docs/troubleshooting.md"))
        raise _EndError(fault("The hub tells of the server no more before it is ready.", f"Look at {_HUB_LOG}"))

    def kernel(self) -> Kernel:
        """A new one of the server."""
        page = self._browser.open(f"{self._hub}/user/{self._path}/lab")
        if page.status != 200:
            text = f"The server's page answers {page.status}."
            raise _EndError(fault(text, "kubectl logs -n jupyterhub, of the server's pod"))
        made = self._browser.ask("POST", f"{self._server}/api/kernels", {}, referer=page.url)
        if made.status != 201:
            raise _EndError(fault(f"The server makes no kernel ({made.status}).", "Look at the server's log"))
        self._kernel = str(made.json().get("id", ""))
        address = f"{self._server.replace('http', 'ws', 1)}/api/kernels/{self._kernel}/channels"
        trust = self._browser.trust if address.startswith("wss:") else None
        return Kernel(address, self._browser.cookies(f"{self._server}/api/kernels"), trust)

    def stop(self) -> Finding | None:
        """What was started goes."""
        try:
            if self._kernel:
                self._browser.ask("DELETE", f"{self._server}/api/kernels/{self._kernel}")
            if not self._started:
                return None
            answer = self._ask("DELETE", f"users/{self._path}/server")
            if answer.status in (202, 204):
                return ok("The server was stopped.")
            why = f"it answers {answer.status}"
        except WebError as error:
            why = str(error)
        return fault(f"The hub does not stop the server that was started: {why}", "Stop it at /hub/admin")

    @property
    def _path(self) -> str:
        return quote(self.name, safe="@")

    @property
    def _server(self) -> str:
        return f"{self._hub}/user/{self._path}"

    def _ask(self, method: str, path: str) -> Page:
        return self._browser.ask(method, f"{self._hub}/hub/api/{path}", referer=f"{self._hub}/hub/home")


_WITHOUT_SCREEN: Final = "The sign-in page of {} cannot be filled in without a screen."
_TEST_USER: Final = "Take a test user of a password alone, in the provider's own directory"


def _user_field(form: Form) -> str:
    texts = form.named("text", "email")
    return next((name for name in texts if _NAMES.search(name)), texts[0] if texts and form.named("password") else "")


def _event(line: str) -> dict[str, object]:
    try:
        found = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
    except ValueError:
        found = {}
    return found if isinstance(found, dict) else {}
