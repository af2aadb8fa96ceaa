"""Looks at what servers may do in AWS: with the credentials that a notebook's own code gets, and with none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from botocore.exceptions import ClientError

from blueprint.config.types.access import OWN
from preview.browser import Browser
from preview.people import Person
from rehearsal.aws import Cloud, Credentials
from rehearsal.life import looks
from rehearsal.life.journal import CheckError
from rehearsal.world import GIVEN, World

_ASK: Final = """
import json, os, pathlib, re, urllib.parse, urllib.request
address, given = os.environ.get("AWS_CONTAINER_CREDENTIALS_FULL_URI"), None
if role := os.environ.get("AWS_ROLE_ARN"):
    token = pathlib.Path(os.environ["AWS_WEB_IDENTITY_TOKEN_FILE"]).read_text()
    asked = dict(Action="AssumeRoleWithWebIdentity", Version="2011-06-15", RoleSessionName="notebook", RoleArn=role)
    body = urllib.parse.urlencode(asked | dict(WebIdentityToken=token)).encode()
    sts = f"https://sts.{os.environ['AWS_REGION']}.amazonaws.com/"
    told = urllib.request.urlopen(sts, body, timeout=30).read().decode()
    names = dict(AccessKeyId="AccessKeyId", SecretAccessKey="SecretAccessKey", Token="SessionToken")
    given = {key: re.search(f"<{name}>(.*?)</{name}>", told)[1] for key, name in names.items()}
if address:
    token = pathlib.Path(os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]).read_text()
    request = urllib.request.Request(address, headers={"Authorization": token})
    given = json.load(urllib.request.urlopen(request, timeout=30))
told = {name: value for name, value in os.environ.items() if name.startswith("S3_")}
files = {str(each): each.read_text() for each in sorted(pathlib.Path("/home/jovyan/s3").glob("*/given.txt"))}
print(json.dumps({"given": given, "told": told, "files": files}))
"""
TRIED: Final = "rehearsed.txt"
"""What is written where somebody may, and tried where they may not."""


def rights_are_used(world: World, browser: Browser, person: Person, *, on_fargate: bool = False) -> Iterator[str]:
    """Somebody's notebook can do what they have rights for, and not what they have none for."""
    access = world.config.aws_access
    assert access is not None
    found = json.loads(browser.run(_ASK))
    if person.rights is None:
        looks.expect({"given": None, "told": {}, "files": {}}, found, f"what {person.name}'s notebook has of AWS")
        yield f"{person.name} has no rights in AWS, and no credentials"
        return
    if found["given"] is None:
        raise CheckError(f"{person.name}'s notebook should get credentials")
    credentials = Credentials(found["given"]["AccessKeyId"], found["given"]["SecretAccessKey"], found["given"]["Token"])
    cloud = world.cloud(world.workload_account)
    s3 = Cloud(cloud.url, cloud.account, cloud.region, credentials).client("s3")
    rights = access.by_id[person.rights]
    parts = rights.on_fargate if on_fargate else rights.data or {}
    looks.expect({_variable(each) for each in parts}, {*found["told"]}, f"of which buckets {person.name} is told")
    for name, part in parts.items():
        bucket, _, prefix = found["told"][_variable(name)].removeprefix("s3://").partition("/")
        s3.list_objects_v2(Bucket=bucket, Prefix=prefix)

        def write(bucket: str = bucket, key: str = f"{prefix}{TRIED}") -> None:
            s3.put_object(Bucket=bucket, Key=key, Body=b"")
            s3.delete_object(Bucket=bucket, Key=key)

        if part.write:
            write()
        else:
            _refused(write, f"{person.name} should not write to s3://{bucket}/{prefix}")
        if part.is_own:
            others = (part.prefix or "").replace(OWN, "rights-somebody-else")
            _refused(partial(write, key=f"{others}{TRIED}"), f"{person.name} should not write to {others}")
        yield f"{person.name} {'reads and writes' if part.write else 'reads'} s3://{bucket}/{prefix}"
    folders = [] if on_fargate else [name for id, name, _ in access.folders() if id == person.rights]
    files = {f"/home/jovyan/s3/{name}/{GIVEN}": GIVEN for name in sorted(folders)}
    looks.expect(files, found["files"], f"what {person.name}'s notebook finds in s3/")
    if folders:
        yield f"{person.name} finds in the folder s3/: {', '.join(sorted(folders))}"
    yield f"{person.name} has the rights {person.rights}, and no others"


def _variable(name: str) -> str:
    return f"S3_{name.upper().replace('-', '_')}"


def _refused(call: Callable[[], object], wanted: str) -> None:
    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] == "AccessDenied":
            return
        raise
    raise CheckError(f"{wanted}, and does")
