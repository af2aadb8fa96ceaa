"""Runs in the hub: a home belongs to the person whom it was made for, whoever has their name later."""

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Any

from kubernetes_asyncio.client import V1DeleteOptions, V1Preconditions
from kubernetes_asyncio.client.exceptions import ApiException
from tornado.web import HTTPError

BOUND_FIRST = "fargate-scheduler"
"""Gives up a pod whose claim is not bound yet, and does not look at it again (aws-efs-csi-driver issue 793)."""
PAUSE = 0.5
"""Seconds."""


def configure(c: Any, settings: Mapping[str, Any]) -> None:
    """Name the claims of homes by name and person; `settings` is `custom.homes` of the chart's values.

    The directory on EFS is named by the claim, and outlives it, the hub's user and the cluster.
    """
    takeover, shared = settings["takeover"], settings["shared"]
    state_key = c.JupyterHub.authenticator_class.user_auth_state_key
    before = c.Spawner.auth_state_hook if "auth_state_hook" in c.Spawner else None

    def prepare(spawner: Any, auth_state: Mapping[str, Any] | None) -> None:
        if before:
            before(spawner, auth_state)
        name_claim(spawner, auth_state)

    def name_claim(spawner: Any, auth_state: Mapping[str, Any] | None) -> None:
        if shared and spawner.name:
            usual = spawner.user.get_spawner("")
            name_claim(usual, auth_state)
            spawner.pvc_name = usual.pvc_name  # files are a person's, whichever of their servers they are in
            return
        if spawner._pvc_exists:
            return  # the hub remembers the claim as long as its user is there, and sign-in keeps others away
        if auth_state is None and not takeover:
            raise HTTPError(
                409,
                f"{spawner.user.name} has not signed in to this hub yet, and until then nobody knows which home is "
                "theirs. Their server can start once they have.",
            )
        spawner.pvc_name = spawner._expand_user_properties(spawner.pvc_name_template)
        person = str(((auth_state or {}).get(state_key) or {}).get("sub") or "")
        # Without a sub, the provider knows people by nothing better than their names.
        if not takeover and person not in ("", spawner.user.name):
            spawner.pvc_name += f"--{hashlib.sha256(person.encode()).hexdigest()[:10]}"

    c.Spawner.auth_state_hook = prepare


async def ready(spawner: Any, storage_class: str | None) -> Any:
    """The claim of a home, of the class that all are made of today, and bound where that has to be before a pod is.

    One of another class is made anew: nobody can change how a volume is mounted that exists. What is in the home stays,
    for its directory goes by the name of the claim. None is made anew without a class, as on EBS, nor one that another
    server of the person's has: it is there as long as that runs.
    """
    bound_first = spawner.scheduler_name == BOUND_FIRST
    while True:
        claim = await spawner.api.read_namespaced_persistent_volume_claim(spawner.pvc_name, spawner.namespace)
        as_today = storage_class in (None, claim.spec.storage_class_name)
        if not as_today and not _others(spawner):
            await removed(spawner, claim)
            await spawner.api.create_namespaced_persistent_volume_claim(spawner.namespace, spawner.get_pvc_manifest())
        elif not as_today and bound_first:
            raise HTTPError(
                409,
                "Your home is open in another server, which runs since before there were machines of one's own. Stop "
                "that one first: this server can have your home from then on, and so can both.",
            )
        elif not bound_first or claim.status.phase == "Bound":
            return claim
        await asyncio.sleep(PAUSE)


def _others(spawner: Any) -> bool:
    """Whether another server of the person's has their home."""
    others = (each for each in spawner.user.spawners.values() if each is not spawner and each.active)
    return any(each.pvc_name == spawner.pvc_name for each in others)


async def removed(spawner: Any, claim: Any) -> None:
    """Take a claim away, and return when it is gone: Kubernetes keeps it as long as a pod has it."""
    name, namespace = claim.metadata.name, claim.metadata.namespace
    only = V1DeleteOptions(preconditions=V1Preconditions(uid=claim.metadata.uid))
    try:
        while True:
            await spawner.api.delete_namespaced_persistent_volume_claim(name, namespace, body=only)
            await asyncio.sleep(PAUSE)
    except ApiException as error:
        if error.status != 404:
            raise
