"""The environment of what runs on this machine: a proxy of the person's is for what lies outside of it."""

import os

import packages

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def inside() -> dict[str, str]:
    """For a process that talks to nobody but others on loopback: no proxy, and no other Python's modules."""
    return {name: value for name, value in packages.own_surroundings().items() if not _is_proxy(name)}


def outside() -> dict[str, str]:
    """For a process that has to reach others as well: by the person's proxies, which are not for loopback."""
    return {**packages.own_surroundings(), **proxies()}


def proxies() -> dict[str, str]:
    """The variables that name proxies, and what is reached without one: loopback, however they put it."""
    given = {name: value for name, value in os.environ.items() if _is_proxy(name)}
    spared = given.get("no_proxy") or given.get("NO_PROXY") or ""
    if spared != "*":
        spared = ",".join([*filter(None, [spared]), *_LOOPBACK])
    return {**given, "NO_PROXY": spared, "no_proxy": spared}


def _is_proxy(name: str) -> bool:
    return name.lower().endswith("_proxy")
