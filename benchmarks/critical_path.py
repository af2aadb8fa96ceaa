"""How long `cdk deploy` and `cdk destroy` take at least, by a model: `python benchmarks/critical_path.py [ASSEMBLY …]`.

The longest chain through what waits for what in the templates, and between stacks, if a resource of each type takes
its typical time; without an assembly, that of the shipped example. A destroy goes through the same graph backwards, in
other times. The seconds are rounded from AWS's documentation and public logs of deployments. They are the same for
every assembly, so that it is the shape of the graph that is compared; no account deploys in just this time.
"""

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

SECONDS = {
    "AWS::CertificateManager::Certificate": 120,
    "AWS::CloudFormation::Stack": 45,
    "AWS::Cognito::UserPoolDomain": 20,
    "AWS::EC2::InternetGateway": 15,
    "AWS::EC2::NatGateway": 105,
    "AWS::EC2::VPC": 15,
    "AWS::EFS::FileSystem": 15,
    "AWS::EFS::MountTarget": 90,
    "AWS::EKS::AccessEntry": 5,
    "AWS::EKS::Addon": 40,
    "AWS::EKS::Cluster": 540,
    "AWS::EKS::FargateProfile": 120,
    "AWS::EKS::Nodegroup": 150,
    "AWS::EKS::PodIdentityAssociation": 5,
    "AWS::IAM::InstanceProfile": 120,
    "AWS::IAM::ManagedPolicy": 16,
    "AWS::IAM::Policy": 16,
    "AWS::IAM::Role": 18,
    "AWS::KMS::Key": 20,
    "AWS::Lambda::Function": 10,
    "AWS::Lambda::LayerVersion": 8,
    "AWS::Route53::HostedZone": 35,
    "AWS::Route53::RecordSet": 35,
    "Custom::AWSCDK-EKS-Cluster": 600,
    "Custom::AWSCDK-EKS-KubernetesPatch": 15,
    "Custom::AWSCDK-EKS-KubernetesResource": 15,
    "Custom::AWSCDKCfnJson": 8,
    "Custom::AWSCDKOpenIdConnectProvider": 15,
    "Custom::CrossAccountZoneDelegation": 45,
}
CHART = "Custom::AWSCDK-EKS-HelmChart"
HUB, CHART_THAT_IS_WAITED_FOR, OTHER_CHART = 120, 60, 20
OTHER_CUSTOM_RESOURCE, OTHER = 15, 5

FUNCTION = "AWS::Lambda::Function"
GONE = {
    "AWS::EC2::NatGateway": 75,
    "AWS::EFS::MountTarget": 30,
    "AWS::EKS::AccessEntry": 5,
    "AWS::EKS::Addon": 30,
    "AWS::EKS::Cluster": 150,
    "AWS::EKS::Nodegroup": 360,
    "AWS::IAM::Role": 5,
    FUNCTION: 5,
    "AWS::Route53::RecordSet": 35,
    "Custom::AWSCDK-EKS-HelmChart": 20,
    "Custom::AWSCDK-EKS-KubernetesResource": 15,
    "Custom::CrossAccountZoneDelegation": 45,
    "Custom::NothingLeft": 60,
}
"""Until a resource is deleted. Node groups drain, and their instances end: public logs have 250 to 500 s."""
FUNCTION_IN_A_VPC = 600
"""Its network interfaces go some time after it: up to 45 minutes, says AWS, and mostly less than 20."""
OTHER_GONE = 3

Resource = Mapping[str, Any]
Order = Mapping[str, set[str]]


@dataclass(frozen=True)
class Chain:
    """What takes longest, one after the other."""

    steps: tuple[tuple[str, int], ...]
    """Ids of resources, with the seconds of each."""

    @property
    def seconds(self) -> int:
        """How long all of them take."""
        return sum(seconds for _, seconds in self.steps)

    @property
    def ids(self) -> tuple[str, ...]:
        """Which they are."""
        return tuple(id for id, _ in self.steps)


def seconds(resource: Resource) -> int:
    """How long a resource takes."""
    kind = resource["Type"]
    if kind == CHART:
        if not resource["Properties"].get("Wait"):
            return OTHER_CHART
        return HUB if "jupyterhub" in str(resource["Properties"].get("Chart")) else CHART_THAT_IS_WAITED_FOR
    custom = kind.startswith("Custom::") or kind == "AWS::CloudFormation::CustomResource"
    return SECONDS.get(kind, OTHER_CUSTOM_RESOURCE if custom else OTHER)


def gone(resource: Resource) -> int:
    """How long a resource takes to be deleted; what is kept takes no time."""
    if resource.get("DeletionPolicy", "Delete") not in ("Delete", "Snapshot"):
        return 0
    if resource["Type"] == FUNCTION and "VpcConfig" in resource["Properties"]:
        return FUNCTION_IN_A_VPC
    return GONE.get(resource["Type"], OTHER_GONE)


def longest(resources: Mapping[str, Resource]) -> Chain:
    """The longest chain in a template when it is deployed."""
    return _longest(_order(resources), {id: seconds(each) for id, each in resources.items()})


def longest_back(resources: Mapping[str, Resource]) -> Chain:
    """The longest chain in a template when it is destroyed."""
    before, takes = _order(resources), {id: gone(each) for id, each in resources.items()}
    inside = [id for id, each in resources.items() if takes[id] == FUNCTION_IN_A_VPC]
    for id in inside:  # functions share the interfaces, which the last of them waits for
        if any(other in _all_before(before, id) for other in inside):
            takes[id] = GONE[FUNCTION]
    return _longest({id: {other for other in resources if id in before[other]} for id in resources}, takes)


def _order(resources: Mapping[str, Resource]) -> Order:
    """What each resource waits for when it is made."""
    return {id: _waited_for(each) & resources.keys() - {id} for id, each in resources.items()}


def _waited_for(resource: Resource) -> set[str]:
    stated = resource.get("DependsOn", [])
    return {*([stated] if isinstance(stated, str) else stated), *_named(resource.get("Properties", {}))}


def _all_before(before: Order, id: str) -> set[str]:
    return before[id].union(*(_all_before(before, each) for each in before[id]))


def _longest(before: Order, takes: Mapping[str, int]) -> Chain:
    @cache
    def until(id: str) -> Chain:
        first = max(map(until, before[id]), key=_time, default=Chain(()))
        return Chain((*first.steps, (id, takes[id])))

    return max(map(until, takes), key=_time, default=Chain(()))


def stacks(assembly: Path, *, back: bool = False) -> dict[str, tuple[int, Chain, Mapping[str, Resource]]]:
    """When each stack of an assembly is deployed or destroyed, its own longest chain, and its resources."""
    artifacts = json.loads((assembly / "manifest.json").read_text())["artifacts"]
    own = {id: each for id, each in artifacts.items() if each["type"] == "aws:cloudformation:stack"}
    before = {id: {*each.get("dependencies", [])} & own.keys() for id, each in own.items()}
    if back:
        before = {id: {other for other in own if id in before[other]} for id in own}

    @cache
    def done(id: str) -> tuple[int, Chain, Mapping[str, Resource]]:
        body = json.loads((assembly / own[id]["properties"]["templateFile"]).read_text())["Resources"]
        chain = longest_back(body) if back else longest(body)
        return max((done(each)[0] for each in before[id]), default=0) + chain.seconds, chain, body

    return {id: done(id) for id in own}


def _time(chain: Chain) -> int:
    return chain.seconds


def _named(value: object) -> Iterator[str]:
    """What a value refers to; parameters and the like are among it."""
    if isinstance(value, list):
        for each in value:
            yield from _named(each)
    if not isinstance(value, dict):
        return
    for key, each in value.items():
        if key == "Ref":
            yield each
        elif key == "Fn::GetAtt":
            yield each[0] if isinstance(each, list) else each.partition(".")[0]
        elif key == "Fn::Sub":
            yield from re.findall(r"\$\{([A-Za-z0-9]+)", each if isinstance(each, str) else each[0])
        yield from _named(each)


def _shipped(folder: Path) -> Path:
    from tests.templates.assembly import synthesize
    from tests.templates.variants import SHIPPED

    return synthesize(SHIPPED, folder).folder


def main(assemblies: list[Path]) -> None:
    """Print the chains."""
    with tempfile.TemporaryDirectory() as folder:
        for assembly in assemblies or [_shipped(Path(folder))]:
            for word in ("deployed", "destroyed"):
                found = stacks(assembly, back=word == "destroyed")
                print(f"{assembly}: {word} in {max(time for time, _, _ in found.values())} s")
                for id, (time, chain, resources) in found.items():
                    print(f"  {id}: {word} at {time} s, takes {chain.seconds} s")
                    for each, takes in chain.steps:
                        print(f"    {takes:>4} {resources[each]['Type']} {each}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="How long `cdk deploy` and `cdk destroy` take at least.")
    parser.add_argument("assemblies", nargs="*", type=Path, help="folders such as cdk.out; without one, the example's")
    given: list[Path] = parser.parse_args().assemblies
    for each in given:
        if not (each / "manifest.json").exists():
            parser.error(f"{each} is no cloud assembly: make synth leaves one in cdk.out")
    main(given)
