"""The command, as a person runs it: its tables, JSON, picture, and what it says of bad input."""

import json
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from blueprint.cli.cost.picture import picture
from blueprint.cli.cost.report import Report
from blueprint.config import load
from blueprint.config.costs.load import Load, servers
from blueprint.config.costs.tariff import Tariff
from blueprint.config.facts.prices import HOME_REGION, prices
from blueprint.config.types.profiles import Size
from tests.cli.conftest import BLUEPRINT, ROOT, Run

SVG = "{http://www.w3.org/2000/svg}"


def told(run: Run, *options: str, cwd: Path = ROOT) -> str:
    result = run(BLUEPRINT, "cost", *options, cwd=cwd, COLUMNS="200")
    assert result.returncode == 0, result.stderr
    return " ".join(result.stdout.split())


def asked(run: Run, *options: str) -> dict[str, Any]:
    result = run(BLUEPRINT, "cost", "--json", *options)
    assert result.returncode == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def refused(run: Run, *options: str, cwd: Path = ROOT) -> str:
    result = run(BLUEPRINT, "cost", *options, cwd=cwd)
    assert result.returncode
    assert "Traceback" not in result.stderr
    assert not result.stdout
    return " ".join(result.stderr.replace("\u2502", " ").split())


def test_tables_have_a_month_three_months_and_the_other_ways(run: Run) -> None:
    shown = told(run, "-c", "workload.region=us-east-1")
    assert "50 people, whose servers run 120 hours a month each, with 10 GB at home: 50 servers at a time" in shown
    for words in ("730 h \N{MULTIPLICATION SIGN} 0.10", "427.05", "1,281.15", "Three months"):
        assert words in shown
    for way in ("An EC2 machine each, stopped when idle", "This hub, servers on Fargate", "One big machine"):
        assert way in shown
    assert "people on" in shown
    assert "Prices: EC2's instances in us-east-1 of 2026-" in shown
    assert "stands in" not in shown


def test_one_of_a_thing_is_told_as_one(run: Run) -> None:
    words = told(run, "--people=1", "--hours=1")
    assert words.startswith("1 person, whose servers run 1 hour a month each")
    assert "1 server at a time on 1 node (" in words


def test_tables_fit_a_narrow_terminal(run: Run) -> None:
    result = run(BLUEPRINT, "cost")
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_json_adds_up(run: Run) -> None:
    found = asked(run, "--people", "30", "--hours", "60.5", "--gigabytes", "5")
    month = found["month"]
    assert month["fixed"] == pytest.approx(sum(line["month"] for line in found["fixed"]))
    assert month["people"] == pytest.approx(sum(line["month"] for line in found["people"]))
    assert month["total"] == pytest.approx(month["fixed"] + month["people"])
    assert month["each"] == pytest.approx(month["people"] / 30, abs=0.006)
    assert found["three_months"]["total"] == pytest.approx(3 * month["total"])
    hub, *others = found["ways"]
    assert hub["month"] == month["total"]
    assert [each["id"] for each in others] == ["own", "own-always", "fargate", "one"]
    assert (found["load"]["people"], found["load"]["hours"], found["load"]["gigabytes"]) == (30, 60.5, 5)
    assert found["prices"]["instances"]["days_old"] >= 0


def test_region_that_the_table_lacks_is_told(run: Run) -> None:
    remarks = " ".join(asked(run, "-c", "workload.region=eu-west-3")["remarks"])
    assert "lacks eu-west-3, so us-east-1 stands in for it: ask AWS with --live" in remarks


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["-c", "nodes.user.capacity=spot"], "the most that they cost"),
        (["--people", "200"], "200 servers at a time need 29 nodes, and nodes.user.max is 10"),
        (["-c", "singleuser.servers.max=20"], "singleuser.servers.max is 20, and 50 people"),
        (["-c", "culling.enabled=false"], "servers run until somebody stops them"),
        (["-c", "network.vpc.id=vpc-0123456789abcdef0"], "NAT gateways of the existing VPC"),
        ([], "were it all of them, homes would cost 8.00"),
    ],
    ids=["spot", "many people", "limit", "no culling", "own VPC", "archive"],
)
def test_what_the_bill_rests_on_is_told(run: Run, options: list[str], words: str) -> None:
    assert words in " ".join(asked(run, *options)["remarks"])


def test_picture_has_a_line_for_each_way_and_says_in_words_what_it_shows(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "cost.svg"
    told(run, "--svg", str(file))
    svg = ElementTree.parse(file).getroot()
    solid = [each for each in svg.iter(f"{SVG}polyline") if each.get("stroke-width") == "2"]
    curves = [each for each in solid if len((each.get("points") or "").split()) > 2]
    assert len(curves) == 5
    for each in curves:
        for point in (each.get("points") or "").split():
            x, y = map(float, point.split(","))
            assert 80 <= x <= 590
            assert 56 <= y <= 420
    texts = [each.text or "" for each in svg.iter(f"{SVG}text")]
    for each in svg.iter(f"{SVG}text"):
        if each.get("text-anchor") == "start":  # letters are about half as wide as high
            assert float(each.get("x") or 0) + 6.8 * len(each.text or "") <= 940
    assert "This hub" in texts
    assert any(each.startswith("Prices: EC2's instances in us-east-1 of") for each in texts)
    described = svg.findtext(f"{SVG}desc") or ""
    assert described.startswith("This hub: 856 US dollars; ")


def test_picture_of_the_docs_is_in_step(example: dict[str, object]) -> None:
    tariff = Tariff(prices(HOME_REGION))
    today = tariff.services.date
    config = load({**example, "workload.region": HOME_REGION}, today=today).config
    report = Report(config, tariff, Load(50, 120, 10), servers(config, Size(), tariff), today)
    kept = (ROOT / "docs" / "images" / "cost.svg").read_text(encoding="utf-8")
    assert kept == picture(report), "run: blueprint cost -c workload.region=us-east-1 --svg docs/images/cost.svg"


def test_picture_that_cannot_be_written_is_told(run: Run, tmp_path: Path) -> None:
    assert "No such file or directory" in refused(run, "--svg", str(tmp_path / "none" / "cost.svg"))


@pytest.mark.parametrize(
    "option",
    [
        *(
            [name, value]
            for name in ("--people", "--hours", "--gigabytes")
            for value in ("-1", "nan", "1e3", "many", "")
        ),
        ["--people", "0"],
        ["--people", "2.5"],
        ["--people", "10001"],
        ["--hours", "731"],
        ["--hours", "0"],
        ["--gigabytes", "999999999999"],
    ],
    ids=" ".join,
)
def test_numbers_that_are_none_are_told_with_what_is_allowed(run: Run, option: list[str]) -> None:
    words = refused(run, *option)
    assert f"Invalid value for '{option[0]}'" in words
    assert "number from" in words


def test_types_that_are_not_in_the_tables_are_told_together(run: Run) -> None:
    types = ("-c", "nodes.user.instance.types=m99i.xlarge", "-c", "nodes.core.instance.types=t99.large")
    assert "There is no price, or no size, of t99.large, m99i.xlarge in the tables" in refused(run, *types)


def test_home_larger_than_its_volume_is_told(run: Run) -> None:
    words = refused(run, "-c", "storage.home=ebs", "--gigabytes", "50")
    assert "--gigabytes 50: a home on EBS holds no more than storage.home.size, which is 10Gi" in words


def test_faults_of_the_settings_are_told_as_by_the_other_commands(run: Run) -> None:
    assert "nodes.user.max" in refused(run, "-c", "nodes.user.max=no")


def test_size_of_a_profile_is_priced(run: Run, tmp_path: Path) -> None:
    shutil.copy(ROOT / "cdk.context.json", tmp_path)
    (tmp_path / "sizes.yaml").write_text(
        "all: {title: Notebook, sizes: {small: {share: 1/8}, whole: {share: 1}}}\n"
        "alone: {title: Alone, compute: fargate, sizes: {small: {cpu: 1, memory: 4G}}}"
    )
    profiles = ("-c", "singleuser.profiles=sizes.yaml")
    assert "(8 on each m6i.xlarge)" in told(run, *profiles, cwd=tmp_path)
    assert "(1 on each m6i.xlarge)" in told(run, *profiles, "--size", "all/whole", cwd=tmp_path)
    alone = told(run, *profiles, "--size", "alone/small", cwd=tmp_path)
    for words in (
        "50 servers at a time on Fargate.",
        "Servers on Fargate, 1 CPU and 5 GB",
        "This hub, servers on nodes",
    ):
        assert words in alone
    words = refused(run, *profiles, "--size", "all/huge", cwd=tmp_path)
    assert words == '--size "all/huge": take one of all/small, all/whole, alone/small.'


def test_size_without_profiles_is_refused(run: Run) -> None:
    assert "no singleuser.profiles are set" in refused(run, "--size", "a/b")
