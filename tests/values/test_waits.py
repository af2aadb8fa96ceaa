"""Who waits how long for whom: of two neighbours the right one gives up first, and docs/decisions.md says so."""

import json
import re
import subprocess
from math import inf
from typing import Any, NamedTuple

import pytest

from blueprint.handlers import runtime
from blueprint.hub import hub_values, named_provider
from blueprint.values import Values, chart_values
from blueprint.versions import CLUSTER_AUTOSCALER, JUPYTERHUB
from preview.installation import Installation
from tests.config.seed import config
from tests.conftest import Synthesized
from tests.docs.pages import ROOT
from tests.preview.balanced import attributes
from tests.preview.conftest import installation as installation  # the fixture
from tests.templates import kinds
from tests.templates.template import Template

SIGN_IN = 4
"""Requests of a sign-in: two looks whether the provider is there, the exchange, the user information."""
CLOUDFORMATION = 3600
"""What CloudFormation takes where a custom resource has no ServiceTimeout (its template reference)."""
UPSTREAM = """
import inspect, json, re
from jupyter_client.manager import KernelManager
from jupyter_server.base.websocket import WS_PING_INTERVAL
from jupyterhub.apihandlers.users import SpawnProgressAPIHandler
from jupyterhub.proxy import ConfigurableHTTPProxy
from tornado.httpserver import HTTPServer

tries = dict(re.findall(r"(\\w*timeout)=(\\d+)", inspect.getsource(ConfigurableHTTPProxy.api_request)))
print(json.dumps({
    "idle": HTTPServer(print).conn_params.header_timeout,
    "ping": WS_PING_INTERVAL / 1000,
    "progress": SpawnProgressAPIHandler.keepalive_interval,
    "kernel": KernelManager.shutdown_wait_time.default_value,
    "proxyRequest": int(tries["request_timeout"]),
    "proxyTries": int(tries["timeout"]),
}))
"""
PROXY = """
import { createServer, get } from "node:http";
const [file, options] = [process.argv[2], JSON.parse(process.argv[3])];
const { default: ConfigurableProxy } = await import(file);
const target = createServer((_, answer) => answer.end()).listen(0, "127.0.0.1", async () => {
  const proxy = new ConfigurableProxy({ log: { info() {}, warn() {}, debug() {} }, ...options });
  await proxy.addRoute("/", { target: `http://127.0.0.1:${target.address().port}` });
  const server = proxy.proxyServer.listen(0, "127.0.0.1", () => {
    get({ port: server.address().port, host: "127.0.0.1" }, (answer) => answer.resume().on("end", () =>
      setImmediate(() => {
        const [[idle]] = Object.values(proxy.httpAgent.freeSockets);
        console.log(JSON.stringify(
          { request: server.requestTimeout, keepAlive: server.keepAliveTimeout, upstream: idle.timeout }));
        process.exit();
      })));
  });
});
"""


class Pair(NamedTuple):
    """Two neighbours: how many seconds the first waits, and the second."""

    first: float
    second: float


@pytest.fixture(scope="module")
def upstream(installation: Installation) -> dict[str, float]:
    """What the pinned releases do by themselves."""
    told = subprocess.run(
        [str(installation.bin / "python"), "-c", UPSTREAM], capture_output=True, text=True, check=True
    )
    found: dict[str, float] = json.loads(told.stdout)
    return found


@pytest.fixture(scope="module")
def proxy(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """What the proxy does with the flags and the environment that it gets; seconds.

    Measured, too: an upload of 400 bytes, one a second, got 408 after 328 s without NODE_OPTIONS, 200 after 403 s with.
    """
    chosen = chart_values(JUPYTERHUB.name, {})["proxy"]["chp"]
    flags = dict(flag.removeprefix("--").split("=") for flag in chosen["extraCommandLineFlags"])
    options = {
        "keepAliveTimeout": int(flags["keep-alive-timeout"]),
        "proxyTimeout": int(flags["proxy-timeout"]),
    }
    script = tmp_path_factory.mktemp("proxy") / "limits.mjs"
    script.write_text(PROXY)
    package = installation.modules.absolute() / "configurable-http-proxy" / "lib" / "configproxy.js"
    command = [installation.node, str(script), str(package), json.dumps(options)]
    told = subprocess.run(command, env=chosen["extraEnv"], capture_output=True, text=True, check=True).stdout
    limits = {**json.loads(told), "silence": options["proxyTimeout"]}
    return {name: value / 1000 or inf for name, value in limits.items()}  # Node's 0 is no limit


def values(changes: dict[str, Any]) -> Values:
    """The values of the hub's chart."""
    settings = config(changes)
    return chart_values(JUPYTERHUB.name, hub_values(settings, named_provider(settings)))


def seconds(text: str) -> float:
    """A duration of Go or CDK."""
    number, unit = re.fullmatch(r"(\d+)([smh])", text).groups()  # type: ignore[union-attr]
    return int(number) * {"s": 1, "m": 60, "h": 3600}[unit]


def of_a_request(upstream: dict[str, float], proxy: dict[str, float], hub: Values) -> dict[str, Pair]:
    """Neighbours on the way from a browser to a server, or to the provider."""
    balancer = int(attributes(config({}))["idle_timeout.timeout_seconds"])
    provider = hub["hub"]["config"]["OAuthenticator"]["http_request_kwargs"]
    connect, request = provider["connect_timeout"], provider["request_timeout"]
    return {
        "the load balancer ends an idle connection to the proxy": Pair(balancer, proxy["keepAlive"]),
        "the proxy ends an idle connection to hub or server": Pair(proxy["upstream"], upstream["idle"]),
        "the proxy gives up a silent hub or server": Pair(proxy["silence"], balancer),
        "the load balancer gives up a silent upload": Pair(balancer, proxy["request"]),
        "a server pings a silent WebSocket": Pair(upstream["ping"], balancer),
        "the hub says a word on the page of a starting server": Pair(upstream["progress"], proxy["silence"]),
        "the hub gives up connecting to the provider": Pair(connect, request),
        "the hub gives up the requests of a sign-in, four at most": Pair(SIGN_IN * request, proxy["silence"]),
        "the hub gives up one request to the proxy's API": Pair(upstream["proxyRequest"], upstream["proxyTries"]),
    }


def of_a_server(upstream: dict[str, float], hub: Values) -> dict[str, Pair]:
    """Neighbours at a server's start, life and end."""
    spawner, start = hub["hub"]["config"]["KubeSpawner"], hub["singleuser"]["startTimeout"]
    request, tries = spawner["k8s_api_request_timeout"], spawner["k8s_api_request_retry_timeout"]
    node = seconds(chart_values(CLUSTER_AUTOSCALER.name, {})["extraArgs"]["max-node-provision-time"])
    idle, told = hub["cull"]["timeout"], int(hub["singleuser"]["extraEnv"]["JUPYTERHUB_ACTIVITY_INTERVAL"])
    asked = hub["hub"]["config"]["JupyterHub"]["last_activity_interval"]
    return {
        "the hub gives up one request to Kubernetes": Pair(request, tries),
        "the hub gives up all tries at Kubernetes": Pair(tries, start),
        "a server gives up waiting for its policies, and is tried again": Pair(
            hub["custom"]["barrier"]["patience"], start
        ),
        "the autoscaler turns from a node that does not come": Pair(node, start),
        "a server counts as not started": Pair(start, spawner["http_timeout"]),
        "the server gives up a kernel that does not end": Pair(upstream["kernel"], spawner["delete_grace_period"]),
        "a server tells of its activity": Pair(told, idle),
        "the hub asks the proxy who was active": Pair(asked, idle),
        "the culler looks": Pair(hub["cull"]["every"], idle),
    }


def of_a_deployment(hub: Template) -> dict[str, Pair]:
    """Neighbours while CloudFormation waits."""
    functions = [each["Properties"] for each in hub.all(kinds.FUNCTION)]
    ours = {each["Timeout"] for each in functions if each["Handler"].startswith("handlers.")}
    framework = {each["Timeout"] for each in functions if each["Handler"].startswith("framework.")}
    helm = {each["Timeout"] for each in functions if each["Handler"] == "index.handler" and "Layers" in each}
    release = max(seconds(each["Properties"]["Timeout"]) for each in hub.all(kinds.CHART))
    assert [id for id, each in hub.resources.items() if "ServiceTimeout" in each.get("Properties", {})] == []
    call = runtime.CALLS.connect_timeout + runtime.CALLS.read_timeout  # type: ignore[attr-defined]
    return {
        "one call of our functions to AWS ends": Pair(call, runtime.RESERVE),
        "our function gives up": Pair(max(ours) - runtime.RESERVE, min(framework)),
        "Helm gives up a release, and its way back": Pair(2 * release, min(helm)),
        "CDK's functions are ended": Pair(max(framework), CLOUDFORMATION),
    }


@pytest.fixture(scope="module")
def pairs(upstream: dict[str, float], proxy: dict[str, float], synthesized: Synthesized) -> dict[str, Pair]:
    hub = values({})
    deployment = of_a_deployment(synthesized("shipped")["Hub"])
    return {**of_a_request(upstream, proxy, hub), **of_a_server(upstream, hub), **deployment}


def table() -> dict[str, Pair]:
    """The table of docs/decisions.md."""
    section = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8").split("### Who waits how long\n")[1]
    rows = re.findall(r"^\| ([^|]+) \| (\d+) \| [^|]+ \| (\d+) \|", section.split("\n### ")[0], re.MULTILINE)
    return {first: Pair(int(sooner), int(later)) for first, sooner, later in rows}


def wrong(pairs: dict[str, Pair]) -> list[str]:
    """The pairs in which the second gives up before the first."""
    return [first for first, pair in pairs.items() if pair.first > pair.second]


def test_of_two_neighbours_the_right_one_gives_up_first(pairs: dict[str, Pair]) -> None:
    assert wrong(pairs) == []


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"singleuser.start.timeout": 60, "culling.timeout": 60}, id="least"),
        pytest.param({"singleuser.start.timeout": 3600, "culling.timeout": 31536000}, id="most"),
    ],
)
def test_settings_leave_the_order_as_it_is(upstream: dict[str, float], changes: dict[str, int]) -> None:
    pairs = of_a_server(upstream, values(changes))
    if changes["singleuser.start.timeout"] < 300:  # no node comes in less, so there is no second zone to be tried
        del pairs["the autoscaler turns from a node that does not come"]
    assert wrong(pairs) == []


def test_connection_is_never_reused_just_when_its_other_end_closes_it(pairs: dict[str, Pair]) -> None:
    for first in (
        "the load balancer ends an idle connection to the proxy",
        "the proxy ends an idle connection to hub or server",
    ):
        assert pairs[first].first + 60 <= pairs[first].second


def test_document_has_each_pair_with_its_seconds(pairs: dict[str, Pair]) -> None:
    assert table() == pairs
