"""`homes delete`: what somebody left is deleted, after it was shown, with the backup that it can be had back from."""

from collections.abc import Iterator, Sequence
from functools import partial

from botocore.exceptions import ClientError

from blueprint.cli.changing.carrying_out import carry_out
from blueprint.cli.changing.plan import Change, Plan, Step
from blueprint.cli.changing.trouble import aws_calls, ending, trouble
from blueprint.cli.checks.aws import code
from blueprint.cli.cluster.access import RIGHTS
from blueprint.cli.cluster.errand import Directory, Errand
from blueprint.cli.cluster.pods import run, waits
from blueprint.cli.homes.found import CLAIMS, VOLUMES, Home, Place, chosen, not_in_use
from blueprint.cli.restore import points as backups
from blueprint.command_line import loaded

_PATIENCE = 120.0


def delete(
    names: Sequence[str],
    overrides: list[str] | None,
    profile: str | None,
    role: str | None,
    *,
    directory: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Show what is deleted, ask, and do it."""
    config = loaded(overrides).config
    with ending(as_json=as_json):
        place = Place(config, profile, role)
        homes = place.homes()
        found = [chosen(each, homes, config, directory=directory) for each in dict.fromkeys(names)]
        not_in_use(found)
        plan = Plan([_change(place, each) for each in found], [*_warnings(place, found)])
    carry_out(plan, place.title, yes=yes, as_json=as_json, names="place")


def _change(place: Place, home: Home) -> Change:
    """First the data: as long as the claim is there, an interrupted command finds the home again."""
    steps, notes = [], []
    if place.config.storage_home == "efs":
        notes.append(f"directory {place.folder}/{home.claim} on {place.file_system}")
        argument = {"place": "/files", "name": home.claim}
        errand = Errand("deleting", argument, {"/files": Directory(place.file_system, place.folder)})
        steps.append(Step("delete its files", partial(_emptied, place, errand)))
    if home.claimed:
        notes.append(f"claim {home.claim}, volume {home.volume or '(none)'} ({home.handle or 'nothing behind it'})")
        steps.append(Step("delete its claim, and then its volume", partial(_unclaimed, place, home)))
        if home.access_point:
            steps.append(Step(f"delete its access point {home.access_point}", partial(_no_point, place, home)))
        elif home.handle.startswith("vol-"):
            steps.append(Step(f"delete {home.handle} at EC2", partial(_no_volume, place, home)))
    return Change(home.title, steps, notes)


def _warnings(place: Place, homes: list[Home]) -> Iterator[str]:
    """The newest backup of each."""
    config, account = place.config, place.account
    if config.storage_home == "efs":
        newest = {"": backups.points(account, backups.file_system_arn(config, account, place.file_system))}
    else:
        newest = {
            each.handle: backups.points(account, backups.volume_arn(config, account, each.handle))
            for each in homes
            if each.handle
        }
    for id, points in newest.items():
        of = f" of {id}" if id else ""
        if points:
            yield f"the newest backup{of} is {points[0].title}, {points[0].arn}; what came after it is gone for good"
        else:
            yield f"there is no backup{of}: what is deleted is gone for good"


def _emptied(place: Place, errand: Errand) -> str:
    told = run(errand, place.account, place.cluster)
    if told["left"]:
        raise trouble(f"Some of it could not be deleted: {', '.join(told['left'][:3])}.", "Run the same command again")
    return f"{told['files']} files"


def _unclaimed(place: Place, home: Home) -> None:
    """The claim, and then its volume, which the driver takes away unless it is to be kept."""
    cluster, claim, volume = place.cluster, f"{CLAIMS}/{home.claim}", f"{VOLUMES}/{home.volume}"
    cluster.delete(claim)
    for passed in waits():
        if cluster.get(claim) is None:
            break
        if passed > _PATIENCE:
            raise trouble(f"The claim {home.claim} does not go: a pod has it.", "Look which: kubectl describe pvc")
    if not home.volume:
        return
    for passed in waits():
        left = cluster.get(volume)
        if left is None:
            return
        if left["spec"].get("persistentVolumeReclaimPolicy") != "Delete" or passed > _PATIENCE:
            cluster.delete(volume)
        if passed > 2 * _PATIENCE:
            raise trouble(f"The volume {home.volume} does not go: its driver has it.", "Look why: kubectl describe pv")


def _no_point(place: Place, home: Home) -> None:
    _gone(place, "efs", "delete_access_point", "AccessPointNotFound", AccessPointId=home.access_point)


def _no_volume(place: Place, home: Home) -> None:
    _gone(place, "ec2", "delete_volume", "InvalidVolume.NotFound", VolumeId=home.handle)


def _gone(place: Place, service: str, operation: str, missing: str, **arguments: str) -> None:
    """Have something deleted that the driver may have deleted already."""
    with aws_calls(RIGHTS, last="Look at it in the AWS console, then run the same command again"):
        try:
            getattr(place.account.client(service), operation)(**arguments)
        except ClientError as error:
            if code(error) != missing:
                raise
