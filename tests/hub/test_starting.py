"""What people read while their server starts: KubeSpawner's own progress, with Kubernetes' events given to it."""

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from kubernetes_asyncio.client import ApiException
from tornado.web import HTTPError

from hub import starting
from hub.starting import spoken
from tests.hub.deployed import hub_config

FULL = "0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available"
LIMIT = 'Failed to schedule pod, all available instance types exceed limits for nodepool (NodePool={"name":"user"})'
NOMINATED = "Pod should schedule on: nodeclaim/user-k2x7p"
LARGER = "pod triggered scale-up: [{eks-User1-1234 1->2 (max: 450)}]"
NO_LARGER = "pod didn't trigger scale-up: 1 max node group size reached"


@pytest.fixture(autouse=True)
def _new_hub() -> Iterator[None]:
    starting.SEEN.clear()
    yield
    starting.SEEN.clear()


def event(reason: str, message: str, second: int = 0, *, container: str = "", pod: str = "1") -> dict[str, Any]:
    """An event as Kubernetes' API has it; the scheduler's have their time elsewhere than the others'."""
    time = f"2026-11-20T09:{second // 60:02}:{second % 60:02}"
    new = reason in ("Scheduled", "FailedScheduling")
    return {
        "metadata": {"uid": f"{reason}-{second}"},
        "type": "Normal",
        "reason": reason,
        "message": message,
        "lastTimestamp": None if new else f"{time}Z",
        "eventTime": f"{time}.000000Z" if new else None,
        "involvedObject": {"name": "jupyter-ada", "uid": pod, **({"fieldPath": container} if container else {})},
    }


def read(folder: Path, *given: dict[str, Any]) -> list[str]:
    """What the page of a starting server says, one after the other."""
    (folder / "client-secret").write_text("secret\n")
    (folder / "state-key").write_text("ab" * 32)
    deployed = hub_config({"clientSecret": None, "clientSecretArn": "oauth"}, folder).JupyterHub.spawner_class

    class Spawner(deployed):  # type: ignore[misc,valid-type]
        events = given

        async def _start_watching_events(self) -> None:
            self._start_future = asyncio.get_running_loop().create_future()
            self._start_future.set_result(None)

    async def progress() -> list[str]:
        return [said["message"] async for said in Spawner(_mock=True).progress()]

    return asyncio.run(progress())


def test_a_start_is_told_in_the_words_of_who_waits(tmp_path: Path) -> None:
    assert read(
        tmp_path,
        event("FailedScheduling", FULL),
        event("TriggeredScaleUp", LARGER, 5),
        event("Scheduled", "Successfully assigned jupyterhub/jupyter-ada to ip-10-0-80-2", 80),
        event("Pulling", 'Pulling image "quay.io/jupyter/datascience-notebook:2026-07-28"', 85),
        event("Pulled", 'Successfully pulled image "quay.io/jupyter/…" in 41s', 126),
        event("Started", "Container started", 127, container="spec.initContainers{network-policies}"),
        event("Started", "Container started", 130, container="spec.containers{notebook}"),
    ) == [
        "No machine that runs has room for your server: it waits for one.",
        "A new machine is starting: about 2 minutes.",
        "Your server has its place on a machine.",
        "The software is loaded onto the machine: about 2 minutes.",
        "The software is there.",
        "The network is closed to others: some seconds more.",
        "Your server is starting: some seconds more.",
    ]


def test_an_estimate_is_what_it_took_the_last_ones(tmp_path: Path) -> None:
    for pod, took in enumerate((170, 185, 400)):
        read(tmp_path, *(event("TriggeredScaleUp", LARGER, pod=str(pod)), event("Scheduled", "", took, pod=str(pod))))
    assert read(tmp_path, event("TriggeredScaleUp", LARGER)) == ["A new machine is starting: about 4 minutes."]


def test_who_looks_at_a_start_twice_counts_once(tmp_path: Path) -> None:
    pulled = event("Pulling", ""), event("Pulled", "", 20)
    for _ in range(3):
        read(tmp_path, *pulled)
    assert starting.SEEN == {"Pulling": {"1": 20}}


def test_the_last_twenty_count(tmp_path: Path) -> None:
    for pod in range(25):
        read(tmp_path, event("Pulling", "", pod=str(pod)), event("Pulled", "", 20, pod=str(pod)))
    assert [*starting.SEEN["Pulling"]] == [str(pod) for pod in range(5, 25)]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        pytest.param(
            event("NotTriggerScaleUp", NO_LARGER),
            "No further machine can be started now. Your server gets its place when another one ends.",
            id="no more machines",
        ),
        pytest.param(
            event("FailedScheduling", LIMIT),
            "No further machine can be started now. Your server gets its place when another one ends.",
            id="no more machines of Karpenter's",
        ),
        pytest.param(
            event("Nominated", NOMINATED), "A new machine is starting: about 2 minutes.", id="a machine of Karpenter's"
        ),
        pytest.param(
            event("LoggingDisabled", "Disabled logging because aws-logging configmap was not found."),
            "A machine of your own is starting: about 2 minutes.",
            id="a machine of one's own",
        ),
        pytest.param(
            event("BackOff", 'Back-off pulling image "no.such/image"'),
            "The software cannot be loaded. It is tried again; if this goes on, tell the administrators.",
            id="no image",
        ),
        pytest.param(
            event("FailedMount", "MountVolume.SetUp failed"),
            "Your home directory is not there yet. It is tried again.",
            id="no home",
        ),
        pytest.param(
            event("BackOff", "Back-off restarting failed container notebook"),
            "2026-11-20T09:00:00Z [Normal] Back-off restarting failed container notebook",
            id="nothing that we have words for",
        ),
    ],
)
def test_what_goes_wrong_is_told(tmp_path: Path, given: dict[str, Any], words: str) -> None:
    assert read(tmp_path, given) == [words]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "10 seconds"), (11, "20 seconds"), (50, "50 seconds"), (55, "1 minute"), (61, "2 minutes")],
)
def test_a_time_is_rather_too_long_than_too_short(seconds: float, words: str) -> None:
    assert spoken(seconds) == words


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (403, 'pods "jupyter-ada" is forbidden: exceeded quota: servers, requested: …', "All machines of this hub"),
        (403, "forbidden: violates PodSecurity", None),
        (500, None, None),
    ],
)
def test_quota_that_is_met_is_told_in_words(tmp_path: Path, status: int, body: str | None, told: str | None) -> None:
    (tmp_path / "client-secret").write_text("secret\n")
    (tmp_path / "state-key").write_text("ab" * 32)
    deployed = hub_config({"clientSecret": None, "clientSecretArn": "oauth"}, tmp_path).JupyterHub.spawner_class

    async def start() -> None:
        async def create(pod: Any, timeout: float) -> None:
            error = ApiException(status=status, reason="")
            error.body = body  # type: ignore[assignment]
            raise error

        spawner = deployed(_mock=True)
        spawner._start = partial(create, None, 0)
        await spawner.start()

    with pytest.raises(HTTPError if told else ApiException) as refused:
        asyncio.run(start())
    if told:
        assert str(vars(refused.value)["jupyterhub_message"]).startswith(told)
