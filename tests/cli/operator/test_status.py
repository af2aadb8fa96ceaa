"""`blueprint status`: people and servers, nodes, starts, and what is stored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from blueprint.cli.status.amounts import quantity, seconds, size, span
from tests.cli.operator.deployment import ACCOUNT, HUB, REGION, Deployment

BEGUN = datetime(2026, 11, 29, 8, 0, tzinfo=UTC)


def at(after: float) -> str:
    """A time so many seconds after a server was asked for."""
    return f"{BEGUN + timedelta(seconds=after):%Y-%m-%dT%H:%M:%SZ}"


def ago(seconds: float) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()


def server(user: str, **status: Any) -> dict[str, Any]:
    """The pod of a server."""
    notes = {"hub.jupyter.org/username": user, "hub.jupyter.org/servername": ""}
    return {
        "metadata": {
            "uid": f"uid-{user}",
            "creationTimestamp": at(0),
            "annotations": notes,
            "labels": {"component": "singleuser-server"},
        },
        "spec": {
            "nodeName": "node-a",
            "containers": [{"name": "notebook", "resources": {"requests": {"cpu": "500m", "memory": "2Gi"}}}],
        },
        "status": {"phase": "Running", "startTime": at(0), **status},
    }


def node(**labels: str) -> dict[str, Any]:
    return {
        "metadata": {"creationTimestamp": at(20), "labels": labels},
        "spec": {},
        "status": {
            "allocatable": {"cpu": "4", "memory": "16Gi"},
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }


def event(pod: str, reason: str, after: float, message: str = "", kind: str = "Normal", **more: Any) -> dict[str, Any]:
    about = {"kind": "Pod", "name": f"jupyter-{pod}", "uid": f"uid-{pod}"}
    times = {"firstTimestamp": at(after), "lastTimestamp": at(after)}
    return {"involvedObject": about, "reason": reason, "message": message, "type": kind, **times, **more}


def put_events(deployment: Deployment, *events: dict[str, Any]) -> None:
    for number, each in enumerate(events):
        deployment.cluster.put(f"{HUB}/events/event-{number}", each)


def test_who_works_is_told_with_profile_node_and_idle_time(deployment: Deployment) -> None:
    deployment.cluster.put(f"{HUB}/pods/jupyter-ada", server("ada"))
    deployment.cluster.put(f"{HUB}/pods/jupyter-grace", server("grace"))
    for name, idle in (("ada", 90), ("grace", 4000)):
        about = {"name": "", "ready": True, "started": ago(5000), "last_activity": ago(idle)}
        about["user_options"] = {"profile": "gpu", "size": "large"}
        deployment.hub.people[name] = {"last_activity": ago(idle), "servers": {"": about}}
    deployment.hub.people["mary"] = {"last_activity": ago(9), "servers": {}}
    told = deployment.json("status")
    assert [(each["user"], each["state"], each["chosen"], each["node"]) for each in told["servers"]] == [
        ("ada", "ready", "gpu size=large", "node-a"),
        ("grace", "ready", "gpu size=large", "node-a"),
    ]
    assert [round(each["idle_seconds"] / 10) for each in told["servers"]] == [9, 400]
    assert "2 servers, 1 in use in the last 10 minutes" in deployment.told("status")


def test_server_that_the_hub_alone_knows_is_told(deployment: Deployment) -> None:
    about = {"name": "fast", "ready": False, "pending": "spawn", "started": "", "last_activity": ago(3)}
    deployment.hub.people["ada"] = {"last_activity": ago(3), "servers": {"fast": about}}
    (row,) = deployment.json("status")["servers"]
    assert (row["user"], row["server"], row["state"]) == ("ada", "fast", "about to start")


def test_people_are_asked_for_page_by_page(deployment: Deployment) -> None:
    deployment.hub.page = 2
    for number in range(5):
        about = {"name": "", "ready": True, "last_activity": ago(number)}
        deployment.hub.people[f"user-{number}"] = {"servers": {"": about}}
    assert len(deployment.json("status")["servers"]) == 5


def test_nodes_are_told_with_type_zone_load_and_age(deployment: Deployment) -> None:
    labels = {
        "hub.jupyter.org/node-purpose": "user",
        "node.kubernetes.io/instance-type": "m6i.xlarge",
        "topology.kubernetes.io/zone": "eu-central-1a",
        "eks.amazonaws.com/capacityType": "SPOT",
    }
    deployment.cluster.put("/api/v1/nodes/node-a", node(**labels))
    deployment.cluster.put(f"{HUB}/pods/jupyter-ada", server("ada"))
    ended = server("grace", phase="Succeeded")
    deployment.cluster.put("/api/v1/namespaces/default/pods/ended", ended)
    (row,) = deployment.json("status")["nodes"]
    assert (row["purpose"], row["type"], row["zone"], row["spot"], row["servers"]) == (
        "user",
        "m6i.xlarge",
        "eu-central-1a",
        True,
        1,
    )
    assert (row["asked_cpu"], row["asked_memory"], row["used_cpu"]) == (0.125, 0.125, None)
    assert "12% / ?" in deployment.told("status")


def test_what_nodes_use_is_told_where_it_is_measured(deployment: Deployment) -> None:
    deployment.cluster.put("/api/v1/nodes/node-a", node())
    usage = {"items": [{"metadata": {"name": "node-a"}, "usage": {"cpu": "1000000000n", "memory": "4194304Ki"}}]}
    deployment.cluster.breaks = lambda _, path: (200, usage) if "metrics.k8s.io" in path else None
    (row,) = deployment.json("status")["nodes"]
    assert (row["used_cpu"], row["used_memory"]) == (0.25, 0.25)


def test_each_part_of_a_start_is_told_in_seconds(deployment: Deployment) -> None:
    conditions = [
        {"type": "PodScheduled", "status": "True", "lastTransitionTime": at(70)},
        {"type": "Ready", "status": "True", "lastTransitionTime": at(140)},
    ]
    running = [{"state": {"running": {"startedAt": at(135)}}}]
    deployment.cluster.put("/api/v1/nodes/node-a", node())
    deployment.cluster.put(f"{HUB}/pods/jupyter-ada", server("ada", conditions=conditions, containerStatuses=running))
    put_events(
        deployment,
        event("ada", "FailedScheduling", 0, "0/3 nodes are available", "Warning"),
        event("ada", "TriggeredScaleUp", 10, firstTimestamp=None, lastTimestamp=None, eventTime=at(10)),
        event("ada", "Scheduled", 70),
        event("ada", "SuccessfulAttachVolume", 78),
        event("ada", "Pulling", 79),
        event("ada", "Pulled", 129, 'Successfully pulled image "x" in 40.5s (50.0s including waiting). Image size: 9'),
        event("ada", "Started", 135),
    )
    (row,) = deployment.json("status")["starts"]
    parts = {name: row[name] for name in ("queued", "node", "volumes", "image", "start", "total", "waits_for")}
    assert parts == {
        "queued": 10.0,
        "node": 60.0,
        "volumes": 8.0,
        "image": 50.0,
        "start": 7.0,
        "total": 140.0,
        "waits_for": "",
    }


def test_start_that_waits_says_for_what(deployment: Deployment) -> None:
    deployment.cluster.put(f"{HUB}/pods/jupyter-ada", server("ada", phase="Pending"))
    put_events(
        deployment,
        event("ada", "FailedScheduling", 0, "0/3 nodes are available: 3 Insufficient cpu.", "Warning"),
        event("ada", "FailedMount", 60, "MountVolume.SetUp failed: timed out\nmore", "Warning"),
    )
    (row,) = deployment.json("status")["starts"]
    assert row["waits_for"] == "FailedMount: MountVolume.SetUp failed: timed out"
    assert row["total"] > 60


def test_start_of_a_server_that_is_gone_is_told_by_its_events(deployment: Deployment) -> None:
    put_events(
        deployment,
        event("ada", "Scheduled", 2),
        event("ada", "Pulled", 4, 'Container image "x" already present on machine'),
        event("ada", "Started", 9),
        event("grace", "FailedScheduling", 0, "no room", "Warning"),
        {
            **event("mary", "Scheduled", 1),
            "involvedObject": {"kind": "Pod", "name": f"rights-mary-k-{'0123abcd' * 4}", "uid": "m"},
        },
        {**event("hook", "Scheduled", 0), "involvedObject": {"kind": "Pod", "name": "image-puller", "uid": "p"}},
    )
    told = {each["user"]: each for each in deployment.json("status")["starts"]}
    assert (told["ada"]["total"], told["ada"]["image"], told["ada"]["waits_for"]) == (7.0, 0.0, "")
    assert (told["grace"]["total"], told["grace"]["waits_for"]) == (None, "FailedScheduling: no room")
    assert set(told) == {"ada", "grace", "mary-k"}


def test_storage_is_told_with_its_last_backup(deployment: Deployment) -> None:
    deployment.back_up("Homes")
    homes, database = deployment.json("status")["storage"]
    assert (homes["what"], homes["id"], homes["backed_up"][:4]) == ("homes", deployment.id("Homes"), "2026")
    assert (database["id"], database["about"], database["backed_up"]) == (
        deployment.id("Database"),
        "gp3 in eu-central-1a",
        "",
    )
    assert "never" in deployment.told("status")


def test_homes_on_volumes_are_told_together_with_the_backup_that_is_the_oldest(deployment: Deployment) -> None:
    deployment.set(storage_home="ebs")
    ada, grace = (deployment.volume_home(user, size) for user, size in (("ada", 10), ("grace", 20)))
    homes = deployment.json("status")["storage"][0]
    assert (homes["bytes"], homes["about"], homes["backed_up"]) == (30 * 2**30, "2 volumes, 0 in use", "")
    deployment.back_up_volume(ada)
    assert "never backed up: claim-grace" in deployment.json("status")["storage"][0]["about"]
    deployment.back_up_volume(grace)
    points = [*deployment.server._backups.points[ACCOUNT, REGION].values()]
    points[0].created -= timedelta(days=2)
    homes = deployment.json("status")["storage"][0]
    assert (homes["about"], homes["failed"]) == ("2 volumes, 0 in use", "")
    assert "2d ago" in deployment.told("status")


def test_a_home_on_a_volume_whose_last_backup_failed_is_named(deployment: Deployment) -> None:
    deployment.set(storage_home="ebs")
    deployment.back_up_volume(deployment.volume_home("ada", 10))
    (job,) = deployment.server._backups.backups[ACCOUNT, REGION]
    failed = {"State": "FAILED", "StatusMessage": "no right", "CreationDate": datetime.now(UTC) + timedelta(minutes=1)}
    deployment.server._backups.backups[ACCOUNT, REGION].append({**job, **failed})
    assert deployment.json("status")["storage"][0]["failed"] == "claim-ada: no right"


def test_nothing_is_changed(deployment: Deployment) -> None:
    deployment.run("status")
    assert {each.split()[0] for each in deployment.cluster.asked} == {"GET"}


def test_what_nobody_may_see_on_a_screen_is_not_printed(deployment: Deployment) -> None:
    deployment.cluster.put(f"{HUB}/pods/jupyter-ada", server("ada\x1b[2J"))
    assert "\x1b[2J" not in deployment.run("status").output


@pytest.mark.parametrize(
    ("text", "amount"),
    [("250m", 0.25), ("4", 4), ("16Gi", 16 * 2**30), ("1500000n", 0.0015), ("1e3", 1000), ("many", 0), ("", 0)],
)
def test_quantities_are_those_of_kubernetes(text: str, amount: float) -> None:
    assert quantity(text) == pytest.approx(amount)


@pytest.mark.parametrize(("text", "amount"), [("1m3.5s", 63.5), ("250ms", 0.25), ("2h1s", 7201), ("soon", None)])
def test_spans_are_those_of_go(text: str, amount: float | None) -> None:
    assert seconds(text) == amount


@pytest.mark.parametrize(
    ("given", "shown"), [(5, "5s"), (65, "1m 5s"), (3600, "1h"), (90000, "1d 1h"), (None, ""), (-3, "0s")]
)
def test_times_are_shown_in_two_units(given: float | None, shown: str) -> None:
    assert span(given) == shown


@pytest.mark.parametrize(("given", "shown"), [(None, ""), (12, "12 B"), (2048, "2.0 KiB"), (3 * 2**40, "3.0 TiB")])
def test_sizes_are_shown_in_their_unit(given: float | None, shown: str) -> None:
    assert size(given) == shown
