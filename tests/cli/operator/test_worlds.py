"""Worlds that are broken: a clear line each, whatever was asked for, and nothing changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from blueprint.versions import JUPYTERHUB
from tests.cli.internet import Reply
from tests.cli.operator.deployment import DATA, HOST, HUB, Deployment

assert JUPYTERHUB.namespace == "jupyterhub"
World = Callable[[Deployment, pytest.MonkeyPatch], None]


def facts(deployment: Deployment) -> dict[str, Any]:
    """The cluster, as EKS tells it."""
    return deployment.server._clusters.at("123412341234", "eu-central-1")["jupyterhub"].facts


def no_credentials(deployment: Deployment, patch: pytest.MonkeyPatch) -> None:
    patch.delenv("AWS_ACCESS_KEY_ID")
    patch.delenv("AWS_SECRET_ACCESS_KEY")
    patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    patch.setenv("HOME", str(deployment.folder))


def no_profile(deployment: Deployment, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("AWS_PROFILE", "nobody")


def wrong_account(deployment: Deployment, patch: pytest.MonkeyPatch) -> None:
    other = deployment.server.credentials("999988887777").environment()
    for name, value in other.items():
        patch.setenv(name, value)


def no_network(deployment: Deployment, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")


def no_cluster(deployment: Deployment, patch: pytest.MonkeyPatch) -> None:
    deployment.cloud.client("eks").delete_cluster(name="jupyterhub")


def cluster_that_does_not_answer(deployment: Deployment, patch: pytest.MonkeyPatch) -> None:
    patch.setitem(facts(deployment), "endpoint", "https://127.0.0.1:9")


def private_cluster(deployment: Deployment, patch: pytest.MonkeyPatch) -> None:
    deployment.set(api_endpoint="private")
    cluster_that_does_not_answer(deployment, patch)


def no_access_entry(deployment: Deployment, patch: pytest.MonkeyPatch) -> None:
    deployment.cluster.knows = False


def too_few_rights(deployment: Deployment, patch: pytest.MonkeyPatch) -> None:
    deployment.cluster.breaks = lambda method, path: (403, {"message": "forbidden"})


def busy_cluster(deployment: Deployment, patch: pytest.MonkeyPatch) -> None:
    deployment.cluster.breaks = lambda method, path: (429, {"message": "slow down"})


def failing_cluster(deployment: Deployment, patch: pytest.MonkeyPatch) -> None:
    deployment.cluster.breaks = lambda method, path: (503, "<html>")


def no_json(deployment: Deployment, patch: pytest.MonkeyPatch) -> None:
    deployment.cluster.breaks = lambda method, path: "<html>a proxy's page</html>"


def lists_of_another_form(deployment: Deployment, patch: pytest.MonkeyPatch) -> None:
    deployment.cluster.breaks = lambda method, path: (200, {"items": "none"})


def unknown_refusal(deployment: Deployment, patch: pytest.MonkeyPatch) -> None:
    deployment.cluster.breaks = lambda method, path: (422, {"message": "not like this"})


def somebody_in_between(deployment: Deployment, patch: pytest.MonkeyPatch) -> None:
    other = deployment.cluster.authority.certificate.parent / "other"
    from rehearsal.certificates import Authority

    another = {"data": _encoded(Authority(other, "another").certificate.read_bytes())}
    patch.setitem(facts(deployment), "certificateAuthority", another)


def _encoded(content: bytes) -> str:
    import base64

    return base64.b64encode(content).decode()


def certificate_that_is_none(deployment: Deployment, patch: pytest.MonkeyPatch) -> None:
    patch.setitem(facts(deployment), "certificateAuthority", {"data": "###"})


def cluster_that_is_made(deployment: Deployment, patch: pytest.MonkeyPatch) -> None:
    patch.setitem(facts(deployment), "status", "CREATING")


def no_role_to_assume(deployment: Deployment, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("ROLE", "arn:aws:iam::123412341234:role/nobody")


SPOILED: dict[str, tuple[World, str]] = {
    "no credentials": (no_credentials, "There are no credentials. → Name a profile with --profile"),
    "no such profile": (no_profile, "There is no profile nobody."),
    "wrong account": (wrong_account, "the credentials are of 999988887777, not of 123412341234. → Use credentials of"),
    "no network": (no_network, "AWS is not reached"),
    "no cluster": (no_cluster, "There is no cluster jupyterhub. → cdk deploy Hub"),
    "cluster does not answer": (cluster_that_does_not_answer, "The cluster's API is not reached"),
    "private cluster": (private_cluster, "It is private (api.endpoint): run this inside the VPC"),
    "no access entry": (no_access_entry, "it has no access entry. → Be one of admin.roles"),
    "too few rights in the cluster": (too_few_rights, "→ Be one of admin.roles, which administer the cluster"),
    "busy cluster": (busy_cluster, "does not answer at this time (429). → Try again in a minute"),
    "failing cluster": (failing_cluster, "does not answer at this time (503)."),
    "an answer that is no JSON": (no_json, "gave an answer that was not understood"),
    "lists of another form": (lists_of_another_form, "gave an answer that was not understood"),
    "a refusal nobody expects": (unknown_refusal, "not like this"),
    "somebody in between": (somebody_in_between, "Something between here and EKS answers in its place"),
    "a certificate that is none": (certificate_that_is_none, "EKS tells no certificate that can be read."),
    "a cluster that is made": (cluster_that_is_made, "The cluster is CREATING. → Wait"),
}
COMMANDS = {
    "status": ("status",),
    "homes": ("homes", "size"),
    "restore": ("restore", "home", "ada", "--path", "work/thesis", "--yes"),
}


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize(("spoil", "line"), SPOILED.values(), ids=SPOILED)
def test_broken_world_is_told_in_a_line(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, spoil: World, line: str, words: tuple[str, ...]
) -> None:
    spoil(deployment, monkeypatch)
    assert line in deployment.told(*words, code=1)
    assert {each.split()[0] for each in deployment.cluster.asked} <= {"GET"}


def test_role_that_nobody_may_assume_is_told(deployment: Deployment) -> None:
    told = deployment.told("status", "--role", "arn:aws:iam::123412341234:role/nobody", code=1)
    assert "These credentials may not call AssumeRole." in told


REFUSED = {
    "ExpiredToken": "The credentials have ended. → Sign in again",
    "UnrecognizedClientException": "AWS does not know these credentials",
    "ThrottlingException": "AWS answers too many calls at this time",
    "AccessDeniedException": "These credentials may not call DescribeCluster. → docs/status.md lists the rights",
}


@pytest.mark.parametrize(("code", "line"), REFUSED.items(), ids=REFUSED)
def test_what_aws_refuses_is_told_in_a_line(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, code: str, line: str
) -> None:
    from rehearsal.aws.api import ApiError
    from rehearsal.aws.eks.api import Eks

    def refuse(api: object, wanted: object) -> None:
        raise ApiError(code, "no")

    monkeypatch.setattr(Eks, "describe_cluster", refuse)
    assert line in deployment.told("status", code=1)


def test_half_deployed_stack_is_told(bare: Deployment) -> None:
    told = bare.told("status", code=1)
    assert "There is no cluster jupyterhub. → cdk deploy Hub" in told
    assert "There is no stack jupyterhub-Data. → Deploy it: cdk deploy Data" in told


def test_stack_without_a_volume_is_told(bare: Deployment) -> None:
    bare.deploy({name: of for name, of in DATA.items() if name != "Database"})
    told = bare.told("status", code=1)
    assert "The stack Data has no volume of the hub's database yet: it is deployed in part." in told


def test_hub_that_is_older_than_its_token_is_told(deployment: Deployment) -> None:
    deployment.cluster.put(f"{HUB}/secrets/hub", {"data": {}})
    assert "The hub has no token for the operator yet" in deployment.told("status", code=1)


HUBS = {
    "refuses": (Reply("", 403), "The hub does not take the operator's token (403)."),
    "fails": (Reply("", 500), "The hub answers 500 when it is asked who is there."),
    "no JSON": (Reply("<html>"), "answers with something else than a JSON object"),
    "another form": (Reply({"items": [{}], "_pagination": {"next": None}}), "gave an answer that was not understood"),
    "no pages": (Reply([]), "answers with something else than a JSON object"),
}


@pytest.mark.parametrize(("reply", "line"), HUBS.values(), ids=HUBS)
def test_hub_that_does_not_tell_leaves_what_the_cluster_knows(deployment: Deployment, reply: Reply, line: str) -> None:
    deployment.hub.broken = reply
    notes = {"annotations": {"hub.jupyter.org/username": "ada"}, "labels": {"component": "singleuser-server"}}
    deployment.cluster.put(f"{HUB}/pods/jupyter-ada", {"metadata": notes, "spec": {}, "status": {"phase": "Running"}})
    told = deployment.told("status", code=1)
    assert line in told
    assert "ada running ?" in told


def test_hub_that_is_not_reached_from_here_is_told(deployment: Deployment) -> None:
    deployment.set(ingress_scheme="internal")
    del deployment.internet._contexts[HOST]
    assert "The hub is not reached from here" in deployment.told("status", code=1)


def test_what_is_at_fault_is_told_to_scripts(deployment: Deployment) -> None:
    deployment.cluster.knows = False
    told = deployment.json("status", code=1)
    assert told["servers"] is None
    assert told["storage"][0]["what"] == "homes"
    assert [each["level"] for each in told["faults"]] == ["fault"]
