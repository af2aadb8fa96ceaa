"""`blueprint diagram`: what is in the templates is in the picture, in each of its forms, and can be read there."""

import io
import json
import xml.etree.ElementTree as ElementTree
from collections import Counter
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import pytest
from PIL import Image

from blueprint.cli.diagram.architecture import architecture
from blueprint.cli.diagram.drawing import measure, png, svg
from blueprint.cli.diagram.elements import Architecture, Card
from blueprint.cli.diagram.layout import PAD, Box, lay_out
from blueprint.cli.diagram.words import in_words
from blueprint.config import load
from tests.cli.conftest import BLUEPRINT, Run
from tests.templates import assembly
from tests.templates.variants import VARIANTS

DRAWN: Final = [
    *("shipped", "parent", "listed subnets", "EBS homes", "internal", "own parts", "thrown away"),
    *("a small network", "a gateway a zone", "four user nodes", "Karpenter", "Karpenter, own parts"),
    *("Karpenter, machines", "Cognito", "seed", "few features", "Fargate"),
]
BELOW_NOTICE: Final = {
    **dict.fromkeys(
        ("AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::InstanceProfile", "AWS::EKS::PodIdentityAssociation"),
        "who may do what",
    ),
    **dict.fromkeys(("AWS::EKS::AccessEntry", "AWS::IAM::OIDCProvider", "AWS::SSM::Parameter"), "who may do what"),
    **dict.fromkeys(
        ("AWS::Lambda::Function", "AWS::Lambda::LayerVersion", "AWS::Logs::LogGroup"), "the CDK's own work"
    ),
    **dict.fromkeys(
        ("AWS::EC2::Subnet", "AWS::EC2::RouteTable", "AWS::EC2::SubnetRouteTableAssociation", "AWS::EC2::Route"),
        "the network's inside",
    ),
    **dict.fromkeys(
        ("AWS::EC2::InternetGateway", "AWS::EC2::VPCGatewayAttachment", "AWS::EC2::VPCEndpoint"), "the network's inside"
    ),
    **dict.fromkeys(
        ("AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupEgress", "AWS::EC2::SecurityGroupIngress"),
        "the network's inside",
    ),
    **dict.fromkeys(("AWS::EFS::AccessPoint", "AWS::EFS::MountTarget"), "the file system's inside"),
    **dict.fromkeys(("AWS::SQS::QueuePolicy", "AWS::Events::Rule"), "the queue's inside"),
    "AWS::Backup::BackupSelection": "the plan's inside",
    "AWS::EC2::LaunchTemplate": "the node groups' inside",
    "AWS::Route53::RecordSet": "the zone's inside",
    "AWS::SecretsManager::Secret": "named beside the key",
    **dict.fromkeys(
        (
            *("AWS::Cognito::UserPoolDomain", "AWS::Cognito::UserPoolClient", "AWS::Cognito::UserPoolGroup"),
            *("AWS::Cognito::UserPoolUser", "AWS::Cognito::UserPoolUserToGroupAttachment"),
        ),
        "the pool's inside",
    ),
}
"""What no picture shows, and why; a type that is neither here nor drawn fails the test."""
OF_CUSTOM_RESOURCES: Final = ("Custom::AWSCDK-EKS-HelmChart", "Custom::CertificateAcrossAccounts")


def drawn(variant: str) -> Architecture:
    return architecture(load(VARIANTS[variant], today=date(2026, 11, 20)).config)


def promised(found: Architecture) -> Counter[str]:
    counted: Counter[str] = Counter()
    for card in found.cards.values():
        counted.update(card.stands_for)
    return counted


def made(variant: str) -> Counter[str]:
    counted: Counter[str] = Counter()
    for stack in assembly.made(VARIANTS[variant]).stacks.values():
        counted.update(resource["Type"] for resource in stack.resources.values())
        counted.update(kind for kind, _ in stack.objects if kind == "NodePool")
    own = {kind: count for kind, count in counted.items() if not kind.startswith("Custom::")}
    return Counter({**own, **{kind: counted[kind] for kind in OF_CUSTOM_RESOURCES if kind in counted}})


@pytest.mark.parametrize("variant", DRAWN)
def test_what_is_in_the_templates_is_in_the_picture(variant: str) -> None:
    found = {kind: count for kind, count in made(variant).items() if kind not in BELOW_NOTICE}
    assert found == dict(promised(drawn(variant)))


@pytest.mark.parametrize("variant", DRAWN)
def test_every_card_s_words_are_in_each_form(variant: str) -> None:
    found = drawn(variant)
    words = "\n".join(in_words(found))
    root = ElementTree.fromstring(svg(found))
    texts = {each.text for each in root.iter() if each.tag.endswith("text")}
    for card in found.cards.values():
        assert {card.title, *card.lines} <= texts
        assert all(each in words for each in (card.title, *card.lines))
    assert next(each.text for each in root if each.tag.endswith("desc")) == words


@pytest.mark.parametrize("variant", DRAWN)
def test_nothing_lies_on_another_or_leaves_its_frame(variant: str) -> None:
    picture = lay_out(drawn(variant), measure)
    for box in picture.root.all():
        for child in box.children:
            assert _within(child, box)
        for one, other in combinations(box.children, 2):
            assert not _meet(one, other)
    for box in picture.root.all():
        if isinstance(box.of, Card):
            assert all(measure(line, 12) <= box.width - 2 * PAD + 1 for line in box.of.lines)


@pytest.mark.parametrize("variant", DRAWN)
def test_no_link_goes_through_a_card(variant: str) -> None:
    picture = lay_out(drawn(variant), measure)
    cards = [box for box in picture.root.all() if isinstance(box.of, Card)]
    for route in picture.routes:
        ends = {route.link.source, route.link.target}
        for box in cards:
            assert isinstance(box.of, Card)
            if box.of.id not in ends:
                assert not any(
                    _crosses(one, other, box) for one, other in zip(route.points, route.points[1:], strict=False)
                )


def _within(child: Box, box: Box) -> bool:
    return (
        child.x >= box.x
        and child.y >= box.y
        and child.x + child.width <= box.x + box.width + 0.01
        and child.y + child.height <= box.y + box.height + 0.01
    )


def _meet(one: Box, other: Box) -> bool:
    apart = one.x + one.width <= other.x or other.x + other.width <= one.x
    return not (apart or one.y + one.height <= other.y or other.y + other.height <= one.y)


def _crosses(one: tuple[float, float], other: tuple[float, float], box: Box) -> bool:
    (left, right), (top, bottom) = sorted((one[0], other[0])), sorted((one[1], other[1]))
    return right > box.x and left < box.x + box.width and bottom > box.y and top < box.y + box.height


def test_both_ways_of_dns_are_told_apart() -> None:
    workload, parent = (list(in_words(drawn(variant))) for variant in ("shipped", "parent"))
    assert any("Stack Dns" in line for line in workload)
    assert not any("Stack Dns" in line for line in parent)
    assert "  Controllers and add-ons \N{RIGHTWARDS ARROW} Role DomainOperatorRole: the hub's records" in parent


def test_the_png_shows_what_the_svg_does() -> None:
    found = drawn("Karpenter, machines")
    image = Image.open(io.BytesIO(png(found)))
    _, _, width, height = ElementTree.fromstring(svg(found)).attrib["viewBox"].split()
    assert image.size == (2 * int(width), 2 * int(height))
    box = next(
        each for each in lay_out(found, measure).root.all() if isinstance(each.of, Card) and each.of.id == "servers"
    )
    inside = image.crop((2 * box.x, 2 * box.y, 2 * (box.x + box.width), 2 * (box.y + box.height)))
    colours: Any = inside.getcolors(100_000)
    assert max(colours)[1] == (0xDD, 0xF4, 0xFF)  # the hub's
    assert (0x1F, 0x23, 0x28) in {colour for _, colour in colours}  # ink


def test_the_command_draws_and_tells(run: Run, tmp_path: Path) -> None:
    files = [tmp_path / "a.svg", tmp_path / "b.PNG"]
    result = run(BLUEPRINT, "diagram", "-o", str(files[0]), "-o", str(files[1]), "-c", "storage.home=ebs")
    assert (result.returncode, result.stderr) == (0, f"Drawn: {files[0]}\nDrawn: {files[1]}\n")
    assert "Homes on EBS" in result.stdout
    assert ElementTree.parse(files[0]).getroot().tag.endswith("svg")
    assert files[1].read_bytes().startswith(b"\x89PNG")


def test_json_has_the_same(run: Run) -> None:
    found = json.loads(run(BLUEPRINT, "diagram", "--json").stdout)
    assert found["title"] == "jupyterhub: https://jupyter.dev.example.com"
    assert {"from": "hub", "to": "servers", "words": "starts, and leads to"} in found["links"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-o", "picture.jpg"], '--output "picture.jpg": take a file whose name ends in .svg or .png.'),
        (["-o", "no-such-folder/a.svg"], "no-such-folder/a.svg: No such file or directory"),
        (["-c", "network.zones=9"], "network.zones"),
    ],
)
def test_what_cannot_be_drawn_is_told(run: Run, arguments: list[str], says: str) -> None:
    result = run(BLUEPRINT, "diagram", *arguments)
    assert (result.returncode, says in result.stderr, "Traceback" in result.stderr) == (1, True, False)
