"""Broken worlds: the parent zone, the subzone, the hub's records, and the role in the DNS account."""

import json
from typing import Any

import pytest

from blueprint.cli.doctor import domain, role
from blueprint.cli.doctor.zones import records
from tests.cli.doctor.staging import WORKLOAD, Stage
from tests.cli.doctor.worlds import Broken, look, texts
from tests.cli.internet import Reply

HOST, SUBZONE = "jupyter.dev.example.com", "dev.example.com"
ROLE = "DomainOperatorRole"
OWNER = '"heritage=external-dns,external-dns/owner={},external-dns/resource=ingress/jupyterhub/jupyterhub"'


def by_name(stage: Stage) -> None:
    """The zone is looked up by its name, as without the setting."""
    del stage.context["parent.hostedzone.id"]


def elsewhere(stage: Stage) -> None:
    stage.names["example.com", "NS"] = ["ns1.registrar.example", "ns2.registrar.example"]


def twin(stage: Stage) -> None:
    stage.make_zone(stage.dns, "example.com")
    by_name(stage)


def private(stage: Stage) -> None:
    vpc = stage.dns.client("ec2").create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    where = {"VPCRegion": "eu-central-1", "VPCId": vpc}
    made = stage.dns.client("route53").create_hosted_zone(
        Name="example.com", CallerReference="private", VPC=where, HostedZoneConfig={"PrivateZone": True}
    )
    stage.context["parent.hostedzone.id"] = made["HostedZone"]["Id"].rpartition("/")[2]


def without_zone(stage: Stage) -> None:
    stage.dns.client("route53").delete_hosted_zone(Id=stage.zone)
    by_name(stage)


def another_zone(stage: Stage) -> None:
    stage.context["parent.hostedzone.id"] = stage.make_zone(stage.dns, "example.org")


def delegated_away(stage: Stage) -> None:
    stage.write(stage.dns, stage.zone, SUBZONE, "NS", "ns1.other.example")


def delegated_by_hand(stage: Stage) -> str:
    """A zone of the subzone's name that no stack of ours has made, and the delegation to it."""
    id = stage.make_zone(stage.workload, SUBZONE, asked=True)
    stage.write(stage.dns, stage.zone, SUBZONE, "NS", *(stage.names[SUBZONE, "NS"] or []))
    return id


def deployed(stage: Stage) -> str:
    """The stack Dns, with its zone."""
    id = delegated_by_hand(stage)
    stage.deploy(stage.workload, "jupyterhub-Dns")
    return id


def with_record(stage: Stage, *owners: str, kind: str = "A", value: str = "192.0.2.7") -> None:
    id = deployed(stage)
    stage.write(stage.workload, id, HOST, kind, value)
    for owner in owners:
        stage.write(stage.workload, id, f"edns-a.{HOST}", "TXT", OWNER.format(owner))


BROKEN = {
    "domain nobody has": Broken(
        lambda stage: stage.names.update({("example.com", "NS"): None}),
        "fault",
        "The world knows no domain example.com",
    ),
    "name without servers of its own": Broken(
        lambda stage: stage.names.update({("example.com", "NS"): []}), "fault", "is a name within a zone"
    ),
    "world asks elsewhere": Broken(
        elsewhere, "fault", "The world asks ns1.registrar.example, ns2.registrar.example for example.com", "registrar"
    ),
    "no zone of the name": Broken(without_zone, "fault", "has no public hosted zone example.com"),
    "two zones of the name": Broken(twin, "fault", "has 2 public hosted zones example.com", "parent.hostedzone.id"),
    "zone of another name": Broken(another_zone, "fault", "is example.org, not example.com"),
    "zone that is not there": Broken(
        lambda stage: stage.context.update({"parent.hostedzone.id": "Z000"}), "fault", "has no hosted zone Z000"
    ),
    "private zone": Broken(private, "fault", "is private: the world does not ask it"),
    "subzone delegated to somebody else": Broken(
        delegated_away, "fault", "dev.example.com is delegated to ns1.other.example", "choose another dev.subzone.name"
    ),
    "alias in the place of the subzone": Broken(
        lambda stage: stage.write(stage.dns, stage.zone, SUBZONE, "CNAME", "www.example.org"),
        "fault",
        "dev.example.com is a CNAME record in example.com",
    ),
    "records that the delegation hides": Broken(
        lambda stage: stage.write(stage.dns, stage.zone, HOST, "A", "192.0.2.7"),
        "warning",
        f"which nobody finds once that is delegated: {HOST} A",
    ),
    "zone of the subzone's name": Broken(
        lambda stage: stage.make_zone(stage.workload, SUBZONE),
        "warning",
        "has 1 hosted zone(s) dev.example.com already",
    ),
    "host with a record of somebody": Broken(with_record, "fault", "that ExternalDNS did not make"),
    "host with another name's alias": Broken(
        lambda stage: with_record(stage, kind="CNAME", value="other.example.org"), "fault", "ExternalDNS did not make"
    ),
    "host of another hub": Broken(
        lambda stage: with_record(stage, "teaching-eu-central-1-111122223333"),
        "fault",
        "belong to another hub (teaching-eu-central-1-111122223333)",
    ),
    "authority that may not issue": Broken(
        lambda stage: stage.names.update({("example.com", "CAA"): ['0 issue "letsencrypt.org"']}),
        "fault",
        "CAA records of example.com allow certificates of letsencrypt.org",
        'example.com CAA 0 issue "amazon.com"',
    ),
    "authority that may not issue for a star": Broken(
        lambda stage: stage.names.update({(SUBZONE, "CAA"): ['0 issue "amazon.com"', '0 issuewild ";"']}),
        "fault",
        "CAA records of dev.example.com",
    ),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_name_is_found_wanting(stage: Stage, broken: Broken) -> None:
    look(stage, domain.CHECKS, broken)


def test_resolver_that_does_not_answer_is_told(stage: Stage) -> None:
    stage.internet.put("dns.google", lambda _: Reply(status=0))
    found = stage.find(domain.CHECKS)
    assert {each.level for each in found} == {"unknown"}
    assert "dns.google" in found[0].text


def test_deployed_subzone_is_well(stage: Stage) -> None:
    with_record(stage, f"jupyterhub-eu-central-1-{WORKLOAD}")
    assert stage.find(domain.CHECKS) == []


def test_neighbours_of_the_host_are_no_concern_of_its(stage: Stage) -> None:
    id = deployed(stage)
    for name in (f"my{HOST}", f"lab.{HOST}"):
        stage.write(stage.workload, id, name, "A", "192.0.2.8")
        stage.write(stage.workload, id, f"edns-a.{name}", "TXT", OWNER.format("teaching"))
    assert stage.find(domain.CHECKS) == []


def test_large_parent_zone_is_not_read_through(stage: Stage) -> None:
    for number in range(3):
        stage.write(stage.dns, stage.zone, f"a{number}.example.com", "A", "192.0.2.8")
        stage.write(stage.dns, stage.zone, f"z{number}.example.com", "A", "192.0.2.8")
        stage.write(stage.dns, stage.zone, f"n{number}.{SUBZONE}", "A", "192.0.2.8")
    names = {each["Name"] for each in records(stage.dns, stage.zone, SUBZONE)}
    assert names == {f"n{number}.{SUBZONE}" for number in range(3)}


def test_host_marked_as_external_dns_does_by_default_is_another_hub_s(stage: Stage) -> None:
    id = deployed(stage)
    stage.write(stage.workload, id, HOST, "A", "192.0.2.8")
    stage.write(stage.workload, id, f"a-{HOST}", "TXT", OWNER.format("teaching"))
    assert "another hub (teaching)" in texts(stage.find(domain.CHECKS))[0]


def test_zone_that_is_delegated_and_not_ours_is_told(stage: Stage) -> None:
    delegated_by_hand(stage)
    told = texts(stage.find(domain.CHECKS))
    assert any("not of a stack jupyterhub-Dns" in each for each in told)


def test_delegation_is_seen_without_the_dns_account(stage: Stage) -> None:
    stage.names[SUBZONE, "NS"] = ["ns1.other.example"]
    stage.with_dns = False
    checks = [check for check in domain.CHECKS if not check.dns]
    look(stage, checks, Broken(lambda stage: None, "fault", "dev.example.com is delegated to ns1.other.example"))


def test_brought_certificate_needs_no_authority(stage: Stage) -> None:
    stage.names["example.com", "CAA"] = ['0 issue "letsencrypt.org"']
    arn = f"arn:aws:acm:eu-central-1:{WORKLOAD}:certificate/12345678-1234-1234-1234-123456789012"
    assert stage.find(domain.CHECKS, certificateArn=arn) == []


def trusting(stage: Stage, **principal: Any) -> None:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", **principal}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    stage.dns.client("iam").update_assume_role_policy(RoleName=ROLE, PolicyDocument=document)


def delete_role(stage: Stage) -> None:
    iam = stage.dns.client("iam")
    for name in iam.list_role_policies(RoleName=ROLE)["PolicyNames"]:
        iam.delete_role_policy(RoleName=ROLE, PolicyName=name)
    iam.delete_role(RoleName=ROLE)


def permit(stage: Stage, name: str, *actions: str) -> None:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    stage.dns.client("iam").put_role_policy(RoleName=ROLE, PolicyName=name, PolicyDocument=document)


def tagged(stage: Stage, stack: str) -> None:
    """Only CloudFormation sets tags that begin so."""
    found = {**stage.dns.client("iam").get_role(RoleName=ROLE)["Role"]}
    found["Tags"] = [{"Key": "aws:cloudformation:stack-name", "Value": stack}]
    found["AssumeRolePolicyDocument"] = json.dumps(found["AssumeRolePolicyDocument"])
    stage.border.answer("iam", "GetRole", {"Role": found})


ROLES = {
    "role that is not there": Broken(delete_role, "fault", "does not exist", "cdk deploy ParentDns"),
    "role that trusts another account": Broken(
        lambda stage: trusting(stage, Principal={"AWS": "arn:aws:iam::999999999999:root"}),
        "fault",
        f"does not trust the account {WORKLOAD}",
    ),
    "role that wants an external id": Broken(
        lambda stage: trusting(
            stage, Principal={"AWS": WORKLOAD}, Condition={"StringEquals": {"sts:ExternalId": "abc-123"}}
        ),
        "fault",
        "wants an external id",
    ),
    "role of another deployment": Broken(
        lambda stage: tagged(stage, "teaching-ParentDns"), "fault", "belongs to the stack teaching-ParentDns"
    ),
    "role without its right": Broken(
        lambda stage: stage.dns.client("iam").delete_role_policy(RoleName=ROLE, PolicyName="Subzone"),
        "fault",
        "may not delegate dev.example.com, take the delegation of dev.example.com back",
    ),
    "role that does not find the zone": Broken(by_name, "fault", "may not find the parent zone by its name"),
    "role with too many rights": Broken(
        lambda stage: permit(stage, "More", "route53:*"),
        "warning",
        "may do more than it needs: write addresses into example.com, delegate other names",
    ),
    "role of an administrator": Broken(lambda stage: permit(stage, "All", "*"), "warning", "start machines"),
    "credentials that may not assume it": Broken(
        lambda stage: stage.border.refuse("sts", "AssumeRole", "AccessDenied"),
        "unknown",
        "whether it can be assumed is not known",
    ),
}


@pytest.mark.parametrize("broken", ROLES.values(), ids=ROLES)
def test_role_is_found_wanting(stage: Stage, broken: Broken) -> None:
    look(stage, role.CHECKS, broken)


def test_role_that_cannot_be_assumed_is_told_without_the_dns_account(stage: Stage) -> None:
    stage.with_dns = False
    stage.border.refuse("sts", "AssumeRole", "AccessDenied")
    checks = [check for check in role.CHECKS if not check.dns]
    look(stage, checks, Broken(lambda stage: None, "fault", "cannot be assumed: it is not there", "--dns-profile"))


def test_role_of_the_other_mode_is_judged_by_what_that_needs(stage: Stage) -> None:
    stage.make_zone(stage.dns, SUBZONE)
    stage.context["dns.subzone.account"] = "parent"
    look(stage, role.CHECKS, Broken(lambda stage: None, "fault", f"may not write A records of {HOST}"))
