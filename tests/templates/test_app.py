"""The app as the CDK CLI runs it, and what must come out the same whichever way it is asked for."""

import base64
import json
import random
from typing import Any

import pytest

from blueprint.config.types.pictures import LARGEST
from tests.app import run_app
from tests.conftest import Synthesized
from tests.templates import kinds
from tests.templates.assembly import Assembly
from tests.templates.variants import (
    PRIVATE,
    PUBLIC,
    SHIPPED,
    VARIANTS,
    VPC_ID,
    Context,
    looked_up,
    subnets,
)


@pytest.mark.parametrize(
    "variant", ["shipped", "seed", "parent, guarded", "listed subnets", "thrown away, EBS homes", "Cognito"]
)
def test_app_passes_cdks_validation_without_a_word(variant: str) -> None:
    done = run_app(VARIANTS[variant])
    assert (done.code, done.stdout, done.stderr) == (0, "", "")
    reports = json.loads((done.output / "validation-report.json").read_text())["pluginReports"]
    assert [violation for report in reports for violation in report["violations"]] == []


@pytest.mark.parametrize(("wanted", "validated"), [("", True), ("false", False)])
def test_templates_are_validated_unless_the_cli_says_not_to(wanted: str, validated: bool) -> None:
    """What `cdk synth --no-validation` sets is handed on."""
    done = run_app(SHIPPED, validation=wanted)
    assert (done.code, done.stderr) == (0, "")
    assert (done.output / "validated").exists() == validated


def test_faulty_context_is_told_without_a_traceback() -> None:
    done = run_app({**SHIPPED, "parent.dns.account": "12", "clientsecret": "s3cr3t-text"})
    assert done.code == 1
    assert "parent.dns.account" in done.stderr
    assert "Traceback" not in done.stderr
    assert "s3cr3t-text" not in done.stdout + done.stderr


def test_more_values_than_an_update_can_carry_are_told_without_a_traceback() -> None:
    done = run_app({**SHIPPED, "users.allowed": [f"auth0|{number:018}" for number in range(3200)]})
    assert done.code == 1
    assert done.stderr.startswith("1 fault in the context:\n\nthe values of the chart jupyterhub\n  got      ")
    assert "name groups instead of many users" in done.stderr
    assert "Traceback" not in done.stderr


def test_logo_beside_the_context_reaches_the_hub_whole() -> None:
    """The largest that may be, where the CDK CLI runs the app: in the folder of the context, wherever the app is."""
    picture = b"\x89PNG\r\n\x1a\n" + random.Random(1).randbytes(LARGEST - 8)
    done = run_app({**SHIPPED, "hub.logo": "logo.png"}, files={"logo.png": picture})
    assert (done.code, done.stderr) == (0, "")
    hub = Assembly(done.output)["Hub"]
    file = hub.values("jupyterhub")["hub"]["extraFiles"]["logo"]
    assert base64.b64decode(file["binaryData"]) == picture
    assert file["mountPath"] == hub.values("jupyterhub")["hub"]["config"]["JupyterHub"]["logo_file"]
    assert len(hub.text) <= 1_000_000


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ([subnets("Isolated", PRIVATE), subnets("Public", PUBLIC)], "private subnets with a way out in 0 zones"),
        ([subnets("Private", PRIVATE[:1]), subnets("Public", PUBLIC)], "private subnets with a way out in 1 zones"),
        ([subnets("Private", PRIVATE)], "public subnets in 0 zones"),
    ],
)
def test_vpc_that_cannot_hold_a_hub_is_told_without_a_traceback(groups: list[Context], words: str) -> None:
    done = run_app({**SHIPPED, "network.vpc.id": VPC_ID, **looked_up(*groups)})
    assert done.code == 1
    assert f"a VPC with {words}" in done.stderr
    assert "Traceback" not in done.stderr


def test_context_pasted_as_a_block_makes_the_same_templates(synthesized: Synthesized) -> None:
    flat, nested = synthesized("seed"), synthesized("seed, nested")
    assert {id: stack.body for id, stack in flat.stacks.items()} == {
        id: stack.body for id, stack in nested.stacks.items()
    }


@pytest.mark.parametrize("variant", sorted(VARIANTS.keys() - {"looked-up VPC"}))
def test_nothing_is_asked_of_aws(synthesized: Synthesized, variant: str) -> None:
    manifest = json.loads((synthesized(variant).folder / "manifest.json").read_text())
    assert manifest.get("missing", []) == []


@pytest.mark.parametrize(
    ("variant", "environments"),
    [
        (
            "shipped",
            {
                "ParentDns": "aws://444455556666/eu-central-1",
                "Dns": "aws://111122223333/eu-central-1",
                "Data": "aws://111122223333/eu-central-1",
                "Hub": "aws://111122223333/eu-central-1",
            },
        ),
        (
            "seed",
            {
                "ParentDns": "aws://111122223333/unknown-region",
                "Dns": "aws://unknown-account/unknown-region",
                "Data": "aws://unknown-account/unknown-region",
                "Hub": "aws://unknown-account/unknown-region",
            },
        ),
    ],
)
def test_stacks_are_for_these_environments(
    synthesized: Synthesized, variant: str, environments: dict[str, str]
) -> None:
    assert {id: each["environment"] for id, each in synthesized(variant).artifacts.items()} == environments


def test_stacks_are_named_after_the_deployment(synthesized: Synthesized) -> None:
    assert {id: each["properties"]["stackName"] for id, each in synthesized("shipped").artifacts.items()} == {
        id: f"jupyterhub-{id}" for id in ("ParentDns", "Dns", "Data", "Hub")
    }


def test_load_balancer_may_move_inside_while_the_hub_stands(synthesized: Synthesized) -> None:
    outside, inside = (synthesized(variant)["Data"].body["Outputs"] for variant in ("shipped", "internal"))
    assert {name for name in outside if "Subnet" in name and "RouteTable" not in name} <= inside.keys()


def test_looked_up_and_listed_vpc_make_the_same_hub(synthesized: Synthesized) -> None:
    def without_notes(value: Any) -> Any:
        return {id: (each["Type"], each.get("Properties")) for id, each in value.resources.items()}

    looked_up, listed = synthesized("looked-up VPC")["Hub"], synthesized("listed subnets")["Hub"]
    assert without_notes(looked_up) == without_notes(listed)


# The construct in a stack of a user's own.


@pytest.mark.parametrize(
    "kind",
    [kinds.VPC, kinds.ZONE, kinds.DELEGATION, kinds.CLUSTER, kinds.FILE_SYSTEM, kinds.VOLUME, kinds.CERTIFICATE],
)
def test_construct_makes_all_that_a_hub_needs(synthesized: Synthesized, kind: str) -> None:
    assert len(synthesized("construct alone")["Hub"].ids(kind)) == 1


def test_construct_makes_one_stack(synthesized: Synthesized) -> None:
    assert set(synthesized("construct alone").stacks) == {"Hub"}


@pytest.mark.parametrize(
    "chart", ["jupyterhub", "aws-load-balancer-controller", "external-secrets", "cluster-autoscaler"]
)
def test_construct_installs_what_the_app_installs(synthesized: Synthesized, chart: str) -> None:
    def without_references(variant: str) -> Any:
        return _blurred(synthesized(variant)["Hub"].values(chart))

    assert without_references("construct alone") == without_references("shipped")


def _blurred(value: Any) -> Any:
    """A value whose references all look alike."""
    if isinstance(value, dict):
        return {key: _blurred(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_blurred(item) for item in value]
    return "reference" if isinstance(value, str) and value.startswith("${") else value
