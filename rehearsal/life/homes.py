"""Homes of many people who are away: claims such as the hub makes, and nothing that runs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from blueprint.hub import HOME_CLASS
from blueprint.versions import JUPYTERHUB
from rehearsal.kubernetes import objects
from rehearsal.life.looks import expect, until
from rehearsal.world import World

MANY: Final = 300
_CLAIMS: Final = f"/api/v1/namespaces/{JUPYTERHUB.namespace}/persistentvolumeclaims"
_AWAY: Final = {"rehearsal/home-of": "somebody-who-is-away"}
_SIZE: Final = "10Gi"


def many_are_made(world: World) -> Iterator[str]:
    """As many claims are bound as a large course has people. Kept volumes would stay, so there are none of them."""
    if world.config.storage_home != "efs":
        yield "not where homes are volumes: no server's pod waits for them"
        return
    begun = time.monotonic()
    with ThreadPoolExecutor() as side_by_side:
        list(side_by_side.map(lambda number: _make(world, f"claim-away-{number}"), range(MANY)))
    until(lambda: len(_bound(world)) == MANY, f"{MANY} homes should be there", lambda: f"{len(_bound(world))} are")
    yield f"{MANY} homes of people who are away are made, in {time.monotonic() - begun:.0f} s"


def none_is_left(world: World) -> str:
    """The driver's access points are gone with the claims; those of the deployment's own are CloudFormation's."""
    pages = world.cloud(world.workload_account).client("efs").get_paginator("describe_access_points").paginate()
    points = [point for page in pages for point in page["AccessPoints"]]
    made = [each for each in points if {"Key": "efs.csi.aws.com/cluster", "Value": "true"} in each["Tags"]]
    expect([], [each["AccessPointId"] for each in made], "what is left of the homes' access points")
    return "no access point of a home is left"


def _make(world: World, name: str) -> None:
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": HOME_CLASS,
        "resources": {"requests": {"storage": _SIZE}},
    }
    objects.ask(world.plane, "POST", _CLAIMS, {"metadata": {"name": name, "labels": _AWAY}, "spec": spec})


def _bound(world: World) -> list[dict[str, Any]]:
    key, value = next(iter(_AWAY.items()))
    claims = world.objects(f"{_CLAIMS}?labelSelector={key.replace('/', '%2F')}%3D{value}")
    return [each for each in claims if each.get("status", {}).get("phase") == "Bound"]
