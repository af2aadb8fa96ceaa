"""The homes of a deployment: whose each is, and where its data lies."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from blueprint.cli.changing.trouble import TroubleError, trouble
from blueprint.cli.checks.aws import Account
from blueprint.cli.checks.findings import Finding, fault, listed
from blueprint.cli.cluster.access import endpoint, workload
from blueprint.cli.cluster.kubernetes import Kubernetes, Object
from blueprint.cli.cluster.stacks import of_data, one
from blueprint.cli.status.servers import PODS, whose
from blueprint.config import Config
from blueprint.config.problems import shown
from blueprint.hub.names import HOME_CLASSES
from blueprint.versions import JUPYTERHUB

CLAIMS: Final = f"/api/v1/namespaces/{JUPYTERHUB.namespace}/persistentvolumeclaims"
VOLUMES: Final = "/api/v1/persistentvolumes"


@dataclass(frozen=True)
class Home:
    """One home, by its claim; what the cluster does not know of it is empty."""

    claim: str
    user: str = ""
    server: str = ""
    created: str = ""
    volume: str = ""
    """The name of its PersistentVolume."""
    handle: str = ""
    """What the driver calls its data."""
    capacity: str = ""
    in_use: bool = False
    claimed: bool = True

    @property
    def title(self) -> str:
        """What to call it."""
        return f"{self.claim} of {self.user or 'nobody known'}{f' ({self.server})' if self.server else ''}"

    @property
    def access_point(self) -> str:
        """Of a home on EFS."""
        return self.handle.partition("::")[2]


class Place:
    """What a command works on: the account, the cluster, and the file system where there is one."""

    def __init__(self, config: Config, profile: str | None, role: str | None) -> None:
        self.config = config
        self.account: Account = workload(config, profile)
        self.cluster = Kubernetes(endpoint(config, self.account, role), config)
        self._file_system = ""

    @property
    def file_system(self) -> str:
        """The id of the homes' file system. Raises TroubleError."""
        if not self._file_system:
            self._file_system = one(of_data(self.config, self.account), "AWS::EFS::FileSystem", "file system")
        return self._file_system

    @property
    def title(self) -> str:
        """What to call it."""
        return f"the homes of {self.config.name}"

    @property
    def folder(self) -> str:
        """The directory of all homes."""
        return f"/home/{self.config.name}"

    def homes(self) -> list[Home]:
        """All that are claimed. Raises TroubleError."""
        volumes = {each["metadata"]["name"]: each for each in self.cluster.listed(VOLUMES)}
        used = {claim for pod in self.cluster.listed(PODS) for claim in _claims_of(pod)}
        claims = [each for each in self.cluster.listed(CLAIMS) if each["spec"].get("storageClassName") in HOME_CLASSES]
        return sorted((_home(each, volumes, used) for each in claims), key=lambda each: (each.user, each.claim))


def _claims_of(pod: Object) -> Iterable[str]:
    if pod.get("status", {}).get("phase") in ("Succeeded", "Failed"):
        return
    for each in pod["spec"].get("volumes") or ():
        if claim := each.get("persistentVolumeClaim"):
            yield str(claim["claimName"])


def _home(claim: Object, volumes: dict[str, Object], used: set[str]) -> Home:
    name, spec = claim["metadata"]["name"], claim["spec"]
    volume = volumes.get(str(spec.get("volumeName") or ""), {})
    user, server = whose(claim)
    return Home(
        name,
        "" if user == name else user,
        server,
        str(claim["metadata"].get("creationTimestamp") or ""),
        str(spec.get("volumeName") or ""),
        str(((volume.get("spec") or {}).get("csi") or {}).get("volumeHandle") or ""),
        str(((spec.get("resources") or {}).get("requests") or {}).get("storage") or ""),
        name in used,
    )


def named(name: str, homes: Iterable[Home]) -> Home:
    """The home of a claim, or of a person. Raises TroubleError."""
    known = list(homes)
    if of_claim := [each for each in known if each.claim == name]:
        return of_claim[0]
    mine = [each for each in known if each.user == name]
    if len(mine) == 1:
        return mine[0]
    if len(mine) > 1:
        claims = listed([each.claim for each in mine])
        raise trouble(f"{name} has several homes: {claims}.", "Name the one that is meant by its claim")
    raise trouble(f"There is no home of {shown(name)}.", "Look: blueprint homes find --all")


def chosen(name: str, homes: list[Home], config: Config, *, directory: bool) -> Home:
    """The home of a claim or person, or with `directory` one that nobody claims. Raises TroubleError."""
    if not directory or any(name in (each.claim, each.user) for each in homes):
        return named(name, homes)
    if config.storage_home != "efs":
        text = f"There is no home of {shown(name)}; --directory is for homes on EFS."
        raise trouble(text, "docs/homes.md has how a volume that was deleted comes back: Files, and whole homes")
    if "/" in name or name in ("", ".", "..") or not name.isprintable():
        raise trouble(f"{shown(name)} is no directory's name.", "Look: blueprint homes size")
    return Home(name, claimed=False)


def not_in_use(homes: Iterable[Home]) -> None:
    """Make sure that nobody works in any of them. Raises TroubleError."""
    faults: list[Finding] = []
    for each in homes:
        if each.in_use:
            text = f"A server, or another pod, has {each.title} open."
            faults.append(fault(text, "Stop the server at /hub/admin, then run the same command again"))
    if faults:
        raise TroubleError(*faults)
