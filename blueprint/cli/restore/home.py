"""`restore home`: somebody's home, or a path of it, as it was, into a directory of the home as it is."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any, Final

from blueprint.cli.changing.carrying_out import carry_out
from blueprint.cli.changing.plan import Change, Plan, Step
from blueprint.cli.changing.trouble import ending, trouble
from blueprint.cli.checks.findings import listed
from blueprint.cli.cluster.errand import Claim, Directory, Errand, Source, Volume
from blueprint.cli.cluster.pods import run
from blueprint.cli.cluster.stacks import of_data
from blueprint.cli.homes.found import Home, Place, chosen, not_in_use
from blueprint.cli.restore import jobs, points
from blueprint.cli.restore.volumes import Restored
from blueprint.cli.status.amounts import size
from blueprint.command_line import loaded
from blueprint.config.problems import shown

_TIME: Final = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)T(\d\d)-?(\d\d)-?(\d\d)")
_EARLY, _LATE = timedelta(seconds=10), timedelta(minutes=30)


@dataclass
class Restoring:
    """What is restored, and how far it is."""

    place: Place
    home: Home
    point: points.Point
    role: str
    path: str
    directory: str = ""
    """Where AWS Backup has put it."""

    @property
    def folder(self) -> str:
        """The directory of the home that it comes to."""
        return f"restored-{self.point.label}"

    @property
    def item(self) -> str:
        """What is restored, from the top of the file system."""
        return f"{self.place.folder}/{self.home.claim}{f'/{self.path}' if self.path else ''}"

    def restore(self, *, fresh: bool = False) -> str:
        """Have AWS Backup put it beside the homes; where that is."""
        job = jobs.items(self.place.account, self.role, self.point, self.place.file_system, self.item, fresh=fresh)
        self.directory = self._found(job)
        return f"/{self.directory}" if self.directory else "a restore of before, which is copied already"

    def copy(self) -> str:
        """Copy it into the home. What a former run has copied and taken away is restored anew, if it is not there."""
        told = self._copied() if self.directory else None
        if told is None or (told["nothing"] and not told["known"]):
            self.restore(fresh=True)
            if not self.directory:
                text = "AWS Backup has restored nothing: the backup has no such path."
                raise trouble(text, "Look at the spelling: paths are exact, and begin at the home")
            told = self._copied()
        if told["nothing"] and not told["known"]:
            raise trouble("AWS Backup has restored nothing: the backup has no such path.", "Look at the spelling")
        return copied(told)

    def clean(self) -> str:
        """Delete what AWS Backup has put beside the homes, which costs as much as they do."""
        if not self.directory:
            return "nothing was left"
        above, _, name = f"/{self.directory}{self.place.folder}".rpartition("/")
        source = Directory(self.place.file_system, above)
        errand = Errand("deleting", {"place": "/files", "name": name}, {"/files": source})
        told = run(errand, self.place.account, self.place.cluster)
        left = f"; {len(told['left'])} could not be: docs/homes.md, under What stays" if told["left"] else ""
        return f"{told['files']} files{left}"

    def _copied(self) -> dict[str, Any]:
        sources: dict[str, Source] = {
            "/restored": Directory(self.place.file_system, f"/{self.directory}{self.place.folder}/{self.home.claim}"),
            "/home-now": Directory(self.place.file_system, f"{self.place.folder}/{self.home.claim}"),
        }
        return run(copying(self.path, self.folder, sources), self.place.account, self.place.cluster)

    def _found(self, job: jobs.Job) -> str:
        """The directory that a job has made, by its time: AWS Backup tells its name nowhere."""
        argument = {"place": "/files", "item": self.item.lstrip("/")}
        errand = Errand("looking", argument, {"/files": Directory(self.place.file_system, "/")})
        told: dict[str, bool] = run(errand, self.place.account, self.place.cluster)["found"]
        fitting = sorted(name for name in told if _made_by(job, name))
        # Those in which the path is seen first: a directory may be shut to all but root.
        return next(iter([name for name in fitting if told[name]] or fitting), "")


def _made_by(job: jobs.Job, name: str) -> bool:
    match = _TIME.search(name)
    if not match:
        return False
    at = datetime(*(int(part) for part in match.groups()), tzinfo=UTC)  # type: ignore[misc,arg-type]
    return job.begun - _EARLY <= at <= max(job.ended, job.begun + _LATE)


def restore(
    person: str,
    path: str | None,
    at: str | None,
    overrides: list[str] | None,
    profile: str | None,
    role: str | None,
    *,
    directory: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Show what is restored from when, ask, and do it."""
    config = loaded(overrides).config
    with ending(as_json=as_json):
        inside, when = within(path), moment(at)
        place = Place(config, profile, role)
        home = chosen(person, place.homes(), config, directory=directory)
        found = _of_files if config.storage_home == "efs" else _of_volume
        plan = found(place, home, inside, when)
    carry_out(plan, place.title, yes=yes, as_json=as_json, names="place")


def _of_files(place: Place, home: Home, path: str, when: datetime | None) -> Plan:
    resources = of_data(place.config, place.account)
    arn = points.file_system_arn(place.config, place.account, place.file_system)
    point = points.as_of(points.points(place.account, arn), when)
    restoring = Restoring(place, home, point, points.restoring_role(place.account, resources), path)
    steps = [
        Step(f"restore {restoring.item} from {point.title}, in minutes, or hours for many files", restoring.restore),
        Step(f"copy it into {restoring.folder} of the home", restoring.copy),
        Step("delete what AWS Backup has put beside the homes", restoring.clean),
    ]
    return Plan([Change(home.title, steps, _notes(restoring.folder))])


def _of_volume(place: Place, home: Home, path: str, when: datetime | None) -> Plan:
    not_in_use([home])
    resources = of_data(place.config, place.account)
    arn = points.volume_arn(place.config, place.account, home.handle)
    point = points.as_of(points.points(place.account, arn), when)
    restored = Restored(place, point, points.restoring_role(place.account, resources), home.handle)
    folder = f"restored-{point.label}"

    def copy() -> str:
        sources: dict[str, Source] = {
            "/restored": Volume(restored.id, restored.zone),
            "/home-now": Claim(home.claim),
        }
        told = run(copying(path, folder, sources), place.account, place.cluster)
        if told["nothing"] and not told["known"]:
            raise trouble("The backup has no such path.", "Look at the spelling: paths begin at the home")
        return copied(told)

    steps = [
        Step(f"restore a volume from {point.title}", restored.make),
        Step(f"copy {path or 'all of it'} into {folder} of the home", copy),
        Step("delete the volume that was made for it", restored.unmake),
    ]
    return Plan([Change(home.title, steps, _notes(folder))])


def copying(path: str, folder: str, sources: dict[str, Source]) -> Errand:
    """From one source to the other."""
    argument = {"source": "/restored", "path": path, "target": "/home-now", "name": folder}
    return Errand("restoring", argument, sources)


def copied(told: dict[str, Any]) -> str:
    """What a copy came to. Raises TroubleError where some of it failed."""
    if told["failed"]:
        raise trouble(f"Some of it could not be copied: {listed(told['failed'], 3)}.", "Run the same command again")
    if told["nothing"]:
        return "it is there already"
    there = f"; {told['there']} were there already" if told["there"] else ""
    return f"{told['files']} file{'' if told['files'] == 1 else 's'}, {size(told['bytes'])}{there}"


def within(path: str | None) -> str:
    """A path in a home, as it is written in one way alone. Raises TroubleError."""
    if path is None:
        return ""
    found = PurePosixPath(path.strip())
    usable = path.strip() and path.isprintable() and not found.is_absolute() and ".." not in found.parts
    if not usable or str(found) == "." or any(sign in path for sign in "*?"):
        fix = "Give a file or directory, from the home on, such as work/thesis.ipynb; no pattern"
        raise trouble(f"{shown(path)} is no path of a home.", fix)
    return str(found)


def moment(given: str | None) -> datetime | None:
    """A time of the command line; a day is its end. Raises TroubleError."""
    if given is None:
        return None
    try:
        found = datetime.fromisoformat(given.strip())
    except ValueError:
        raise trouble(f"{shown(given)} is no time.", "Give one such as 2026-11-27 or 2026-11-27T14:00 (UTC)") from None
    if len(given.strip()) <= len("2026-11-27"):
        found += timedelta(days=1) - timedelta(seconds=1)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _notes(folder: str) -> list[str]:
    return [f"nothing is overwritten: it comes into the new directory {folder}; who works goes on working"]
