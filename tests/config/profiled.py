"""A configuration with a file of profiles, and what is said of a file that will not do."""

from pathlib import Path
from typing import Any

import pytest

from blueprint.config import Config, ConfigError, Problem, load
from tests.config.seed import SEED, TODAY


def loaded(folder: Path, text: str | bytes, **changes: Any) -> Config:
    """The configuration whose profiles are in a file of this text, with settings by keys that have _ for a dot."""
    (folder / "profiles.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    context = {key.replace("_", "."): value for key, value in changes.items()}
    return load({**SEED, "singleuser.profiles": "profiles.yaml", **context}, today=TODAY, folder=folder).config


def faults(folder: Path, text: str | bytes, **changes: Any) -> list[Problem]:
    """What is wrong with it."""
    with pytest.raises(ConfigError) as error:
        loaded(folder, text, **changes)
    return list(error.value.problems)


def at(place: str, got: str, allowed: str, fix: str) -> Problem:
    """A fault at a place in the file."""
    return Problem(f"singleuser.profiles: {place}", got, allowed, fix)


def size(inside: str) -> str:
    """A file with one size."""
    return f"p: {{title: P, sizes: {{s: {{{inside}}}}}}}"
