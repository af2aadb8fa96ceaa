"""A choice of servers on Fargate: what people read of it, and that the hub has a pod for it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from preview.browser import Browser, words
from preview.running import Preview
from tests.preview.conftest import CONTEXT, Start
from tests.templates.variants import ROOT

PROFILES = str(ROOT / "tests" / "templates" / "without_machines.yaml")


@pytest.fixture(scope="module")
def preview(start: Start) -> Iterator[Preview]:
    with start({**CONTEXT, "singleuser.profiles": PROFILES}) as running:
        yield running


def test_choice_tells_its_price_and_becomes_a_pod_for_fargate(preview: Preview, browse: Callable[[], Browser]) -> None:
    browser = browse()
    browser.sign_in("ada")
    form = words(browser.open("/hub/spawn"))
    assert "alone on its machine" in form
    assert "what Fargate takes for a machine of its own in us-east-1" in form
    browser.start_server(profile="alone")
    (pod,) = (json.loads(path.read_text()) for path in Path(preview.folder, "run", "pods").glob("*.json"))
    assert pod["spec"]["schedulerName"] == "fargate-scheduler"
    assert pod["spec"]["serviceAccountName"] == "server-alone"
