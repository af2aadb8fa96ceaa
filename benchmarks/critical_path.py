"""How long `cdk deploy` takes at least, by a model: `python benchmarks/critical_path.py [CLOUD_ASSEMBLY …]`.

The longest chain through what waits for what in the templates, and between stacks, if a resource of each type takes
its typical time; without an assembly, that of the shipped example. A destroy goes the same way backwards. The seconds
are rounded from AWS's documentation and public logs of deployments. They are the same for every assembly, so that it is
the shape of the graph that is compared; no account deploys in just this time.
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

Resource = Mapping[str, Any]


@dataclass(frozen=True)
class Chain:
    """What takes longest, one after the other."""

    seconds: int
    ids: tuple[str, ...] = ()


def seconds(resource: Resource) -> int:
    """How long a resource takes."""
    kind = resource["Type"]
    if kind == CHART:
        if not resource["Properties"].get("Wait"):
            return OTHER_CHART
        return HUB if "jupyterhub" in str(resource["Properties"].get("Chart")) else CHART_THAT_IS_WAITED_FOR
    custom = kind.startswith("Custom::") or kind == "AWS::CloudFormation::CustomResource"
    return SECONDS.get(kind, OTHER_CUSTOM_RESOURCE if custom else OTHER)


def longest(resources: Mapping[str, Resource]) -> Chain:
    """The longest chain in a template."""

    @cache
    def until(id: str) -> Chain:
        resource = resources[id]
        stated = resource.get("DependsOn", [])
        named = {stated} if isinstance(stated, str) else set(stated)
        named.update(_named(resource.get("Properties", {})))
        before = max((until(each) for each in named & resources.keys() - {id}), key=_time, default=Chain(0))
        return Chain(before.seconds + seconds(resource), (*before.ids, id))

    return max(map(until, resources), key=_time, default=Chain(0))


def stacks(assembly: Path) -> dict[str, tuple[int, Chain, Mapping[str, Resource]]]:
    """When each stack of an assembly is deployed, its own longest chain, and its resources."""
    artifacts = json.loads((assembly / "manifest.json").read_text())["artifacts"]
    own = {id: each for id, each in artifacts.items() if each["type"] == "aws:cloudformation:stack"}

    @cache
    def deployed(id: str) -> tuple[int, Chain, Mapping[str, Resource]]:
        body = json.loads((assembly / own[id]["properties"]["templateFile"]).read_text())["Resources"]
        before = max((deployed(each)[0] for each in own[id].get("dependencies", []) if each in own), default=0)
        chain = longest(body)
        return before + chain.seconds, chain, body

    return {id: deployed(id) for id in own}


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
            found = stacks(assembly)
            print(f"{assembly}: {max(time for time, _, _ in found.values())} s")
            for id, (time, chain, resources) in found.items():
                print(f"  {id}: deployed at {time} s, takes {chain.seconds} s")
                for each in chain.ids:
                    print(f"    {seconds(resources[each]):>4} {resources[each]['Type']} {each}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="How long `cdk deploy` takes at least, by a model.")
    parser.add_argument("assemblies", nargs="*", type=Path, help="folders such as cdk.out; without one, the example's")
    given: list[Path] = parser.parse_args().assemblies
    for each in given:
        if not (each / "manifest.json").exists():
            parser.error(f"{each} is no cloud assembly: make synth leaves one in cdk.out")
    main(given)
