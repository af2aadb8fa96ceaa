"""Our own custom resources in a whole deployment: what stops it early, and what holds a destroy."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rehearsal.deploying import prepare
from tests.rehearsal.lives import Life
from tests.templates.variants import ACCOUNT, DNS_ACCOUNT, SHIPPED

CLUSTER = "jupyterhub"
OURS = {"Key": "elbv2.k8s.aws/cluster", "Value": CLUSTER}


@pytest.fixture
def deployed(life: Life) -> Life:
    """All stacks; the functions that wait at a destroy have patience for one look."""
    assert set(life.deploy(SHIPPED).values()) == {"CREATE_COMPLETE"}, life.failures
    client = life.workload.client("lambda")
    for function in client.list_functions()["Functions"]:
        if function["Handler"].startswith("handlers.leftovers."):
            client.update_function_configuration(FunctionName=function["FunctionName"], Timeout=70)
    return life


def balancer(life: Life) -> str:
    """A load balancer that the hub's controller left, and its security group."""
    ec2 = life.workload.client("ec2")
    vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["false"]}])["Vpcs"][0]["VpcId"]
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
    balancers = life.workload.client("elbv2").create_load_balancer(
        Name="hub", Subnets=[each["SubnetId"] for each in subnets if each["MapPublicIpOnLaunch"]], Tags=[OURS]
    )
    return str(balancers["LoadBalancers"][0]["LoadBalancerArn"])


def change_record(life: Life, action: str, name: str, value: str) -> None:
    """Change a text of the subzone."""
    route53: Any = life.workload.client("route53")
    (zone,) = route53.list_hosted_zones()["HostedZones"]
    record = {"Name": name, "Type": "TXT", "TTL": 60, "ResourceRecords": [{"Value": f'"{value}"'}]}
    changes = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
    route53.change_resource_record_sets(HostedZoneId=zone["Id"], ChangeBatch=changes)


def test_a_missing_client_secret_stops_the_deployment_and_says_what_to_do(life: Life) -> None:
    secrets = life.workload.client("secretsmanager")
    secrets.delete_secret(SecretId=SHIPPED["clientSecretArn"], ForceDeleteWithoutRecovery=True)
    statuses = life.deploy(SHIPPED)
    data = life.stacks.pop("Data")
    (said,) = [each for each in life.failures if f"There is no secret {SHIPPED['clientSecretArn']}" in each]
    assert (statuses["Data"], "Hub" in statuses) == ("ROLLBACK_COMPLETE", False)
    assert "Store the client secret first (make secret, in this account and region).\nThen deploy again." in said
    data.delete()  # as the CDK CLI does before it deploys again
    prepare(life.workload, SHIPPED)
    assert life.deploy(SHIPPED)["Hub"] == "CREATE_COMPLETE"


def test_what_the_controllers_left_holds_the_hub_until_it_is_gone(deployed: Life) -> None:
    arn = balancer(deployed)
    owner = f"jupyterhub-eu-central-1-{ACCOUNT}"
    mark = ("edns-a.jupyter.dev.example.com", f"heritage=external-dns,external-dns/owner={owner}")
    change_record(deployed, "CREATE", *mark)
    statuses = deployed.destroy()
    running = deployed.workload.client("eks").list_clusters()["clusters"]
    said = " ".join(deployed.failures)
    assert (statuses, running) == ({"Hub": "DELETE_FAILED"}, [CLUSTER])
    assert (arn in said, "DNS record edns-a.jupyter.dev.example.com" in said) == (True, True)
    deployed.workload.client("elbv2").delete_load_balancer(LoadBalancerArn=arn)
    change_record(deployed, "DELETE", *mark)
    assert set(deployed.destroy().values()) == {"DELETE_COMPLETE"}


def test_a_home_that_the_driver_left_holds_the_hub_until_it_is_gone(deployed: Life) -> None:
    efs = deployed.workload.client("efs")
    (system,) = efs.describe_file_systems()["FileSystems"]
    made = {"Key": "efs.csi.aws.com/cluster", "Value": "true"}
    point = efs.create_access_point(ClientToken="x", FileSystemId=system["FileSystemId"], Tags=[made])["AccessPointId"]
    statuses = deployed.destroy()
    assert (statuses, f"EFS access point {point}" in " ".join(deployed.failures)) == ({"Hub": "DELETE_FAILED"}, True)
    efs.delete_access_point(AccessPointId=point)
    assert deployed.destroy()["Hub"] == "DELETE_COMPLETE"


def test_a_stranger_s_record_holds_the_subzone(deployed: Life) -> None:
    change_record(deployed, "CREATE", "mine.dev.example.com", "x")
    statuses = deployed.destroy()
    assert (list(statuses), statuses["Dns"]) == (["Hub", "Data", "Dns"], "DELETE_FAILED")
    assert "holds 1 record(s) that this stack did not make" in " ".join(deployed.failures)
    assert "- mine.dev.example.com. TXT" in " ".join(deployed.failures)
    change_record(deployed, "DELETE", "mine.dev.example.com", "x")
    assert (set(deployed.destroy().values()), deployed.left(DNS_ACCOUNT)) == ({"DELETE_COMPLETE"}, {})
