"""EKS has the Kubernetes version and the add-ons, and the charts are where they were; newer ones are named."""

import re
from collections.abc import Iterator
from typing import Any, Final

import yaml

from blueprint.cli.checks.examination import Check
from blueprint.cli.checks.findings import Finding, fault, listed, ok, warning
from blueprint.cli.checks.web import WebError, get
from blueprint.cli.checks.world import World
from blueprint.versions import BUCKET_DRIVER, BY_MINOR, CHARTS, EKS_ADDONS, Chart

_NUMBERS = re.compile(r"[0-9]+")
_INDEX_MOST: Final = 64 << 20


def kubernetes(world: World) -> Iterator[Finding]:
    """The minor is supported, and for how long."""
    minor = world.config.kubernetes_version
    client = world.workload.client("eks")
    found = client.describe_cluster_versions(includeAll=True)["clusterVersions"]
    known = {each["clusterVersion"]: each for each in found}
    here = known.get(minor)
    newer = sorted((each for each in known if _key(each) > _key(minor)), key=_key)
    if here is None or here.get("versionStatus") == "UNSUPPORTED":
        text = f"EKS makes no clusters of Kubernetes {minor} here."
        yield fault(text, f"Set kubernetes.version to one of {listed(sorted(known, key=_key)[-3:])}")
    elif here.get("versionStatus") == "EXTENDED_SUPPORT":
        text = f"Kubernetes {minor} is in extended support, which costs extra."
        yield warning(text, f"Set kubernetes.version to {listed(newer)}" if newer else "Plan an upgrade")
    else:
        ends = here.get("endOfStandardSupportDate")
        more = f"; newer: {listed(newer)}" if newer else ""
        yield ok(f"Kubernetes {minor} is supported{f' until {ends:%Y-%m-%d}' if ends else ''}{more}.")


def addons(world: World) -> Iterator[Finding]:
    """Each is offered in the pinned version for the minor."""
    minor = world.config.kubernetes_version
    of_minor = BY_MINOR[minor]
    pinned = {
        **EKS_ADDONS,
        **(BUCKET_DRIVER if world.config.has_bucket_folders else {}),
        "kube-proxy": of_minor.kube_proxy,
        "coredns": of_minor.coredns,
        "metrics-server": of_minor.metrics_server,
    }
    client = world.workload.client("eks")
    newer: list[str] = []
    sound = True
    for name, version in pinned.items():
        answer: Any = client.describe_addon_versions(addonName=name, kubernetesVersion=minor)
        offered = [each["addonVersion"] for addon in answer["addons"] for each in addon["addonVersions"]]
        latest = max(offered, key=_key, default="")
        if version not in offered:
            sound = False
            instead = f"; newest: {latest}" if latest else ""
            text = f"EKS does not offer {name} {version} for Kubernetes {minor}{instead}."
            yield fault(text, "Take a newer blueprint, or correct blueprint/versions.py")
        elif _key(latest) > _key(version):
            newer.append(f"{name} {latest}")
    if sound:
        yield ok(f"EKS offers all {len(pinned)} add-ons{f'; newer: {listed(newer, 3)}' if newer else ''}.")


def charts(world: World) -> Iterator[Finding]:
    """Each repository still has the pinned chart."""
    newer: list[str] = []
    for chart in CHARTS:
        offered = _offered(chart)
        latest = max((each for each in offered if "-" not in each), key=_key, default="")
        if chart.version not in offered:
            text = f"{chart.repository} has no {chart.name} {chart.version}{f'; newest: {latest}' if latest else ''}."
            yield fault(text, "Take a newer blueprint, or correct blueprint/versions.py")
        elif _key(latest) > _key(chart.version):
            newer.append(f"{chart.name} {latest}")
    yield ok(f"The charts were looked for{f'; newer: {listed(newer, 3)}' if newer else ''}.")


def _offered(chart: Chart) -> list[str]:
    answer = get(f"{chart.repository.rstrip('/')}/index.yaml", most=_INDEX_MOST)
    if answer.status != 200:
        raise WebError(f"{chart.repository} answers {answer.status}")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    index = yaml.load(answer.body, Loader=loader)  # noqa: S506 (both are safe)
    return [str(each["version"]).removeprefix("v") for each in index["entries"].get(chart.name, [])]


def _key(version: str) -> tuple[int, ...]:
    return tuple(map(int, _NUMBERS.findall(version)))


CHECKS = (
    Check("versions", kubernetes, workload=True),
    Check("versions", addons, workload=True),
    Check("versions", charts),
)
