"""What each of the example people's servers may do in AWS, and that they are told."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from preview.browser import Browser
from preview.people import people
from preview.running import Preview
from tests.preview.conftest import RESTRICTED, Start

RIGHTS = """
physics:
  groups: [physics]
  data:
    raw: {bucket: physics-data, prefix: raw/, folder: true}
    own: {bucket: physics-data, prefix: "users/{user}/", write: true}
"""
RUN = "import json, os; print(json.dumps({k: v for k, v in os.environ.items() if k.startswith(('S3_', 'AWS_R'))}))"


@pytest.fixture(scope="module")
def preview(start: Start) -> Iterator[Preview]:
    settings = {**RESTRICTED, "aws.access": "access.yaml", "workload.region": "eu-central-1"}
    with start(settings, files={"access.yaml": RIGHTS}) as running:
        yield running


def test_people_of_each_group_are_there_and_say_what_they_have(preview: Preview) -> None:
    found = {each.name: (each.rights, each.about.rpartition(", ")[2]) for each in people(preview.config)}
    assert found["Ada"] == (None, "without rights in AWS")
    assert found["Lise"] == ("physics", "with the rights physics in AWS")


def test_server_tells_what_its_person_has(preview: Preview, browse: Callable[[], Browser]) -> None:
    browser = browse()
    browser.sign_in("lise")
    browser.start_server()
    told = json.loads(browser.run(RUN))
    (pod,) = [json.loads(file.read_text()) for file in Path(preview.run / "pods").glob("rights-lise-*.json")]
    own = f"s3://physics-data/users/{pod['metadata']['name']}/"
    assert told == {
        "AWS_REGION": "eu-central-1",
        "AWS_RIGHTS": f"read s3://physics-data/raw/, read and write {own}",
        "S3_RAW": "s3://physics-data/raw/",
        "S3_OWN": own,
    }
    assert pod["spec"]["serviceAccountName"] == "rights-physics"
    browser.stop_server()
