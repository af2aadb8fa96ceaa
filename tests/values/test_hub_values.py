"""What the configuration becomes in the hub's chart: whole, by equality."""

import ast
import json
import re
from io import StringIO
from pathlib import Path
from tokenize import COMMENT, generate_tokens
from typing import Any

import pytest

from blueprint.hub import hub_values, named_provider
from blueprint.hub.files import bare
from blueprint.values import CHARTS, Values, chart_values
from blueprint.versions import JUPYTERHUB
from tests.config.seed import config
from tests.values.schemas import faults

CHOSEN = {
    "singleuser.image": "registry.example.com:5000/team/notebook:2026-07-28",
    "singleuser.cpu.guarantee": 0.25,
    "singleuser.cpu.limit": 3,
    "singleuser.memory.guarantee": "512M",
    "singleuser.memory.limit": "6G",
    "singleuser.disk.guarantee": "2Gi",
    "singleuser.disk.limit": "20Gi",
    "singleuser.default.url": "/tree",
    "singleuser.start.timeout": 900,
    "storage.home": "ebs",
    "storage.home.size": "20Gi",
    "culling.enabled": False,
    "culling.timeout": 7200,
    "culling.max.age": 86400,
}


GROUPS_OF_AN_ACCOUNT = {"groups.claim": "groups", "workload.account": "111122223333"}


def values(changes: dict[str, Any]) -> Values:
    settings = config(changes)
    return hub_values(settings, named_provider(settings))


def test_operators_service_may_read_and_nothing_else() -> None:
    hub = values({})["hub"]
    (service,) = hub["services"]
    (role,) = hub["loadRoles"].values()
    assert (service, hub["services"][service], role["services"]) == ("operator", {}, ["operator"])
    assert {each.partition(":")[0] for each in role["scopes"]} == {"list", "read"}


def test_servers_are_as_the_settings_say() -> None:
    assert values(CHOSEN)["singleuser"] == {
        "image": {"name": "registry.example.com:5000/team/notebook", "tag": "2026-07-28"},
        "cpu": {"guarantee": 0.25, "limit": 3.0},
        "memory": {"guarantee": "512M", "limit": "6G"},
        "extraResource": {
            "guarantees": {"ephemeral-storage": "2Gi"},
            "limits": {"ephemeral-storage": "20Gi"},
        },
        "extraEnv": {"JUPYTERHUB_ACTIVITY_INTERVAL": "1200"},
        "extraFiles": {
            "jupyter-config-py": {
                "mountPath": "/etc/jupyter/jupyter_config.py",
                "stringData": (CHARTS / "server" / "jupyter_config.py").read_text(),
            }
        },
        "defaultUrl": "/tree",
        "startTimeout": 900,
        "storage": {
            "capacity": "20Gi",
            "dynamic": {"storageClass": "home", "storageAccessModes": ["ReadWriteOnce"]},
            "extraVolumes": {"shm": {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "3072Mi"}}},
            "extraVolumeMounts": {"shm": {"name": "shm", "mountPath": "/dev/shm"}},
        },
    }


def test_servers_are_of_the_default_size() -> None:
    found = values({})["singleuser"]
    assert {key: found[key] for key in ("cpu", "memory", "extraResource", "defaultUrl", "startTimeout")} == {
        "cpu": {"guarantee": 0.5, "limit": 2.0},
        "memory": {"guarantee": "1G", "limit": "4G"},
        "extraResource": {
            "guarantees": {"ephemeral-storage": "1Gi"},
            "limits": {"ephemeral-storage": "10Gi"},
        },
        "defaultUrl": "/lab",
        "startTimeout": 600,
    }


@pytest.mark.parametrize(
    ("changes", "cull"),
    [
        pytest.param(CHOSEN, {"enabled": False, "timeout": 7200, "every": 300, "maxAge": 86400}, id="chosen"),
        pytest.param({}, {"enabled": True, "timeout": 3600, "every": 300, "maxAge": 0}, id="default"),
        pytest.param(
            {"culling.timeout": 60}, {"enabled": True, "timeout": 60, "every": 30, "maxAge": 0}, id="smallest"
        ),
    ],
)
def test_idle_servers_are_stopped_as_the_settings_say(changes: dict[str, Any], cull: Values) -> None:
    assert values(changes)["cull"] == cull


def test_cookies_follow_the_address_that_people_open() -> None:
    assert values({})["hub"]["config"]["JupyterHub"]["public_url"] == "https://your.hub.domain.com/"


def test_code_of_the_hub_is_where_its_configuration_finds_it() -> None:
    found = values({"team.directories": ["biology"], "groups.claim": "groups"})["hub"]
    code = {Path(file["mountPath"]): file["stringData"] for file in found["extraFiles"].values()}
    for snippet in found["extraConfig"].values():
        (module,) = re.findall(r"^from ([\w.]+) import configure$", snippet, re.MULTILINE)
        file = Path(*module.split(".")).with_suffix(".py")
        assert code["/usr/local/etc/jupyterhub" / file] == bare((CHARTS / file).read_text())


@pytest.mark.parametrize("file", sorted((CHARTS / "hub").rglob("*.py")), ids=lambda file: file.stem)
def test_code_of_the_hub_is_the_same_without_what_its_readers_need(file: Path) -> None:
    whole = file.read_text()
    held = bare(whole)
    assert _statements(held) == _statements(whole)
    assert held.count("\n") == whole.count("\n")
    assert [token for token in generate_tokens(StringIO(held).readline) if token.type == COMMENT] == []
    assert len(held) < len(whole)


def _statements(code: str) -> list[str]:
    """What a module does, and in which line."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            node.value.value, node.end_lineno, node.end_col_offset = "", None, None
            node.value.end_lineno, node.value.end_col_offset = None, None
    return [
        ast.dump(node, include_attributes=False) + str(node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt)
    ]


def test_values_with_profiles_are_what_the_chart_knows(tmp_path: Path) -> None:
    (tmp_path / "start.sh").write_text("echo ${HOME} {{ .Values }}")
    (tmp_path / "profiles.yaml").write_text("p: {title: P, startup: start.sh, sizes: {s: {share: 1/2, disk: 20Gi}}}")
    chosen = {"singleuser.profiles": "profiles.yaml", "singleuser.servers.max": 50, "singleuser.startup": "all.sh"}
    (tmp_path / "all.sh").write_text("echo all")
    settings = config(chosen, folder=tmp_path)
    found = chart_values(JUPYTERHUB.name, hub_values(settings, named_provider(settings)))
    assert faults(JUPYTERHUB, found) == []
    files = found["singleuser"]["extraFiles"]
    assert {name: file for name, file in files.items() if name.startswith("startup-")} == {
        "startup-default": {"mountPath": "/etc/jupyter/startup/default.sh", "stringData": "echo all"},
        "startup-p": {"mountPath": "/etc/jupyter/startup/p.sh", "stringData": "echo ${HOME} {{ .Values }}"},
    }
    assert found["singleuser"]["cmd"][3:] == ["sh", "/etc/jupyter/startup/default.sh", "--", "jupyterhub-singleuser"]


def test_limits_are_what_the_hub_reads(tmp_path: Path) -> None:
    """Groups in their order, and large numbers as text."""
    text = "zone: Asia/Tokyo\ngroups: {b: {memory: 1T, each: {hours: 2.5}}, a: {servers: 3}}\nothers: {gpus: 0}"
    (tmp_path / "limits.yaml").write_text(text)
    changes = {"singleuser.limits": "limits.yaml", "groups.claim": "groups", "hub.contact": "help@domain.com"}
    settings = config({**changes, "singleuser.servers.named": 2, "singleuser.servers.person": 3}, folder=tmp_path)
    found = chart_values(JUPYTERHUB.name, hub_values(settings, named_provider(settings)))
    assert faults(JUPYTERHUB, found) == []
    assert found["hub"]["config"]["JupyterHub"]["allow_named_servers"] is True
    assert found["custom"]["signIn"]["knownGroups"] == ["a", "b"]
    assert found["custom"]["limits"] == {
        "servers": 0,
        "person": 3,
        "named": 2,
        "zone": "Asia/Tokyo",
        "groups": [
            {"name": "b", "together": {"memory": str(2**40)}, "each": {"hours": 2.5}},
            {"name": "a", "together": {"servers": 3}, "each": {}},
        ],
        "others": {"together": {"gpus": 0}, "each": {}},
        "hours": True,
        "contact": "help@domain.com",
    }


@pytest.mark.parametrize(
    ("changes", "module"),
    [
        ({"nodes.user.warm": "daily 08:00-18:00 UTC"}, "warm"),
        ({"singleuser.servers.max": 50}, "limits"),
        ({"storage.shared": True}, "storage.shared_directory"),
        ({"team.directories": ["a"], "groups.claim": "groups"}, "storage.team_directories"),
        ({"aws.access": str(CHARTS.parent / "tests/templates/access.yaml"), **GROUPS_OF_AN_ACCOUNT}, "rights"),
    ],
)
def test_code_that_a_setting_needs_goes_with_it_alone(changes: dict[str, Any], module: str) -> None:
    """All values together have to fit into one event."""
    with_it, without = values(changes)["hub"], values({"storage.shared": False})["hub"]
    file = module.rpartition(".")[2] + ".py"
    assert file in with_it["extraFiles"]
    assert file not in without["extraFiles"]
    assert f"from hub.{module} import" in "".join(with_it["extraConfig"].values())


def test_calendar_reaches_the_hub() -> None:
    found = values({"nodes.user.warm": ["Fri 22:00-24:00 UTC", "Sun-Mon 00:00-08:30 Asia/Tokyo"]})["custom"]["warm"]
    assert found["windows"] == [
        {"days": [4], "begin": 1320, "end": 1440, "zone": "UTC"},
        {"days": [6, 0], "begin": 0, "end": 510, "zone": "Asia/Tokyo"},
    ]


def test_without_profiles_and_limits_nothing_of_them_runs_in_the_hub() -> None:
    found = values({})
    assert not found["custom"].keys() & {"profiles", "limits"}
    assert [code for code in found["hub"]["extraConfig"].values() if "profiles" in code or "limits" in code] == []
    assert found["hub"]["templateVars"]["hub_prices"] == ""


def test_profiles_that_are_shipped_leave_room_in_the_event() -> None:
    here = {"singleuser.profiles": str(CHARTS.parent / "profiles.yaml")}
    assert len(json.dumps(json.dumps(values(here)))) < 100_000
