"""Fixtures that several folders of tests use."""

import gc
import os
import signal
from collections.abc import Callable
from functools import cache
from pathlib import Path

import botocore.hooks
import botocore.session
import botocore.useragent
import pytest
from botocore.compat import accepts_kwargs
from botocore.loaders import create_loader

from blueprint import node
from preview import surroundings
from tests import processes
from tests.templates import assembly
from tests.templates.assembly import Assembly, construct_alone
from tests.templates.variants import VARIANTS

Synthesized = Callable[[str], Assembly]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the pictures of the documentation be taken anew."""
    parser.addoption("--pictures", metavar="FOLDER", help="leave the pictures of the hub's pages there: docs/images")


def pytest_configure(config: pytest.Config) -> None:
    """Let Ctrl-C reach what tests start, which a shell's background jobs ignore; let no proxy come between.

    And no Node of the machine's: it may have none.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.update(surroundings.proxies())
    node.use()  # a module of tests that reads the CDK starts one
    config.add_cleanup(processes.start())
    gc.disable()
    _read_models_once()


@pytest.hookimpl(optionalhook=True)  # the rehearsal's own tests run inside the sandbox, without xdist
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: there is always one that waits for a hub."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what waits for real hubs, and with other long ones: what is short fills up the end."""
    here = Path(__file__).parent
    items.sort(key=lambda item: _LONG.get(item.path.relative_to(here).parts[0], len(_LONG)))


_LONG = {"preview": 0, "rehearsal": 1, "setup": 2, "cli": 3}


def pytest_collection_finish() -> None:
    """Have Python seldom look for what may go, and never among what stays to the end: modules, and the tests."""
    gc.freeze()
    gc.enable()
    gc.set_threshold(10_000, 20, 20)


def _read_models_once() -> None:
    """Have all sessions of botocore share what they know of AWS's services, as the clients of one session do.

    What is the same for all of them is two thirds of what a client takes.
    """
    patch = pytest.MonkeyPatch()
    patch.setattr(botocore.session, "create_loader", cache(create_loader))
    patch.setattr(botocore.hooks, "accepts_kwargs", cache(accepts_kwargs))
    cleaned = "sanitize_user_agent_string_component"  # by each call
    patch.setattr(botocore.useragent, cleaned, cache(getattr(botocore.useragent, cleaned)))
    alias = botocore.hooks.EventAliaser._alias_event_name  # type: ignore[attr-defined]
    names: dict[str, str] = {}

    def aliased(aliaser: botocore.hooks.EventAliaser, name: str) -> str:
        if name not in names:
            names[name] = alias(aliaser, name)
        return names[name]

    patch.setattr(botocore.hooks.EventAliaser, "_alias_event_name", aliased)


@pytest.fixture(scope="session")
def synthesized() -> Synthesized:
    """The assembly of a variant by its name, each synthesized once."""
    os.environ["CDK_VALIDATION"] = "false"  # read by Node, which the first synthesis starts
    builds = {"construct alone": construct_alone}
    return cache(lambda name: assembly.made(VARIANTS[name], builds.get(name)))


@pytest.fixture(scope="session")
def shipped(synthesized: Synthesized) -> Assembly:
    """The assembly of the shipped cdk.context.json."""
    return synthesized("shipped")


@pytest.fixture(scope="session")
def seed(synthesized: Synthesized) -> Assembly:
    """The assembly of the blueprint's first users' context."""
    return synthesized("seed")
