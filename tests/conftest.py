"""Fixtures that several folders of tests use."""

import os
import signal
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import JSONFileLoader

from blueprint import node
from preview import surroundings
from tests.templates import assembly
from tests.templates.assembly import Assembly, construct_alone
from tests.templates.variants import VARIANTS

Synthesized = Callable[[str], Assembly]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the pictures of the documentation be taken anew."""
    parser.addoption("--pictures", metavar="FOLDER", help="leave the pictures of the hub's pages there: docs/images")


def pytest_configure() -> None:
    """Let Ctrl-C reach what tests start, which a shell's background jobs ignore; let no proxy come between."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.update(surroundings.proxies())
    _read_regions_once()


def _read_regions_once() -> None:
    """Have botocore's sessions share the table of AWS's regions: moto makes a session for each ARN that it checks."""
    read, tables = JSONFileLoader.load_file, dict[str, Any]()

    def load(loader: JSONFileLoader, file_path: str) -> Any:
        if Path(file_path).name not in {"endpoints", "partitions"}:
            return read(loader, file_path)  # clients change what they read of a service
        if file_path not in tables:
            tables[file_path] = read(loader, file_path)
        return tables[file_path]

    pytest.MonkeyPatch().setattr(JSONFileLoader, "load_file", load)


@pytest.fixture(scope="session")
def synthesized() -> Synthesized:
    """The assembly of a variant by its name, each synthesized once."""
    node.use()
    os.environ["CDK_VALIDATION"] = "false"  # read by Node, which the first synthesis starts
    builds = {"construct alone": construct_alone}
    return cache(lambda name: assembly.synthesized(VARIANTS[name], builds.get(name)))


@pytest.fixture(scope="session")
def shipped(synthesized: Synthesized) -> Assembly:
    """The assembly of the shipped cdk.context.json."""
    return synthesized("shipped")


@pytest.fixture(scope="session")
def seed(synthesized: Synthesized) -> Assembly:
    """The assembly of the blueprint's first users' context."""
    return synthesized("seed")
