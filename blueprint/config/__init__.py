"""The configuration: flat context keys in, one validated, frozen `Config` out, every fault told at once."""

from blueprint.config.context import read_app, read_context, read_file
from blueprint.config.loading import Loaded, load
from blueprint.config.notice import Notice
from blueprint.config.problems import ConfigError, Problem
from blueprint.config.settings import SETTINGS, Config, Default

__all__ = [
    "SETTINGS",
    "Config",
    "ConfigError",
    "Default",
    "Loaded",
    "Notice",
    "Problem",
    "load",
    "read_app",
    "read_context",
    "read_file",
]
