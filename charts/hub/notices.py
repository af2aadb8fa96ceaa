"""Runs in the hub: what people read in JupyterLab of a server that is about to stop, and that it stops then.

`charts/server/hub-notices/` asks for it, and shows it.
"""

import asyncio
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from jupyterhub import orm  # type: ignore[import-untyped]
from jupyterhub.handlers.pages import HealthCheckHandler  # type: ignore[import-untyped]
from tornado.log import app_log as log

NOTICE = 900
"""Seconds before a server stops that its person is told of it."""
LAST = 120
"""Seconds before it stops that they are told once more."""
INTERVAL = 5
"""Seconds between two looks."""
STOPPING: dict[tuple[str, str], "asyncio.Task[None]"] = {}
"""Servers that are being ended, by person and name."""
TASKS: set[asyncio.Task[None]] = set()


class End(NamedTuple):
    """A server that is about to stop: whose, when (seconds since 1970), and why. With `stops` the hub ends it here."""

    person: str
    server: str
    at: float
    why: str
    stops: bool


Ends = Callable[[Any, float], Iterable[End]]
SOURCES: list[Ends] = []
"""What tells, from the hub's database and the time, which servers are about to stop."""
Board = dict[tuple[str, str], list[dict[str, Any]]]
BOARD: Board = {}
"""What there is to say, by person and server."""
GOING = (
    "The machine of your server goes away, maybe within two minutes. Save your work now, then start your server again."
)


class Notices(HealthCheckHandler):  # type: ignore[misc]
    """Answers servers' pages, which ask all the time: as cheaply as can be, and without a line in the log."""

    async def prepare(self) -> None:
        """Ask nobody who this is, unless there is something to say."""
        self._jupyterhub_user = None

    def get(self) -> None:
        """What there is to say of a server, to its person alone."""
        key = self.get_argument("user", ""), self.get_argument("server", "")
        said = BOARD.get(key, [])
        if said:
            person = self._user_for_cookie(self.hub.cookie_name)
            said = said if person and person.name == key[0] else []
        self.set_header("Content-Type", "application/json")
        self.set_header("Cache-Control", "no-store")
        self.finish(json.dumps(said))


def of_age(most: int) -> Ends:
    """Which servers are about to have run for as many seconds as they may; the idle culler ends them."""

    def ends(db: Any, now: float) -> Iterator[End]:
        before = datetime.fromtimestamp(now, UTC).replace(tzinfo=None) - timedelta(seconds=most - NOTICE)
        rows = db.query(orm.User.name, orm.Spawner.name, orm.Spawner.started).join(orm.Spawner.user)
        for person, server, started in rows.filter(orm.Spawner.server_id.isnot(None), orm.Spawner.started < before):
            at = started.replace(tzinfo=UTC).timestamp() + most
            yield End(person, server, at, "it has run for as long as servers may", stops=False)

    return ends


def board(ends: Iterable[End], going: Iterable[tuple[str, str]], now: float) -> Board:
    """What there is to say of servers that end, and of those whose machine goes away."""
    found: Board = {}
    for each in ends:
        stage = "last" if each.at - now <= LAST else "first"
        text = f"Your server stops at {{time}}: {each.why}. Save your work before."
        notice = {"id": f"{stage}: {each.why}", "text": text, "end": 60 * round(each.at / 60)}
        found.setdefault((each.person, each.server), []).append(notice)
    for key in going:
        found.setdefault(key, []).append({"id": "machine", "text": GOING, "end": 0})
    return found


async def look(app: Any, going: Iterable[tuple[str, str]]) -> None:
    """Write what there is to say, and end what has to end."""
    now = time.time()
    ends = [each for source in SOURCES for each in source(app.db, now)]
    BOARD.clear()
    BOARD.update(board(ends, going, now))
    for each in ends:
        key = each.person, each.server
        if each.stops and each.at <= now and key not in STOPPING:
            # All at once, beside the next looks: a pod takes its time to end.
            STOPPING[key] = asyncio.create_task(stop(app, each))
            STOPPING[key].add_done_callback(partial(STOPPING.pop, key))


async def stop(app: Any, end: End) -> None:
    """End a server, unless it starts or stops; what fails is tried again at the next look."""
    try:
        user = app.users[end.person]
        spawner = user.spawners.get(end.server)
        if spawner and spawner.ready and not spawner.pending:
            log.info("The server %s stops: %s", spawner._log_name, end.why)
            await app.proxy.delete_user(user, end.server)
            await user.stop(end.server)
    except Exception as error:
        log.warning("A server of %s does not stop: %s", end.person, error)


async def keep(app: Any, settings: Mapping[str, Any]) -> None:
    """Look again and again."""
    nodes = _nodes() if settings["nodes"] else None
    while True:
        try:
            await look(app, await nodes.servers(settings["namespace"]) if nodes else [])
        except Exception as error:  # whatever it is, it may be over at the next look
            log.warning("What people are to know of their servers is not looked after for now: %s", error)
        await asyncio.sleep(INTERVAL)


def _nodes() -> Any:
    """What becomes of nodes, from now on."""
    from kubernetes_asyncio import client, config

    from hub.nodes import Nodes  # the file is there where a hub may ask

    config.load_incluster_config()  # type: ignore[no-untyped-call]
    found = Nodes(client.CoreV1Api(client.ApiClient()))
    TASKS.add(asyncio.get_running_loop().create_task(found.follow()))
    return found


def configure(c: Any, settings: Mapping[str, Any]) -> None:
    """Answer and look; `settings` is `custom.notices` of the chart's values."""
    SOURCES.clear()
    BOARD.clear()
    if settings["age"]:
        SOURCES.append(of_age(settings["age"]))
    base = c.JupyterHub.authenticator_class

    class Told(base):  # type: ignore[misc,valid-type]
        """An authenticator whose pages have notices among them, and who begins to look with them."""

        def get_handlers(self, app: Any) -> list[tuple[str, Any]]:
            """The pages of the authenticator, and ours."""
            TASKS.add(asyncio.get_running_loop().create_task(keep(app, settings)))
            return [*super().get_handlers(app), ("/notices", Notices)]

    Told.__name__ = base.__name__
    c.JupyterHub.authenticator_class = Told
