"""The steps of a deployment's life, in their order, each with what it finds to be as it should be."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from blueprint.config.facts.kubernetes import MINORS
from blueprint.versions import JUPYTERHUB
from preview.browser import Browser, words
from preview.people import Person, people
from rehearsal.kubernetes.build import RELEASES
from rehearsal.life import choices, data, homes, looks, machines, newer, reach, way_in, without_machine
from rehearsal.life.beginning import Beginning
from rehearsal.life.cdk import Commands, newer_app
from rehearsal.life.journal import CheckError, Step
from rehearsal.life.kept import only_this_is_left, to_be_kept
from rehearsal.life.operator import checks, work
from rehearsal.life.rights import rights_suffice
from rehearsal.life.tags import tags_are_on_what_costs
from rehearsal.world import World

_FILE: Final = "kept.txt"
_WRITE: Final = f"from pathlib import Path; Path.home().joinpath({_FILE!r}).write_text('since the first day')"
_READ: Final = f"from pathlib import Path; print(Path.home().joinpath({_FILE!r}).read_text())"
_CULLING: Final = 1800
_WARM: Final = "nodes.user.warm=daily 00:00-24:00 UTC"


@dataclass
class Life:
    """One deployment, from bootstrap to destroy."""

    world: World
    commands: Commands

    def __post_init__(self) -> None:
        self._config = self.world.config
        self._beginning = Beginning(self.world, self.commands)
        self._people = people(self._config)
        self._ada = Browser(self._config.hub_url, ca=self.world.trusted)
        self._user = min((each for each in self._people if each.admitted), key=lambda each: each.admin)
        self._has_karpenter = self._config.nodes_user_scaling == "karpenter"

    def until_it_runs(self) -> list[Step]:
        """The steps to a hub that people sign in to."""
        return [*self._beginning.preparing(), *self._beginning.deploying()]

    def whole(self) -> list[Step]:
        """All steps."""
        return [
            *self._beginning.preparing(),
            Step("Know before", lambda: checks.nothing_would_go_wrong(self.world, self.commands)),
            *self._beginning.deploying(),
            Step("Verify after", lambda: checks.all_is_as_it_should_be(self.world, self.commands)),
            Step("Sign in, and run code", self._sign_in),
            *([Step("A choice of servers", self._choose)] if self._config.singleuser_profiles else []),
            *([Step("Machines that come and go", self._machines)] if self._has_karpenter else []),
            *(self._of_fargate() if without_machine.for_everybody(self._config) else []),
            Step("Tags", lambda: tags_are_on_what_costs(self.world, self._beginning.tags)),
            Step("What a notebook reaches", self._reach),
            *([Step("What servers may do in AWS", self._use_rights)] if self._config.aws_access else []),
            Step("A deleted file, and the hub's database, are restored", self._restore),
            Step("Rotate the client secret", self._rotate),
            Step("Update: a setting", self._update_setting),
            Step("Update: a newer chart", self._update_chart),
            Step("Update: the next Kubernetes minor", self._update_kubernetes),
            Step("The hub's pod is killed", self._kill_pod),
            Step("The nodes are killed", self._kill_nodes),
            Step("The homes of a large course", lambda: homes.many_are_made(self.world)),
            Step("Destroy the hub", self._destroy_hub),
            Step("Deploy it again", self._deploy_again),
            Step("Destroy everything", self._destroy_all),
            Step("Rights", lambda: rights_suffice(self.world)),
        ]

    def _sign_in(self) -> Iterator[str]:
        name = self._enter(self._ada, self._user)
        yield f"{self._user.name} signs in at the identity provider and is {name} at the hub"
        if self._user.admin:
            yield "nobody is a plain user here: this was an admin"
        begun = time.monotonic()
        self._start_server()
        yield f"a notebook server starts, in {time.monotonic() - begun:.1f} s"
        self._printed("print(6 * 7)", "42")
        yield "its kernel runs code"
        yield way_in.cookies_are_for_https_alone(self._ada)
        self._ada.run(_WRITE)
        yield from work.status_tells_of(self.world, self.commands, name)
        yield from looks.home_is_an_access_point(self.world)
        for admin, nobody in (
            (True, "nobody is an admin here: no admin page is looked at"),
            (False, "nobody has to stay out here: nobody is turned away"),
        ):
            found = [each for each in self._people if each.admitted == each.admin == admin]
            yield from map(self._treated_as_they_should_be, found) if found else [nobody]

    def _choose(self) -> Iterator[str]:
        self._ada.stop_server()
        yield from choices.choice_is_what_starts(self.world, self._ada)
        self._start_server()

    def _machines(self) -> Iterator[str]:
        yield from machines.come_and_go(self.world, self._user.username.lower())
        self._printed(_READ, "since the first day")

    def _of_fargate(self) -> Iterator[Step]:
        yield Step("A server without a machine", self._without_machine)
        yield Step("A server of the first profile again", self._back)

    def _back(self) -> Iterator[str]:
        self._ada.stop_server()
        yield self._works_again()

    def _without_machine(self) -> Iterator[str]:
        """A server on a node stays beside it."""
        self._ada.stop_server()
        neighbour = self._neighbour()
        begun = time.monotonic()
        without_machine.starts(self.world, self._ada)
        self._server = self._server_now()
        yield f"a server without a machine starts, in {time.monotonic() - begun:.1f} s"
        self._printed(_READ, "since the first day")
        yield "it has the files that were written on a node"
        pod = looks.server_pod(self.world, neighbour.user["name"]) if neighbour else None
        yield from without_machine.is_as_it_should_be(self.world, self._ada, pod)
        if neighbour:
            neighbour.stop_server()
        yield from without_machine.has_rights_by_groups(self.world, self._ada, self._user)
        self._server = self._server_now()

    def _neighbour(self) -> Browser | None:
        """Somebody else who is admitted, with a server that runs."""
        other = next((each for each in self._people if each.admitted and each != self._user), None)
        if other is None:
            return None
        neighbour = Browser(self._config.hub_url, ca=self.world.trusted)
        self._enter(neighbour, other)
        neighbour.start_server()
        return neighbour

    def _reach(self) -> Iterator[str]:
        neighbour = self._neighbour()
        if neighbour is None:
            yield "nobody else is admitted here: no other user's server is looked at"
            yield from reach.from_a_notebook(self.world, self._ada, None)
            return
        pod = looks.server_pod(self.world, neighbour.user["name"])
        yield from reach.from_a_notebook(self.world, self._ada, pod)
        neighbour.stop_server()

    def _use_rights(self) -> Iterator[str]:
        for person in {each.rights: each for each in self._people if each.admitted}.values():
            if person == self._user:
                yield from data.rights_are_used(self.world, self._ada, person)
                continue
            browser = Browser(self._config.hub_url, ca=self.world.trusted)
            self._enter(browser, person)
            browser.start_server()
            yield from data.rights_are_used(self.world, browser, person)
            if person.rights is None:  # beside a server with rights, whose way to the agent is not theirs
                yield from reach.from_a_notebook(self.world, browser, None)
            browser.stop_server()

    def _restore(self) -> Iterator[str]:
        name = self._user.username.lower()
        yield from work.deleted_file_comes_back(self.world, self.commands, self._ada, name)
        yield from work.database_comes_back(self.world, self.commands)
        yield from looks.host_leads_to_the_hub(self.world)
        yield from self._all_goes_on()

    def _enter(self, browser: Browser, person: Person) -> str:
        """Sign somebody in who is to be admitted: their name at the hub, which writes all names small."""
        landed = browser.sign_in(person.id)
        name = person.username.lower()
        if not landed.ok or browser.user["name"] != name:
            raise CheckError(f"{person.name} should be {name} at the hub: {words(landed)}")
        return name

    def _treated_as_they_should_be(self, person: Person) -> str:
        """An admin sees the admin page; who may not enter is told so."""
        browser = Browser(self._config.hub_url, ca=self.world.trusted)
        landed = browser.sign_in(person.id)
        if not person.admitted:
            if landed.status_code != 403:
                raise CheckError(f"{person.name} should be turned away: {words(landed)}")
            return f"{person.name} is turned away ({person.about})"
        page = browser.open("/hub/admin")
        if not page.ok:
            raise CheckError(f"{person.name} should see the admin page: {words(page)}")
        return f"{person.name} sees the admin page"

    def _rotate(self) -> Iterator[str]:
        if self._config.client_secret is not None:
            yield "not where the context holds it"
            return
        before = looks.start(looks.hub_pod(self.world))
        secret = secrets.token_urlsafe(24)
        self.commands.own(self.world.workload_account, "secret", stdin=secret)
        self.world.start_provider(secret)
        self.world.refresh_secrets()
        yield from looks.secret_is_in_the_cluster(self.world, secret)
        browser = Browser(self._config.hub_url, ca=self.world.trusted)
        looks.until(lambda: browser.sign_in(self._user.id).ok, "sign-in should work with the new secret")
        yield "people sign in with the new secret"
        looks.expect(before, looks.start(looks.hub_pod(self.world)), "the hub's pod, and its restarts,")
        yield "the hub was not restarted"

    def _update_setting(self) -> Iterator[str]:
        way_in.the_proxy_answers(self.world)
        self.commands.overrides += [f"culling.timeout={_CULLING}", _WARM]
        self._cdk("deploy", "Hub", "--require-approval=never")
        yield way_in.the_proxy_answers(self.world)  # longer ago than the 5 seconds that are its own default
        looks.expect(
            _CULLING, looks.hub_values(self.world)["cull"]["timeout"], "the culling timeout in the hub's values"
        )
        yield f"culling.timeout={_CULLING} has reached the hub"
        yield looks.room_is_kept(self.world)
        yield from self._all_goes_on()

    def _update_chart(self) -> Iterator[str]:
        newer.pack(self.world.charts)
        self.commands.overrides.remove(_WARM)
        self._cdk("deploy", "Hub", "--require-approval=never", app=newer_app())
        looks.expect(newer.NEWER, looks.release(self.world, newer.CHART)["version"], "the version of the release")
        yield f"the release {newer.CHART.name} is of version {newer.NEWER}"
        if not self._config.nodes_user_warm:
            yield looks.no_room_is_kept(self.world)
        yield from self._all_goes_on()

    def _update_kubernetes(self) -> Iterator[str]:
        following = next_minor(self._config.kubernetes_version)
        if following is None:
            yield f"there is none after {self._config.kubernetes_version}"
            return
        runs = self._config.kubernetes_version
        self.commands.overrides += [f"kubernetes.version={following}", f"kubernetes.running={runs}"]
        self._cdk("deploy", "Hub", "--require-approval=never")
        told = json.loads(self.world.get("/version") or b"{}")
        looks.expect(following, f"{told['major']}.{told['minor']}", "the API server's version")
        yield f"the API server is of {told['gitVersion']}"
        yield from looks.nodes_are_ready(self.world, following)
        yield from looks.pods_are_ready(self.world)
        yield from looks.host_leads_to_the_hub(self.world)
        yield self._works_again()

    def _kill_pod(self) -> Iterator[str]:
        begun = time.monotonic()
        pod = looks.hub_pod(self.world)
        before = looks.start(pod)
        self.world.kubelet.kill_pod(JUPYTERHUB.namespace, pod["metadata"]["name"])
        looks.until(lambda: looks.start(looks.hub_pod(self.world)) != before, "the hub should have to start again")
        yield from looks.pods_are_ready(self.world)
        yield from looks.host_leads_to_the_hub(self.world)
        yield f"the hub is back after {time.monotonic() - begun:.0f} s"
        yield from self._all_goes_on()

    def _kill_nodes(self) -> Iterator[str]:
        pods = (looks.hub_pod(self.world), looks.server_pod(self.world, self._user.username.lower()))
        names = {pod["spec"]["nodeName"] for pod in pods}
        nodes = looks.nodes(self.world)
        for name in names:
            self.world.kubelet.kill_node(name)
        lost = {nodes[name] for name in names}
        looks.until(lambda: lost.isdisjoint(looks.nodes(self.world).values()), "killed nodes should be gone")
        yield f"the machines of the hub and of a notebook server are gone: {', '.join(sorted(names))}"
        yield from looks.nodes_are_ready(self.world)
        yield from looks.pods_are_ready(self.world)
        yield from looks.host_leads_to_the_hub(self.world)
        looks.expect(self._user.username.lower(), self._ada.user["name"], "whom the hub takes a signed-in user for")
        yield "the hub's database came along: who was signed in still is"
        yield self._works_again()

    def _destroy_hub(self) -> Iterator[str]:
        begun = time.monotonic()
        with ThreadPoolExecutor() as beside:
            killed = (
                beside.submit(machines.kill_controllers_while_machines_go, self.world) if self._has_karpenter else None
            )
            self._cdk("destroy", "Hub", "--exclusively", "--force")
        yield f"the stack is destroyed, in {time.monotonic() - begun:.0f} s"
        if killed:
            yield killed.result()
            looks.expect([], machines.running(self.world), "the machines that Karpenter left behind")
        yield from looks.hub_is_gone(self.world)
        yield homes.none_is_left(self.world)
        if self._config.without_machines:
            yield without_machine.none_is_left(self.world)

    def _deploy_again(self) -> Iterator[str]:
        self._cdk("deploy", "Hub", "--require-approval=never")
        yield from looks.pods_are_ready(self.world)
        yield from looks.host_leads_to_the_hub(self.world)
        self._ada = Browser(self._config.hub_url, ca=self.world.trusted)
        self._enter(self._ada, self._user)
        yield self._works_again()

    def _destroy_all(self) -> Iterator[str]:
        self._ada.stop_server()  # the first destroy found it running
        kept = {account: to_be_kept(self.world, account) for account in self.world.accounts}
        self._cdk("destroy", "Hub", "Data", "Dns", "--exclusively", "--force")
        self.commands.cdk(self.world.dns_account, "destroy", "ParentDns", "--exclusively", "--force")
        for account in self.world.accounts:
            yield only_this_is_left(self.world.server, account, kept[account], self._beginning.before[account])

    def _cdk(self, *words: str, app: str | None = None) -> None:
        self.commands.cdk(self.world.workload_account, *words, app=app)

    def _all_goes_on(self) -> Iterator[str]:
        """Nobody notices what happened to the hub."""
        yield from looks.pods_are_ready(self.world)
        yield from looks.host_leads_to_the_hub(self.world)
        self._printed(_READ, "since the first day")
        looks.expect(self._server, self._server_now(), "the notebook server's pod, and its restarts,")
        yield "the notebook server went on running"

    def _works_again(self) -> str:
        """A server that starts anew has its user's files."""
        self._start_server()
        self._printed(_READ, "since the first day")
        return "a notebook server starts and has the files of the first day"

    def _start_server(self) -> None:
        self._ada.start_server()
        self._server = self._server_now()

    def _server_now(self) -> tuple[str, int]:
        return looks.start(looks.server_pod(self.world, self._user.username.lower()))

    def _printed(self, code: str, wanted: str) -> None:
        looks.expect(wanted, self._ada.run(code).strip(), "what the code prints")


def next_minor(minor: str) -> str | None:
    """The minor after one, if EKS and the rehearsal have it."""
    known = [each for each in MINORS if each in RELEASES]
    after = known[known.index(minor) + 1 :]
    return after[0] if after else None
