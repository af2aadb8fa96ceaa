"""The beginning of a deployment's life, to a hub that people sign in to."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from rehearsal.leftovers import inventory
from rehearsal.life import looks, way_in
from rehearsal.life.cdk import Commands
from rehearsal.life.journal import Step
from rehearsal.world import World

_TAGS: Final = {"rehearsed": "with tags"}
"""Where the configuration has none."""


@dataclass
class Beginning:
    """A first deployment, as the README has it."""

    world: World
    commands: Commands

    def __post_init__(self) -> None:
        self._config = self.world.config
        self.secret = secrets.token_urlsafe(24)
        """The client secret."""

    @property
    def tags(self) -> dict[str, str]:
        """Those of the deployment."""
        return {**({} if self._config.tags else _TAGS), **self._config.resource_tags}

    def preparing(self) -> list[Step]:
        """What is done before the hub's own stacks."""
        return [
            Step("Bootstrap the accounts", self._bootstrap),
            Step("ParentDns, in the DNS account", self._parent_dns),
            Step("The client secret", self._client_secret),
        ]

    def deploying(self) -> list[Step]:
        """The hub's stacks, and what is there then."""
        return [Step("Deploy", self._deploy), Step("What is there", self._look)]

    def _bootstrap(self) -> Iterator[str]:
        def bootstrap(account: str) -> str:
            of_dns = self._config.region_of_parent_dns if account == self.world.dns_account else None
            region = of_dns or self.world.region
            self.commands.cdk(account, "bootstrap", f"aws://{account}/{region}")
            return f"account {account} is bootstrapped in {region}"

        with ThreadPoolExecutor() as both:
            yield from both.map(bootstrap, self.world.accounts)
        if not self._config.tags:
            self.commands.overrides.append(f"tags={json.dumps(_TAGS)}")
        self.before = {account: inventory(self.world.server, account) for account in self.world.accounts}
        """What was in each account."""

    def _parent_dns(self) -> Iterator[str]:
        account = self.world.dns_account
        self.commands.cdk(account, "deploy", "ParentDns", "--exclusively", "--require-approval=never")
        name = self._config.parent_dns_role
        self.world.cloud(account).client("iam").get_role(RoleName=name)
        yield f"the role {name} is in the DNS account"

    def _client_secret(self) -> Iterator[str]:
        if self._config.client_secret is not None:
            self.secret = self._config.client_secret.get_secret_value()
            yield "the context holds it; Secrets Manager gets it with the deployment"
        else:
            self.commands.own(self.world.workload_account, "secret", stdin=self.secret)
            yield f"Secrets Manager has it as {self._config.client_secret_arn}"
        self.world.start_provider(self.secret)

    def _deploy(self) -> Iterator[str]:
        begun = time.monotonic()
        self.commands.cdk(self.world.workload_account, "deploy", "Hub", "--require-approval=never")
        yield f"the stacks are deployed, in {time.monotonic() - begun:.0f} s"

    def _look(self) -> Iterator[str]:
        yield from looks.nodes_are_ready(self.world)
        yield from looks.pods_are_ready(self.world)
        yield from looks.secret_is_in_the_cluster(self.world, self.secret)
        yield from looks.host_leads_to_the_hub(self.world)
        yield way_in.browsers_come_by_https_only(self.world)
