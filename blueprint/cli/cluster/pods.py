"""Errands: a pod that does one thing with people's data inside the cluster, and all that it takes, gone afterwards.

Everything has a name that follows from what is done: a command that was interrupted, and is run again, waits for the
pod that still works, and takes away what is left.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from botocore.exceptions import ClientError

from blueprint.cli.changing.trouble import aws_calls, trouble
from blueprint.cli.checks.aws import Account, code
from blueprint.cli.cluster.access import RIGHTS
from blueprint.cli.cluster.errand import GROUP, USER, Claim, Directory, Errand, Volume, claim, pod, volume
from blueprint.cli.cluster.kubernetes import Kubernetes, Object
from blueprint.config.problems import plain
from blueprint.versions import JUPYTERHUB

PAUSES: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0)
"""Seconds between two looks; the last of them goes on."""
HUB: Final = f"/apis/apps/v1/namespaces/{JUPYTERHUB.namespace}/deployments/hub"
_NAMESPACE: Final = f"/api/v1/namespaces/{JUPYTERHUB.namespace}"
_VOLUMES: Final = "/api/v1/persistentvolumes"
_STARTS_WITHIN: Final = 600.0
_ENDED: Final = ("Succeeded", "Failed")


def run(
    errand: Errand, account: Account, cluster: Kubernetes, changed: Callable[[Object], Object] = lambda pod: pod
) -> dict[str, Any]:
    """What an errand found, or did, in a pod that may be another one than usual.

    Raises TroubleError; what was made for it is taken away in either case.
    """
    names = {path: f"{errand.name}-{number}" for number, path in enumerate(errand.sources)}
    path_of_pod = f"{_NAMESPACE}/pods/{errand.name}"
    try:
        claims = {
            path: source.name if isinstance(source, Claim) else _claimed(names[path], source, account, cluster)
            for path, source in errand.sources.items()
        }
        _make(cluster, path_of_pod, changed(pod(errand, claims, _image(cluster))))
        ended = _when(cluster, path_of_pod, *_ENDED)
        return _result(ended, cluster.text(f"{path_of_pod}/log"))
    finally:
        _delete(cluster, path_of_pod)
        for path, source in errand.sources.items():
            if not isinstance(source, Claim):
                _unclaimed(names[path], source, account, cluster)


@contextmanager
def at_work(errand: Errand, cluster: Kubernetes, changed: Callable[[Object], Object]) -> Iterator[str]:
    """The address of a pod that is at an errand, which has no sources, for as long. Raises TroubleError."""
    path = f"{_NAMESPACE}/pods/{errand.name}"
    try:
        _make(cluster, path, changed(pod(errand, {}, _image(cluster))))
        yield str(_when(cluster, path, "Running")["status"]["podIP"])
    finally:
        _delete(cluster, path)


def waits() -> Iterator[float]:
    """Seconds that have passed, after each pause; it goes on for ever."""
    begun = time.monotonic()
    pauses = list(PAUSES)
    while True:
        time.sleep(pauses.pop(0) if len(pauses) > 1 else pauses[0])
        yield time.monotonic() - begun


def _claimed(name: str, source: Directory | Volume, account: Account, cluster: Kubernetes) -> str:
    """A claim of the hub's namespace by which a pod gets at a source."""
    if isinstance(source, Directory):
        handle = f"{source.file_system}::{_access_point(name, source, account)}"
        made = volume(name, {"driver": "efs.csi.aws.com", "volumeHandle": handle}, None)
    else:
        csi = {"driver": "ebs.csi.aws.com", "volumeHandle": source.id, "fsType": "ext4"}
        made = volume(name, csi, source.zone)
    cluster.create(_VOLUMES, made)
    cluster.create(f"{_NAMESPACE}/persistentvolumeclaims", claim(made))
    return name


def _access_point(name: str, source: Directory, account: Account) -> str:
    """An access point of a name, made now or by a run before. The root is entered as it is."""
    owner = {"OwnerUid": USER, "OwnerGid": GROUP, "Permissions": "0700"}
    root: dict[str, Any] = {"Path": source.path} | ({} if source.path == "/" else {"CreationInfo": owner})
    with aws_calls(RIGHTS, last="Look at the file system in EFS"):
        try:
            made = account.client("efs").create_access_point(
                ClientToken=name,
                FileSystemId=source.file_system,
                PosixUser={"Uid": USER, "Gid": GROUP},
                RootDirectory=root,
                Tags=[{"Key": "Name", "Value": name}],
            )
            return str(made["AccessPointId"])
        except ClientError as error:
            if code(error) != "AccessPointAlreadyExists":
                raise
    (found,) = _points(name, source, account)
    return found


def _points(name: str, source: Directory, account: Account) -> list[str]:
    with aws_calls(RIGHTS):
        listed = account.listed("efs", "describe_access_points", "AccessPoints", FileSystemId=source.file_system)
        return [each["AccessPointId"] for each in listed if each.get("ClientToken") == name]


def _unclaimed(name: str, source: Directory | Volume, account: Account, cluster: Kubernetes) -> None:
    """Take away a claim, then its volume, then the access point: the other way round none of them would go."""
    _delete(cluster, f"{_NAMESPACE}/persistentvolumeclaims/{name}")
    _delete(cluster, f"{_VOLUMES}/{name}")
    if isinstance(source, Directory):
        for each in _points(name, source, account):
            with aws_calls(RIGHTS):
                account.client("efs").delete_access_point(AccessPointId=each)


def _delete(cluster: Kubernetes, path: str) -> None:
    """Have an object gone: it may take a while."""
    cluster.delete(path)
    for passed in waits():
        if cluster.get(path) is None:
            return
        if passed > _STARTS_WITHIN:
            raise trouble(
                f"{path.rpartition('/')[2]} does not go.", f"kubectl get --raw {path}, and look at its finalizers"
            )


def _image(cluster: Kubernetes) -> str:
    """The hub's own image, which has Python and SQLite, and which the nodes have already."""
    hub = cluster.get(HUB)
    if hub is None:
        raise trouble("The hub is not there.", "cdk deploy Hub")
    with _understood():
        return str(hub["spec"]["template"]["spec"]["containers"][0]["image"])


def _make(cluster: Kubernetes, path: str, made: Object) -> None:
    """Have a pod made, unless a run before has made it and it is at work."""
    if (left := cluster.get(path)) and left.get("status", {}).get("phase") in _ENDED:
        _delete(cluster, path)
    cluster.create(f"{_NAMESPACE}/pods", made)


def _when(cluster: Kubernetes, path: str, *phases: str) -> Object:
    """A pod, when it is in one of these phases."""
    for passed in waits():
        pod = cluster.get(path)
        if pod is None:
            raise trouble("Somebody has deleted the pod that was at work.", "Run the same command again")
        phase = pod.get("status", {}).get("phase")
        if phase in phases and (phase != "Running" or pod["status"].get("podIP")):
            return pod
        if phase in _ENDED:
            raise trouble(f"The pod that was to work has ended: {_why(pod)}", "Run the same command again")
        if phase != "Running" and passed > _STARTS_WITHIN:
            fix = (
                f"kubectl describe pod -n {JUPYTERHUB.namespace} {path.rpartition('/')[2]} says why; then run it again"
            )
            raise trouble(f"The pod that does the work does not start: {_why(pod)}", fix)
    raise AssertionError


def _why(pod: Object) -> str:
    status = pod.get("status", {})
    states = [each.get("state", {}).get("waiting", {}) for each in status.get("containerStatuses") or ()]
    told = [each for each in [*states, *(status.get("conditions") or ())] if each.get("message")]
    return plain(str(told[0]["message"]))[:200] if told else "nobody says why."


def _result(pod: Object, log: str) -> dict[str, Any]:
    lines = [line for line in log.splitlines() if line.strip()]
    last = lines[-1] if lines else ""
    try:
        told = json.loads(last)
    except ValueError:
        told = None
    if pod["status"]["phase"] == "Succeeded" and isinstance(told, dict):
        return told
    why = told.get("error") if isinstance(told, dict) else last or pod["status"].get("message") or "it says nothing."
    raise trouble(
        f"The pod that did the work failed: {plain(str(why))[:300]}", "Run the same command again: it goes on"
    )


@contextmanager
def _understood() -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, IndexError):
        raise trouble("The cluster's API gave an answer that was not understood.", "Try again") from None
