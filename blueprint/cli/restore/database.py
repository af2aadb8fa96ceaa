"""`restore database`: the hub's database as it was, in the place of the present one, which is moved aside."""

from dataclasses import dataclass
from typing import Final

from blueprint.cli.changing.carrying_out import carry_out
from blueprint.cli.changing.plan import Change, Plan, Step
from blueprint.cli.changing.trouble import ending, trouble
from blueprint.cli.cluster.errand import Claim, Errand, Source, Volume
from blueprint.cli.cluster.pods import HUB, run, waits
from blueprint.cli.cluster.stacks import of_data, one
from blueprint.cli.homes.found import Place
from blueprint.cli.restore import points
from blueprint.cli.restore.home import moment
from blueprint.cli.restore.volumes import Restored
from blueprint.cli.status.servers import PODS
from blueprint.command_line import loaded
from blueprint.config.problems import plain

_CLAIM: Final = "hub-db-dir"
_GROUP: Final = 1000
"""Of the hub's own image."""
_PATIENCE: Final = 600.0


@dataclass
class Restoring:
    """How far it is."""

    place: Place
    restored: Restored

    def stop(self) -> None:
        """Stop the hub, and wait until it has let go of its volume."""
        self._scale(0)
        for passed in waits():
            if not self.place.cluster.listed(PODS, labelSelector="component=hub"):
                return
            if passed > _PATIENCE:
                raise trouble("The hub does not end.", "kubectl describe pod -n jupyterhub -l component=hub")

    def exchange(self) -> str:
        """Put the database in place; the hub goes on with its own where the restored one is not whole."""
        argument = {"restored": "/restored", "now": "/now", "aside": f"before-{self.restored.point.label}"}
        sources: dict[str, Source] = {"/restored": Volume(self.restored.id, self.restored.zone), "/now": Claim(_CLAIM)}
        told = run(Errand("database", argument, sources, _GROUP), self.place.account, self.place.cluster)
        if "refused" in told:
            self.start()
            text = f"Nothing was exchanged, and the hub runs again: {plain(str(told['refused']))[:200]}."
            raise trouble(text, "Take an older recovery point: --at")
        if told["there"]:
            return "it is in place already"
        return f"{told['users']} users; the former database is in {told['aside']} of the same volume"

    def start(self) -> None:
        """Start the hub, and wait until it answers."""
        self._scale(1)
        for passed in waits():
            found = self.place.cluster.get(HUB)
            if found and found.get("status", {}).get("readyReplicas"):
                return
            if passed > _PATIENCE:
                raise trouble("The hub does not become ready.", "kubectl logs -n jupyterhub deploy/hub")

    def _scale(self, number: int) -> None:
        self.place.cluster.patch(HUB, {"spec": {"replicas": number}})


def restore(
    at: str | None, overrides: list[str] | None, profile: str | None, role: str | None, *, yes: bool, as_json: bool
) -> None:
    """Show what is restored from when, ask, and do it."""
    config = loaded(overrides).config
    with ending(as_json=as_json):
        when = moment(at)
        place = Place(config, profile, role)
        if place.cluster.get(HUB) is None:
            raise trouble("The hub is not there.", "cdk deploy Hub")
        resources = of_data(config, place.account)
        volume = one(resources, "AWS::EC2::Volume", "volume of the hub's database")
        arn = points.volume_arn(config, place.account, volume)
        point = points.as_of(points.points(place.account, arn), when)
        restored = Restored(place, point, points.restoring_role(place.account, resources), volume)
        plan = _plan(Restoring(place, restored), volume)
    carry_out(plan, f"the hub {config.name}", yes=yes, as_json=as_json, names="place")


def _plan(restoring: Restoring, volume: str) -> Plan:
    restored = restoring.restored
    steps = [
        Step(f"restore a volume from {restored.point.title}", restored.make),
        Step("stop the hub", restoring.stop),
        Step("put the restored database in place", restoring.exchange),
        Step("start the hub", restoring.start),
        Step("delete the volume that was made for it", restored.unmake),
    ]
    warnings = [
        "while the hub is stopped, for a minute or two, nobody signs in or starts a server; servers that run go on",
        f"what the hub came to know after {restored.point.created:%Y-%m-%d %H:%M} UTC is not in it: who has signed in "
        "since, signs in again, and servers that were started since are found to be nobody's, and are to be stopped",
    ]
    notes = [f"the present database is moved aside on {volume}, and not deleted"]
    return Plan([Change("the hub's database", steps, notes)], warnings)
