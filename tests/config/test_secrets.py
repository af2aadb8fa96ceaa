import traceback
from typing import Any

import pytest

from blueprint.config import ConfigError, load
from blueprint.config.docs import schema, table, text_of
from tests.config.seed import CLIENT_SECRET, SEED, TODAY, config, notices, problems

HUSH = "hush-9f8e7d6c5b4a"


def test_config_shows_no_secret() -> None:
    loaded = config()
    for text in (repr(loaded), str(loaded), f"{loaded}", loaded.model_dump_json(), str(loaded.model_dump())):
        assert CLIENT_SECRET not in text
    assert loaded.client_secret is not None
    assert loaded.client_secret.get_secret_value() == CLIENT_SECRET


def test_notices_and_defaults_show_no_secret() -> None:
    assert CLIENT_SECRET not in repr(notices({})) + repr(config().defaults_taken())


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"clientSecret": [HUSH]}, id="a list"),
        pytest.param({"clientSecret": {"value": HUSH}}, id="an object"),
        pytest.param({"clientSecret": f"{HUSH}\n{HUSH}"}, id="two lines"),
        pytest.param({"clientSecret": f"<{HUSH}>"}, id="a placeholder"),
        pytest.param({"clientSecret": HUSH, "clientSecretArn": "name"}, id="both secrets"),
        pytest.param({"clientSecret": None, "clientSecretArn": f"{HUSH}!"}, id="the secret instead of its ARN"),
        pytest.param({"clientSecretArn": [HUSH]}, id="the secret in a list instead of its ARN"),
        pytest.param({"clientSecret": HUSH, "nodes.user.max": 0}, id="a fault elsewhere"),
        pytest.param({"clientsecret": HUSH}, id="key misspelt"),
        pytest.param({"client.secret": HUSH}, id="key dotted"),
        pytest.param({"client": {"secret": HUSH}, "nodes.user.max": 0}, id="key nested"),
        pytest.param({"authUrl": f"https://user:{HUSH}@id.example.com/authorize"}, id="in a URL"),
        pytest.param({"authUrl": f"https://{HUSH}/@{HUSH}@id.example.com"}, id="in a URL, with its own signs"),
        pytest.param({"authUrl": [f"http://user:{HUSH}@id.example.com"]}, id="in a URL in a list"),
        pytest.param({"my.password": HUSH, "apiToken": HUSH, "nodes.user.max": 0}, id="keys of others"),
    ],
)
def test_errors_show_no_secret(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        load({**SEED, **changes}, today=TODAY)
    error = caught.value
    assert HUSH not in str(error) + repr(error) + repr(error.problems)
    assert HUSH not in "".join(traceback.format_exception(error))


def test_error_has_no_chain_that_could_hold_a_secret() -> None:
    with pytest.raises(ConfigError) as caught:
        load({**SEED, "clientSecret": [HUSH]}, today=TODAY)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_faulty_secret_is_reported_without_its_value() -> None:
    assert [(problem.key, problem.got) for problem in problems({"clientSecret": 7})] == [
        ("clientSecret", "(not shown)")
    ]


def test_url_is_shown_without_its_credentials() -> None:
    faults = problems({"authUrl": "https://user:password@id.example.com/authorize"})
    assert [problem.got for problem in faults] == ['"https://…@id.example.com/authorize"']


def test_arn_of_a_secret_is_shown() -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:444455556666:secret"
    assert [problem.got for problem in problems({"clientSecret": None, "clientSecretArn": arn})] == [f'"{arn}"']


def test_documentation_suggests_no_secret() -> None:
    assert CLIENT_SECRET not in text_of(schema()) + table()
