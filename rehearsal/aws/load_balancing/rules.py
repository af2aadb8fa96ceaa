"""Which rule of a listener a request meets, and what a rule answers by itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address, ip_network
from typing import Any

from rehearsal.aws.load_balancing.picture import Rule


@dataclass(frozen=True)
class Asked:
    """What conditions look at of a request."""

    method: str
    host: str
    path: str
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    source: str


def met(rules: Sequence[Rule], asked: Asked) -> Rule:
    """The first rule of which a request meets all conditions."""
    return next(rule for rule in rules if all(_meets(each, asked) for each in rule.conditions))


def location(config: Mapping[str, str], *, protocol: str, host: str, port: int, path: str, query: str) -> str:
    """Where a redirect leads, of a request that came by these."""
    words = {"protocol": protocol.lower(), "host": host, "port": str(port), "path": path.lstrip("/"), "query": query}

    def filled(name: str, default: str) -> str:
        return re.sub(r"#\{(\w+)\}", lambda found: words[found[1]], config.get(name, default))

    scheme, to = filled("Protocol", "#{protocol}").lower(), filled("Port", "#{port}")
    authority = filled("Host", "#{host}") + ("" if {"http": "80", "https": "443"}[scheme] == to else f":{to}")
    asked = filled("Query", "#{query}")
    return f"{scheme}://{authority}{filled('Path', '/#{path}')}" + (f"?{asked}" if asked else "")


def matches_host(pattern: str, name: str) -> bool:
    """Whether a host's name is that of a certificate, in which `*` stands for one label."""
    first, _, rest = pattern.partition(".")
    return name.lower() == pattern.lower() or (first == "*" and name.lower().partition(".")[2] == rest.lower())


def _meets(condition: Mapping[str, Any], asked: Asked) -> bool:
    field = condition["Field"]
    if field not in _FIELDS:
        raise NotImplementedError(f"The stand-in's load balancers know no condition on {field}.")
    name, test = _FIELDS[field]
    config = condition.get(name) or {"Values": condition["Values"]}
    if unknown := config.keys() - {"Values", "HttpHeaderName"}:
        raise NotImplementedError(f"The stand-in's load balancers know no {', '.join(sorted(unknown))} in {field}.")
    return any(test(config, value, asked) for value in config["Values"])


def _query(value: Mapping[str, str], asked: Asked) -> bool:
    return any(
        _fits(value["Value"], text, re.I) and ("Key" not in value or _fits(value["Key"], key, re.I))
        for key, text in asked.query
    )


@cache
def _pattern(wildcards: str, flags: int) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(each) or re.escape(each) for each in wildcards), flags | re.S)


def _fits(wildcards: str, text: str, flags: int = 0) -> bool:
    return _pattern(wildcards, flags).fullmatch(text) is not None


_FIELDS: Mapping[str, tuple[str, Callable[[Mapping[str, Any], Any, Asked], bool]]] = {
    "host-header": ("HostHeaderConfig", lambda config, value, asked: _fits(value, asked.host, re.I)),
    "path-pattern": ("PathPatternConfig", lambda config, value, asked: _fits(value, asked.path)),
    "http-request-method": ("HttpRequestMethodConfig", lambda config, value, asked: value == asked.method),
    "http-header": (
        "HttpHeaderConfig",
        lambda config, value, asked: _fits(value, asked.headers.get(config["HttpHeaderName"], ""), re.I),
    ),
    "query-string": ("QueryStringConfig", lambda config, value, asked: _query(value, asked)),
    "source-ip": (
        "SourceIpConfig",
        lambda config, value, asked: ip_address(asked.source) in ip_network(value, strict=False),
    ),
}
"""By the field of a condition: the name of its configuration, and the test of one value."""
