"""One hub in all examples: the README's."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from blueprint.config import SETTINGS
from blueprint.config.settings import BY_KEY
from tests.docs.pages import PAGES, README, ROOT, blocks

CONTEXT: dict[str, Any] = next(json.loads(block.code) for block in blocks("json") if block.page == README)
SHIPPED = ROOT / "cdk.context.json"
FILES = (*PAGES, SHIPPED, *sorted((ROOT / "blueprint" / "config").rglob("*.py")))
FILE = pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
ACCOUNTS = {CONTEXT["workload.account"], CONTEXT["parent.dns.account"]}
REGIONS = {CONTEXT["workload.region"]}
SECRET = CONTEXT["clientSecretArn"]


@pytest.mark.parametrize("key", [key for key in CONTEXT if key in BY_KEY and BY_KEY[key].default in (None, [])])
def test_example_of_a_setting_is_the_readmes(key: str) -> None:
    assert BY_KEY[key].example == CONTEXT[key]


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.key)
def test_names_in_examples_of_settings_belong_to_the_readmes_hub(setting: Any) -> None:
    text = json.dumps(setting.example)
    hosts = re.findall(r"(?:https://|@)([^/\"]+)", text)
    assert [host for host in hosts if not f".{host}".endswith(".example.com")] == []
    assert set(re.findall(r"\b[a-z]{2}-[a-z]+-[0-9]", text)) <= REGIONS


@FILE
def test_accounts_and_regions_of_arns_are_the_readmes(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert set(re.findall(r"arn:[\w-]+:\w+:[\w-]*:([0-9]{12}):", text)) <= ACCOUNTS
    assert set(re.findall(r"arn:[\w-]+:\w+:([\w-]+):[0-9]{12}:", text)) <= REGIONS


@FILE
def test_client_secret_has_one_name(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert set(re.findall(r"jupyterhub/[\w-]*(?:secret|oauth)[\w-]*", text)) <= {SECRET}
    assert set(re.findall(r'"clientSecretArn": "([^"]+)"', text)) <= {SECRET}
