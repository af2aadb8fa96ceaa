"""Lambda functions run, with what Lambda gives them."""

from __future__ import annotations

import base64
import io
import tarfile
from pathlib import Path

import pytest

from rehearsal.aws import Cloud, Server
from rehearsal.aws.lambda_runtime import helm
from tests.proxies import DEAD
from tests.rehearsal.functions import archive, function, invoke, node, python
from tests.rehearsal.stacks import ACCOUNT, REGION


def test_a_python_function_answers(cloud: Cloud) -> None:
    python(cloud, "adds", "def handler(event, context):\n    return {'sum': event['a'] + event['b']}\n")
    assert invoke(cloud, "adds", {"a": 2, "b": 3}) == (False, {"sum": 5})


def test_a_node_function_answers(cloud: Cloud) -> None:
    node(cloud, "doubles", "exports.handler = async (event) => ({ twice: 2 * event.n });")
    assert invoke(cloud, "doubles", {"n": 4}) == (False, {"twice": 8})


def test_an_error_of_a_python_function_is_told(cloud: Cloud) -> None:
    python(cloud, "raises", "def handler(event, context):\n    raise KeyError('colour')\n")
    assert invoke(cloud, "raises") == (True, {"errorType": "KeyError", "errorMessage": "'colour'"})


def test_an_error_of_a_node_function_is_told(cloud: Cloud) -> None:
    node(cloud, "throws", "exports.handler = async () => { throw new RangeError('too far'); };")
    assert invoke(cloud, "throws") == (True, {"errorType": "RangeError", "errorMessage": "too far"})


def test_a_function_that_does_not_end_is_ended(cloud: Cloud) -> None:
    python(cloud, "hangs", "import threading\ndef handler(event, context):\n    threading.Event().wait()\n", Timeout=1)
    failed, answer = invoke(cloud, "hangs")
    assert (failed, answer["errorType"]) == (True, "Sandbox.Timedout")


def test_a_function_calls_aws_as_its_role(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in DEAD.items():
        monkeypatch.setenv(name, value)
    cloud = server.cloud(ACCOUNT, REGION)
    python(
        cloud,
        "who",
        "import boto3\ndef handler(event, context):\n    return boto3.client('sts').get_caller_identity()['Arn']\n",
        Timeout=30,
    )
    assert invoke(cloud, "who") == (False, f"arn:aws:sts::{ACCOUNT}:assumed-role/who/who")


def test_a_function_has_its_variables_and_none_of_the_machine(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OF_THE_MACHINE", "secret")
    source = "import os\ndef handler(event, context):\n    return [os.environ.get(name) for name in event]\n"
    python(cloud, "variables", source, Environment={"Variables": {"ITS_OWN": "x"}})
    assert invoke(cloud, "variables", ["ITS_OWN", "AWS_REGION", "OF_THE_MACHINE"]) == (False, ["x", REGION, None])


def test_a_function_finds_the_commands_of_its_layers(cloud: Cloud) -> None:
    content = archive(**{"tool/greet_": "#!/bin/sh\necho hello $1\n"})
    layer = cloud.client("lambda").publish_layer_version(LayerName="tools", Content={"ZipFile": content})
    source = "import subprocess\ndef handler(event, context):\n    return subprocess.check_output(event, text=True)\n"
    function(cloud, "greets", archive(index_py=source), "python3.13", Layers=[layer["LayerVersionArn"]])
    assert invoke(cloud, "greets", ["greet.", "you"]) == (False, "hello you\n")


def test_a_runtime_that_is_not_there_is_an_error(cloud: Cloud) -> None:
    function(cloud, "gem", archive(index_rb="x"), "ruby3.4")
    with pytest.raises(cloud.client("lambda").exceptions.ClientError, match="500"):
        invoke(cloud, "gem")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(
            ["upgrade", "hub", "jupyterhub", "--install", "--repo", "https://charts", "--version", "1.0", "--wait"],
            ["upgrade", "hub", "FOLDER/jupyterhub-1.0.tgz", "--install", "--wait"],
            id="a chart of the folder",
        ),
        pytest.param(
            ["upgrade", "hub", "jupyterhub", "--install", "--repo", "https://charts", "--version", "2.0"],
            ["upgrade", "hub", "jupyterhub", "--install", "--repo", "https://charts", "--version", "2.0"],
            id="another version",
        ),
        pytest.param(["uninstall", "jupyterhub"], ["uninstall", "jupyterhub"], id="no install"),
    ],
)
def test_helm_takes_the_charts_that_are_there(
    given: list[str], expected: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("charts")
    (folder / "jupyterhub-1.0.tgz").touch()
    assert helm.arguments(given, str(folder)) == [word.replace("FOLDER", str(folder)) for word in expected]


def test_helm_unpacks_a_chart_of_a_registry_that_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    charts, here = tmp_path / "charts", tmp_path / "here"
    for folder in (charts, here):
        folder.mkdir()
    with tarfile.open(charts / "karpenter-1.0.tgz", "w:gz") as packed:
        described = tarfile.TarInfo("karpenter/Chart.yaml")
        packed.addfile(described, io.BytesIO(b""))
    monkeypatch.chdir(here)
    words = ["pull", "oci://public.ecr.aws/karpenter/karpenter", "--version", "1.0", "--untar"]
    assert (helm.pulled(words, str(charts)), (here / "karpenter" / "Chart.yaml").exists()) == (True, True)
    assert not helm.pulled([word.replace("1.0", "2.0") for word in words], str(charts))
    assert not helm.pulled(["upgrade", "karpenter", "karpenter"], str(charts))


def test_who_wants_to_log_in_to_the_public_registry_is_told_how(server: Server) -> None:
    ecr = server.cloud(ACCOUNT, "us-east-1").client("ecr-public")
    token = ecr.get_authorization_token()["authorizationData"]["authorizationToken"]
    assert base64.b64decode(token).startswith(b"AWS:")
