"""`users` with the pool that a deployment made."""

import json

import pytest

from tests.cli.users.conftest import ACCOUNT, COGNITO, Cognito, Hub

CHANGES = ("add", "disable", "enable", "promote", "demote")


def test_list_tells_state_groups_and_rights_of_everybody(hub: Hub, pool: Cognito) -> None:
    pool.add("ada@example.com", "admins")
    pool.add("grace@example.com", "users")
    pool.add("mary@example.com")
    pool.client.admin_disable_user(UserPoolId=pool.id, Username="grace@example.com")
    people = hub.listed()
    told = {email: (each["enabled"], each["groups"], each["admin"], each["enters"]) for email, each in people.items()}
    assert told == {
        "ada@example.com": (True, ["admins"], True, True),
        "grace@example.com": (False, ["users"], False, False),
        "mary@example.com": (True, [], False, False),
    }
    assert people["ada@example.com"]["state"] == "invited, must change password"
    assert people["ada@example.com"]["created"].startswith("20")


def test_list_is_a_table_of_one_line_a_person_however_narrow(
    hub: Hub, pool: Cognito, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    pool.add("ada@example.com", "admins", "users")
    lines = hub.users("list").stdout.splitlines()
    assert lines[0] == f"The user pool {pool.id}: 1 in all"
    assert lines[2].split()[:7] == ["ada@example.com", "invited,", "must", "change", "password", "admins,", "users"]


def test_list_goes_through_all_pages(hub: Hub, pool: Cognito) -> None:
    pool.crowd(130, "users")  # moto and Cognito give 60 a page
    people = hub.listed()
    assert len(people) == 130
    assert all(each["enters"] for each in people.values())


def test_list_knows_admins_whom_a_setting_names(hub: Hub, pool: Cognito) -> None:
    hub.set({**COGNITO, "usernameKey": "email", "users.admins": ["Ada@example.com"]})
    pool.add("ada@example.com")
    assert hub.listed()["ada@example.com"]["admin"]


def test_add_invites_into_the_group_that_may_enter(hub: Hub, pool: Cognito) -> None:
    told = hub.told("add", "grace@example.com", "ada@example.com", "--yes")
    assert pool.of("grace@example.com") == pool.of("ada@example.com") == (True, ["users"])
    assert "temporary password, good for 7 days" in told
    assert "set up a second factor" in told
    user = pool.client.admin_get_user(UserPoolId=pool.id, Username="grace@example.com")
    assert {"Name": "email_verified", "Value": "true"} in user["UserAttributes"]


def test_add_as_admin_and_into_groups(hub: Hub, pool: Cognito) -> None:
    pool.client.create_group(UserPoolId=pool.id, GroupName="physics")
    hub.told("add", "ada@example.com", "--admin", "--group", "physics", "--yes")
    assert pool.of("ada@example.com") == (True, ["admins", "physics"])


def test_add_says_where_the_groups_let_nobody_in(hub: Hub, pool: Cognito) -> None:
    pool.client.create_group(UserPoolId=pool.id, GroupName="physics")
    assert "By these groups alone nobody may enter" in hub.told("add", "a@example.com", "--group", "physics", "--yes")


def test_who_is_there_already_stays_as_they_are(hub: Hub, pool: Cognito) -> None:
    pool.add("grace@example.com", "users")
    pool.front.asked.clear()
    told = hub.told("add", "Grace@example.com".lower(), "--yes")
    assert "nothing has to change" in told
    assert "is there already (invited, must change password)" in told
    assert not {each for each in pool.front.asked if each.startswith("AdminCreate") or "Add" in each}


def test_add_goes_on_where_it_stopped(hub: Hub, pool: Cognito) -> None:
    pool.front.refuse("AdminAddUserToGroup", "TooManyRequestsException")
    told = hub.told("add", "ada@example.com", "grace@example.com", "--yes", code=1)
    assert "done ada@example.com: create, and invite by e-mail" in told
    assert "failed ada@example.com: put into the group users" in told
    assert "not done grace@example.com: create, and invite by e-mail" in told
    assert "too many calls" in told
    assert "The same command goes on" in told
    assert pool.emails == ["ada@example.com"]
    del pool.front.answers["AdminAddUserToGroup"]
    hub.told("add", "ada@example.com", "grace@example.com", "--yes")
    assert pool.of("ada@example.com") == pool.of("grace@example.com") == (True, ["users"])


def test_add_names_all_faults_and_changes_nothing(hub: Hub, pool: Cognito) -> None:
    told = hub.told("add", "ada", "b c@example.com", "grace@example.com", "--group", "physics", "--yes", code=1)
    assert '"ada" is no e-mail address' in told
    assert '"b c@example.com" is nobody\'s name' in told
    assert f"There is no group physics in the user pool {pool.id}" in told
    assert pool.emails == []


def test_add_asks_for_a_group_where_several_may_enter(hub: Hub, pool: Cognito) -> None:
    hub.set({**COGNITO, "groups.allowed": ["users", "admins"]})
    assert "Say with --group which one" in hub.told("add", "ada@example.com", "--yes", code=1)
    assert pool.emails == []


def test_resend_invites_anew(hub: Hub, pool: Cognito) -> None:
    pool.add("grace@example.com", "users")
    pool.front.asked.clear()
    told = hub.told("add", "grace@example.com", "--resend", "--yes")
    assert "done grace@example.com: send the e-mail anew" in told
    assert pool.front.asked.count("AdminCreateUser") == 1


def test_disable_ends_tokens_and_says_what_goes_on(hub: Hub, pool: Cognito) -> None:
    pool.add("grace@example.com", "users")
    hub.set({**COGNITO, "auth.refresh.seconds": 120})
    told = hub.told("disable", "grace@example.com", "--yes")
    assert pool.of("grace@example.com") == (False, ["users"])
    assert pool.front.asked[-2:] == ["AdminDisableUser", "AdminUserGlobalSignOut"]
    assert "From 120 seconds on (auth.refresh.seconds)" in told
    assert "https://jupyter.dev.example.com/hub/admin, Stop server" in told
    assert "is disabled already" in hub.told("disable", "grace@example.com", "--yes")


def test_enable_lets_in_again(hub: Hub, pool: Cognito) -> None:
    pool.add("grace@example.com")
    pool.client.admin_disable_user(UserPoolId=pool.id, Username="grace@example.com")
    hub.told("enable", "grace@example.com", "--yes")
    assert pool.of("grace@example.com") == (True, [])
    assert "is enabled already" in hub.told("enable", "grace@example.com", "--yes")


def test_promote_and_demote_go_by_the_group_of_the_settings(hub: Hub, pool: Cognito) -> None:
    pool.add("grace@example.com", "users")
    pool.add("ada@example.com", "admins")
    hub.told("promote", "grace@example.com", "--yes")
    assert pool.of("grace@example.com") == (True, ["admins", "users"])
    assert "is an admin already" in hub.told("promote", "grace@example.com", "--yes")
    told = hub.told("demote", "grace@example.com", "ada@example.com", "--yes")
    assert pool.of("grace@example.com") == (True, ["users"])
    assert pool.of("ada@example.com") == (True, [])
    assert "ada@example.com may not enter any more" in told
    assert "grace@example.com may not" not in told
    assert "Nobody is left who administers the hub" in told


@pytest.mark.parametrize("verb", ["disable", "demote"])
def test_last_admin_is_named_before_they_go(hub: Hub, pool: Cognito, verb: str) -> None:
    pool.add("ada@example.com", "admins")
    pool.add("grace@example.com", "admins")
    assert "Nobody is left" not in hub.told(verb, "ada@example.com", "--yes")
    assert "Nobody is left" in hub.told(verb, "grace@example.com", "--yes")


def test_admin_of_a_setting_stays_one(hub: Hub, pool: Cognito) -> None:
    hub.set({**COGNITO, "usernameKey": "email", "users.admins": ["ada@example.com"]})
    pool.add("ada@example.com", "admins")
    told = hub.told("demote", "ada@example.com", "--yes")
    assert pool.of("ada@example.com") == (True, [])
    assert "stays an admin: users.admins names them, too" in told


@pytest.mark.parametrize("verb", ["promote", "demote"])
def test_where_a_setting_alone_names_admins_it_is_named(hub: Hub, pool: Cognito, verb: str) -> None:
    hub.set({**COGNITO, "groups.admins": [], "usernameKey": "email", "users.admins": ["ada@example.com"]})
    pool.front.asked.clear()
    told = hub.told(verb, "grace@example.com", "--yes", code=3)
    assert "Admins are named by users.admins, by the claim email" in told
    assert "cdk deploy Hub" in told
    assert pool.front.asked == []


@pytest.mark.parametrize("verb", ["disable", "enable", "promote", "demote"])
def test_all_who_are_not_there_are_named_and_nobody_is_changed(hub: Hub, pool: Cognito, verb: str) -> None:
    pool.add("ada@example.com", "admins")
    before = pool.of("ada@example.com")
    told = hub.told(verb, "ada@example.com", "x@example.com", "y@example.com", "--yes", code=1)
    assert f"There is no x@example.com in the user pool {pool.id}" in told
    assert "There is no y@example.com" in told
    assert pool.of("ada@example.com") == before


@pytest.mark.parametrize("verb", CHANGES)
def test_nothing_is_changed_unasked(hub: Hub, pool: Cognito, verb: str) -> None:
    pool.add("ada@example.com", *(["admins"] if verb == "demote" else []))
    if verb == "enable":
        pool.client.admin_disable_user(UserPoolId=pool.id, Username="ada@example.com")
    before = pool.of("ada@example.com")
    told = hub.told(verb, "ada@example.com", code=1)
    assert "Nothing was changed: nobody is there to be asked." in told
    assert "add --yes" in told
    assert f"In the user pool {pool.id}: ada@example.com" in told
    assert pool.of("ada@example.com") == before


def test_changes_as_json(hub: Hub, pool: Cognito) -> None:
    pool.front.refuse("AdminAddUserToGroup", "AccessDeniedException")
    result = hub.users("add", "ada@example.com", "--yes", "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 1
    assert [(each["text"], each["done"]) for each in told["changes"][0]["steps"]] == [
        ("create, and invite by e-mail", True),
        ("put into the group users", False),
    ]
    assert [each["text"] for each in told["faults"]] == ["These credentials may not call AdminAddUserToGroup."]


WORLDS = [
    pytest.param("ListUsers", "AccessDeniedException", "may not call ListUsers", "docs/identity.md", id="denied"),
    pytest.param("ListUsers", "NotAuthorizedException", "may not call ListUsers", "docs/identity.md", id="no right"),
    pytest.param("ListUsers", "ExpiredTokenException", "The credentials have ended", "aws sso login", id="expired"),
    pytest.param("ListUsers", "TooManyRequestsException", "too many calls", "in a minute", id="throttled"),
    pytest.param("ListGroups", "ResourceNotFoundException", "does not answer ListGroups", "Deploy anew", id="no pool"),
    pytest.param("AdminGetUser", "InternalErrorException", "does not answer AdminGetUser", "console", id="fails"),
    pytest.param("GetCallerIdentity", "InvalidClientTokenId", "does not know these credentials", "", id="unknown keys"),
    pytest.param("GetCallerIdentity", "ExpiredToken", "The credentials have ended", "aws sso login", id="ended"),
    pytest.param("ListStackResources", "AccessDenied", "may not call ListStackResources", "", id="no stacks"),
]


@pytest.mark.parametrize(("operation", "code", "text", "fix"), WORLDS)
def test_what_aws_refuses_is_a_line(hub: Hub, pool: Cognito, operation: str, code: str, text: str, fix: str) -> None:
    pool.add("ada@example.com")
    pool.front.refuse(operation, code)
    told = hub.told("list", code=1)
    assert text in told
    assert fix in told.partition("→")[2]


@pytest.mark.parametrize(
    ("code", "message", "told"),
    [
        pytest.param("CodeDeliveryFailureException", "no e-mail", "with --resend", id="no e-mail"),
        pytest.param("UsernameExistsException", "there", "Somebody has just added them", id="came meanwhile"),
        pytest.param("LimitExceededException", "Exceeded daily email limit", "50 e-mails a day", id="e-mails used up"),
    ],
)
def test_what_the_invitation_meets_is_a_line(hub: Hub, pool: Cognito, code: str, message: str, told: str) -> None:
    pool.front.refuse("AdminCreateUser", code, message)
    line = hub.told("add", "ada@example.com", "--yes", code=1)
    assert message in line
    assert told in line


@pytest.mark.parametrize("text", ["", "{}", "[]", "<html>", '{"Users": [{}]}', '{"Users": 1}'])
def test_answer_of_no_form_is_a_line(hub: Hub, pool: Cognito, text: str) -> None:
    pool.front.answers["ListUsers"] = (200, text)
    assert "An answer of AWS was not understood" in hub.told("list", code=1)


def test_wrong_account_is_named(hub: Hub, pool: Cognito) -> None:
    hub.set({**COGNITO, "workload.account": "999999999999"})
    told = hub.told("add", "ada@example.com", "--yes", code=1)
    assert f"the credentials are of {ACCOUNT}, not of 999999999999" in told
    assert pool.emails == []


def test_no_stack_yet(hub: Hub, cognito: Cognito) -> None:
    assert "There is no stack jupyterhub-Data yet" in hub.told("list", code=1)


def test_stack_without_a_pool_yet(hub: Hub, cognito: Cognito) -> None:
    template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    cognito.stacks.create_stack(StackName="jupyterhub-Data", TemplateBody=json.dumps(template))
    assert "The stack jupyterhub-Data has no user pool yet" in hub.told("list", code=1)


def test_no_credentials(hub: Hub, pool: Cognito, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"AWS_SHARED_CREDENTIALS_FILE": "none", "AWS_CONFIG_FILE": "none"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert "There are no credentials" in hub.told("list", code=1)


def test_no_such_profile(hub: Hub, pool: Cognito) -> None:
    assert "There is no profile nowhere" in hub.told("list", "--profile", "nowhere", code=1)


def test_no_network(hub: Hub, pool: Cognito, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert "AWS is not reached" in hub.told("list", code=1)


def test_pool_that_was_there_before_is_found_by_its_address(hub: Hub, pool: Cognito) -> None:
    base = "https://acme.auth.eu-central-1.amazoncognito.com/oauth2"
    settings = {key: value for key, value in COGNITO.items() if key != "identity.provider"}
    own = {"authUrl": f"{base}/authorize", "tokenUrl": f"{base}/token", "userDataUrl": f"{base}/userInfo"}
    groups = {"groups.claim": "cognito:groups", "groups.allowed": ["users"], "groups.admins": ["admins"]}
    hub.set({**settings, **own, **groups, "clientId": "hub", "clientSecretArn": "secret"})
    assert "No user pool of this account has the sign-in page" in hub.told("list", code=1)
    pool.client.create_user_pool_domain(Domain="acme", UserPoolId=pool.id)
    pool.add("ada@example.com", "admins")
    assert hub.listed()["ada@example.com"]["admin"]


def test_group_is_found_where_the_settings_read_none(hub: Hub, pool: Cognito) -> None:
    base = "https://acme.auth.eu-central-1.amazoncognito.com/oauth2"
    settings = {key: value for key, value in COGNITO.items() if key != "identity.provider"}
    own = {"authUrl": f"{base}/authorize", "tokenUrl": f"{base}/token", "userDataUrl": f"{base}/userInfo"}
    hub.set({**settings, **own, "clientId": "hub", "clientSecretArn": "secret"})
    pool.client.create_user_pool_domain(Domain="acme", UserPoolId=pool.id)
    hub.told("add", "ada@example.com", "--group", "users", "--yes")
    assert pool.of("ada@example.com") == (True, ["users"])
