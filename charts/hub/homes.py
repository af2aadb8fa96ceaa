"""Runs in the hub: a home belongs to the person whom it was made for, whoever has their name later."""

import hashlib
from collections.abc import Mapping
from typing import Any

from tornado.web import HTTPError


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
