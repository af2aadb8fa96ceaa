"""The stand-in for JupyterHub's chart has the chart's own network policies."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from blueprint.hub import hub_values, named_provider
from blueprint.values import Values, chart_values, merge
from blueprint.versions import JUPYTERHUB
from rehearsal import charts, stand_in_charts
from rehearsal.kubelet.peers import selects
from tests.config.seed import config
from tests.rehearsal.conftest import CACHE
from tests.values.charts import rendered

Policies = dict[str, Any]
USER = {"app": "jupyterhub", "component": "singleuser-server", "release": "jupyterhub"}


def values() -> Values:
    """As they are deployed."""
    settings = config()
    return chart_values(JUPYTERHUB.name, hub_values(settings, named_provider(settings)))


def stand_in(folder: Path, values: Values) -> list[dict[str, Any]]:
    archive = stand_in_charts.pack(JUPYTERHUB, folder)
    command = [str(charts.helm(CACHE)), "template", JUPYTERHUB.name, str(archive), "--values", "-"]
    done = subprocess.run(command, input=json.dumps(values), capture_output=True, text=True, check=True)
    return [each for each in yaml.safe_load_all(done.stdout) if each]


def policies(objects: list[dict[str, Any]]) -> Policies:
    return {each["metadata"]["name"]: each["spec"] for each in objects if each["kind"] == "NetworkPolicy"}


OPEN = dict.fromkeys(("cloudMetadataServer", "dnsPortsCloudMetadataServer", "nonPrivateIPs", "privateIPs"), True)
CLOSED = dict.fromkeys([*OPEN, "dnsPortsKubeSystemNamespace", "dnsPortsPrivateIPs"], False)
RULE = {"ports": [{"port": 5432}]}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="as deployed"),
        pytest.param({"egressAllowRules": OPEN, "ingress": [RULE], "allowedIngressPorts": [9000]}, id="open"),
        pytest.param({"egressAllowRules": CLOSED, "egress": [RULE]}, id="closed"),
        pytest.param({"enabled": False}, id="none"),
    ],
)
def test_stand_in_has_the_policies_of_the_chart(tmp_path: Path, changes: Values) -> None:
    policy = {"networkPolicy": changes}
    wanted = merge(values(), {"hub": policy, "proxy": {"chp": policy}, "singleuser": policy})
    assert policies(stand_in(tmp_path, wanted)) == policies(rendered(JUPYTERHUB, wanted))


def test_all_servers_are_under_the_same_policy(tmp_path: Path) -> None:
    """The agent keeps one set of rules for pods whose names differ in their last part only, as users' may."""
    objects = stand_in(tmp_path, values())
    about = [name for name, spec in policies(objects).items() if selects(spec["podSelector"], USER)]
    assert about == ["singleuser"]
    others = [each["metadata"]["name"] for each in objects if "template" in each.get("spec", {})]
    assert [name for name in others if name.startswith("jupyter-")] == []
