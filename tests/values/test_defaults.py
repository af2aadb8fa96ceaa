"""What docs/decisions.md says of defaults that were made for small loads."""

import re

import pytest
from kubespawner import KubeSpawner  # type: ignore[import-untyped]
from tornado.httpclient import HTTPRequest

from blueprint.hub import hub_values, named_provider
from blueprint.values import Values, chart_values
from blueprint.versions import JUPYTERHUB
from hub.provider import AT_ONCE
from tests.config.seed import config
from tests.docs.pages import ROOT
from tests.values.charts import default_values

SECTION = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8").split("### Defaults for small loads\n")[1]
ROWS = {
    what: (default, here)
    for what, default, here in re.findall(
        r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| [^|]+ \|$", SECTION.split("\n### ")[0], re.MULTILINE
    )
}


def numbers(text: str) -> list[int]:
    return [int(each) for each in re.findall(r"\d+", text)]


def values() -> Values:
    settings = config({})
    return chart_values(JUPYTERHUB.name, hub_values(settings, named_provider(settings)))


def test_defaults_of_classes_are_those_of_the_pinned_releases() -> None:
    traits = {name: trait.default_value for name, trait in KubeSpawner.class_traits().items()}
    assert numbers(ROWS["`http_timeout`"][0]) == [traits["http_timeout"]]
    assert numbers(ROWS["`delete_grace_period`"][0]) == [traits["delete_grace_period"]]
    assert numbers(ROWS["`k8s_api_request_timeout`, `…_retry_timeout`"][0]) == [
        traits["k8s_api_request_timeout"],
        traits["k8s_api_request_retry_timeout"],
    ]
    tornado = HTTPRequest._DEFAULTS
    assert numbers(ROWS["`OAuthenticator.http_request_kwargs`"][0]) == [
        tornado["connect_timeout"],
        tornado["request_timeout"],
    ]


@pytest.mark.parametrize("key", ["concurrentSpawnLimit", "consecutiveFailureLimit"])
def test_default_of_the_chart_is_the_pinned_charts(key: str) -> None:
    assert numbers(ROWS[f"`{key}`"][0]) == [default_values(JUPYTERHUB)["hub"][key]]


def test_what_is_here_is_what_the_values_hold() -> None:
    hub = values()["hub"]
    spawner, oauth = hub["config"]["KubeSpawner"], hub["config"]["OAuthenticator"]["http_request_kwargs"]
    assert {what: numbers(here) for what, (_, here) in ROWS.items() if numbers(here)} == {
        "`concurrentSpawnLimit`": [hub["concurrentSpawnLimit"]],
        "`consecutiveFailureLimit`": [hub["consecutiveFailureLimit"]],
        "`k8s_api_request_timeout`, `…_retry_timeout`": [
            spawner["k8s_api_request_timeout"],
            spawner["k8s_api_request_retry_timeout"],
        ],
        "`delete_grace_period`": [spawner["delete_grace_period"]],
        "requests to the provider at a time": [AT_ONCE],
        "`OAuthenticator.http_request_kwargs`": [oauth["connect_timeout"], oauth["request_timeout"]],
        "`last_activity_interval`, `cull.every`, the server's report": [
            hub["config"]["JupyterHub"]["last_activity_interval"],
            values()["cull"]["every"],
            int(values()["singleuser"]["extraEnv"]["JUPYTERHUB_ACTIVITY_INTERVAL"]),
        ],
        "`websocket_max_message_size` of servers": [
            values()["singleuser"]["extraFiles"]["jupyter-config"]["data"]["ServerApp"]["tornado_settings"][
                "websocket_max_message_size"
            ]
            // 2**20
        ],
        "memory of hub, proxy": [
            int(hub["resources"]["limits"]["memory"].removesuffix("Gi")),
            int(values()["proxy"]["chp"]["resources"]["limits"]["memory"].removesuffix("Mi")),
        ],
    }


def test_provider_is_asked_for_as_many_at_a_time_as_may_start_a_server() -> None:
    assert values()["hub"]["concurrentSpawnLimit"] == AT_ONCE
