"""Lambda functions for tests, from their source."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from rehearsal.aws import Cloud

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}],
}

# As CDK's framework does it, without the port of the address.
ANSWERING = """
const https = require("https");
exports.handler = async (event) => {
  const url = new URL(event.ResponseURL);
  const body = JSON.stringify(ANSWER(event));
  await new Promise((resolve, reject) => {
    const request = https.request(
      { hostname: url.hostname, path: url.pathname, method: "PUT", headers: { "content-length": body.length } },
      (response) => { response.resume(); response.on("end", resolve); },
    );
    request.on("error", reject);
    request.end(body);
  });
};
"""


def archive(**files: str) -> bytes:
    """A zip archive of files; the last underscore of a name is its dot."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as folder:
        for name, text in files.items():
            folder.writestr(".".join(name.rsplit("_", 1)), text)
    return buffer.getvalue()


def role(cloud: Cloud, name: str) -> str:
    """A role for functions."""
    made = cloud.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    return str(made["Role"]["Arn"])


def function(cloud: Cloud, name: str, code: bytes, runtime: str, **more: Any) -> str:
    """A function with a role of its own: its ARN. Its handler is `index.handler`."""
    made = cloud.client("lambda").create_function(
        FunctionName=name,
        Runtime=runtime,
        Role=role(cloud, name),
        Handler="index.handler",
        Code={"ZipFile": code},
        **{"Timeout": 30, **more},  # Lambda's own is 3 seconds
    )
    return str(made["FunctionArn"])


def python(cloud: Cloud, name: str, source: str, **more: Any) -> str:
    """A function in Python."""
    return function(cloud, name, archive(index_py=source), "python3.13", **more)


def node(cloud: Cloud, name: str, source: str, **more: Any) -> str:
    """A function in Node."""
    return function(cloud, name, archive(index_js=source), "nodejs24.x", **more)


def answering(cloud: Cloud, name: str, answer: str) -> str:
    """A function that makes custom resources: `answer` is the JavaScript of what it answers to an event."""
    return node(cloud, name, ANSWERING.replace("ANSWER", f"((event) => ({answer}))"))


def invoke(cloud: Cloud, name: str, event: Any = None) -> tuple[bool, Any]:
    """Whether a function failed, and what it answered."""
    answer = cloud.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode())
    return "FunctionError" in answer, json.loads(answer["Payload"].read())
