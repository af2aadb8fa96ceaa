from typing import Any

import boto3
import yaml

from tests.cli.aws import CREDENTIALS
from tests.cli.conftest import BLUEPRINT, Run

EBS = (BLUEPRINT, "homes", "volumes", "-c", "storage.home=ebs")


def volume(endpoint: str, claim: str, *, deployment: str = "jupyterhub", namespace: str = "jupyterhub") -> str:
    ec2 = boto3.client(
        "ec2",
        endpoint_url=endpoint,
        region_name="eu-central-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    tags = {
        "jupyterhub-eks:deployment": deployment,
        "kubernetes.io/created-for/pvc/name": claim,
        "kubernetes.io/created-for/pvc/namespace": namespace,
    }
    return ec2.create_volume(
        AvailabilityZone="eu-central-1a",
        Size=10,
        TagSpecifications=[
            {"ResourceType": "volume", "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
        ],
    )["VolumeId"]


def homes(run: Run, endpoint: str) -> tuple[list[dict[str, Any]], str]:
    result = run(*EBS, **CREDENTIALS, AWS_ENDPOINT_URL=endpoint)
    assert result.returncode == 0, result.stderr
    return list(yaml.safe_load_all(result.stdout)), result.stderr


def test_kept_home_is_reserved_for_the_claim_of_its_name(run: Run, aws: str) -> None:
    kept = volume(aws, "claim-ada")
    objects, _ = homes(run, aws)
    assert objects == [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": f"home-{kept}"},
            "spec": {
                "capacity": {"storage": "10Gi"},
                "accessModes": ["ReadWriteOnce"],
                "persistentVolumeReclaimPolicy": "Retain",
                "storageClassName": "home",
                "claimRef": {
                    "apiVersion": "v1",
                    "kind": "PersistentVolumeClaim",
                    "namespace": "jupyterhub",
                    "name": "claim-ada",
                },
                "csi": {"driver": "ebs.csi.aws.com", "volumeHandle": kept, "fsType": "ext4"},
                "nodeAffinity": {
                    "required": {
                        "nodeSelectorTerms": [
                            {
                                "matchExpressions": [
                                    {
                                        "key": "topology.kubernetes.io/zone",
                                        "operator": "In",
                                        "values": ["eu-central-1a"],
                                    }
                                ]
                            }
                        ]
                    }
                },
            },
        }
    ]


def test_volumes_of_others_are_left_alone(run: Run, aws: str) -> None:
    volume(aws, "claim-ada", deployment="another")
    volume(aws, "claim-ada", namespace="default")
    assert homes(run, aws)[0] == []


def test_of_two_volumes_of_a_claim_one_is_taken_and_the_other_named(run: Run, aws: str) -> None:
    both = {volume(aws, "claim-ada"), volume(aws, "claim-ada")}
    objects, told = homes(run, aws)
    taken = {each["spec"]["csi"]["volumeHandle"] for each in objects}
    assert len(taken) == 1
    assert f"claim-ada has older volumes too, which stay as they are: {(both - taken).pop()}" in told


def test_homes_on_efs_need_no_command(run: Run) -> None:
    result = run(BLUEPRINT, "homes", "volumes")
    assert (result.returncode, result.stdout) == (1, "")
    assert "Homes are on EFS" in result.stderr
