"""Runs in the hub: what somebody's server may do in AWS, by the groups that they are in when it starts.

It follows from these alone, and not from what anybody asks for: EKS gives a pod the role of its service account.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from kubernetes_asyncio.client import V1PersistentVolumeClaimVolumeSource, V1Volume, V1VolumeMount

Entry = Mapping[str, Any]
OWN = "{user}"


def entry_of(entries: list[Entry], user: Any) -> Entry | None:
    """The first that somebody is meant by."""
    groups = {group.name for group in user.groups}
    return next((each for each in entries if each["everybody"] or groups & {*each["groups"]}), None)


def rights_of(spawner: Any, entries: list[Entry], on_fargate: list[str]) -> Entry | None:
    """The rights of a server. A service account that it brings has a role of its own, but for some on Fargate."""
    account = spawner.service_account
    if spawner.profile_list:
        from hub.profiles import overrides  # the file is there where there are profiles

        account = overrides(spawner.profile_list(spawner), spawner.user_options).get("service_account", account)
    entry = entry_of(entries, spawner.user)
    if not entry or not account:
        return entry
    return {**entry, **entry["onFargate"]} if account in on_fargate and "onFargate" in entry else None


def pod_name(spawner: Any) -> str:
    """The name of a server with rights, which AWS is told as well: policies know a person's own folder by it.

    So nobody can have somebody else's, whatever they are called or call their server. KubeSpawner's own names end in a
    hash that can be hit on purpose. The home's claim tells people apart who have one name after another. And as none of
    KubeSpawner's own begins like this, VPC CNI's rules for this pod are for no pod without rights: it has one set for
    all pods of a node whose names differ behind the last hyphen only.
    """
    who = json.dumps([spawner.user.name, spawner.name, spawner.pvc_name])
    words = re.sub("[^a-z0-9]+", "-", spawner.user.name.lower())[:16].strip("-")
    return f"rights-{words or 'x'}-{hashlib.sha256(who.encode()).hexdigest()[:32]}"


def places(entry: Entry, pod: str) -> dict[str, str]:
    """The addresses of the parts of buckets, by the variables that tell them."""
    return {
        f"S3_{each['name'].upper().replace('-', '_')}": f"s3://{each['bucket']}/{each['prefix'].replace(OWN, pod)}"
        for each in entry["data"]
    }


def in_words(entry: Entry, pod: str) -> str:
    """What somebody may."""
    if entry["role"]:
        return f"do what the role {entry['role']} may"
    addresses = places(entry, pod).values()
    return ", ".join(
        f"{'read and write' if each['write'] else 'read'} {address}"
        for each, address in zip(entry["data"], addresses, strict=True)
    )


def variables(entry: Entry, pod: str, region: str) -> dict[str, str]:
    """What a server is told of its rights."""
    regions = {"AWS_REGION": region, "AWS_DEFAULT_REGION": region} if region else {}
    return {**regions, "AWS_RIGHTS": in_words(entry, pod), **places(entry, pod)}


def add_folders(pod: Any, entry: Entry, folder: str) -> None:
    """Mount the parts of buckets that are folders; Mountpoint has the rights of the pod, too."""
    for each in entry["data"]:
        if "claim" not in each:
            continue
        name = f"s3-{each['name']}"
        source = V1PersistentVolumeClaimVolumeSource(claim_name=each["claim"])
        pod.spec.volumes.append(V1Volume(name=name, persistent_volume_claim=source))
        mount = V1VolumeMount(name=name, mount_path=f"{folder}/{each['name']}", read_only=not each["write"])
        pod.spec.containers[0].volume_mounts.append(mount)


def configure(c: Any, settings: Mapping[str, Any]) -> None:
    """Choose the rights of servers; `settings` is `custom.rights` of the chart's values."""
    entries, label, region, folder = (settings[each] for each in ("entries", "label", "region", "folder"))
    decided_before = c.Spawner.auth_state_hook if "auth_state_hook" in c.Spawner else None
    changed_before = c.KubeSpawner.modify_pod_hook if "modify_pod_hook" in c.KubeSpawner else None

    def decide(spawner: Any, auth_state: Mapping[str, Any] | None) -> None:
        if decided_before:
            decided_before(spawner, auth_state)
        for name in getattr(spawner, "rights_told", ()):  # at its last start
            spawner.environment.pop(name, None)
        spawner.rights = entry = rights_of(spawner, entries, settings["onFargate"])
        spawner.rights_told, spawner.told_first = {}, ""
        if entry:
            spawner.pod_name = pod_name(spawner)
            spawner.dns_name = spawner.dns_name_template.format(namespace=spawner.namespace, name=spawner.pod_name)
            spawner.rights_told = variables(entry, spawner.pod_name, region)
            spawner.environment.update(spawner.rights_told)
            spawner.told_first = f"In AWS, your server may {in_words(entry, spawner.pod_name)}."
            spawner.log.info("The server of %s has the rights %s in AWS", spawner.user.name, entry["id"])

    def give(spawner: Any, pod: Any) -> Any:
        pod = changed_before(spawner, pod) if changed_before else pod
        pod.spec.automount_service_account_token = False
        if entry := spawner.rights:
            pod.spec.service_account_name = entry["serviceAccount"]
            pod.metadata.labels[label] = entry["id"]
            add_folders(pod, entry, folder)
        return pod

    c.Spawner.auth_state_hook = decide
    c.KubeSpawner.modify_pod_hook = give
