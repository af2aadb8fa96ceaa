"""Helm values: what a person chose in `charts/values/`, and what only the deployment knows, merged."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

_HERE = Path(__file__).parent
CHARTS = next(folder for folder in (_HERE / "charts", _HERE.parent / "charts") if folder.is_dir())
"""`charts/`: beside the package in a checkout, inside of it where it is installed."""
Values = dict[str, Any]


def chart_values(chart: str, computed: Mapping[str, Any]) -> Values:
    """The values of `charts/values/<chart>.yaml` with the computed ones added.

    Raises:
        ValueError: if a computed value would override one of the file, naming both.
    """
    chosen = file_values(chart)
    if both := sorted(clashes(chosen, computed)):
        raise ValueError(f"charts/values/{chart}.yaml sets what the deployment computes: {', '.join(both)}")
    return merge(chosen, computed)


def file_values(chart: str) -> Values:
    """What `charts/values/<chart>.yaml` holds."""
    values: Values = yaml.load((CHARTS / "values" / f"{chart}.yaml").read_bytes(), Loader=_LOADER) or {}  # noqa: S506 - a safe loader
    return values


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> Values:
    """Helm's way: mappings merge, everything else is replaced."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = merge(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return merged


def clashes(base: Mapping[str, Any], over: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """The dotted paths at which merging would replace a value."""
    for key in base.keys() & over.keys():
        below, value = base[key], over[key]
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            yield from clashes(below, value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"
