"""A name passes on, at a real hub: what becomes of the files of who had it before."""

from collections.abc import Callable, Iterator

import pytest
import requests

from preview.browser import PATIENCE, Browser
from preview.running import Preview
from tests.preview.conftest import RESTRICTED, Start, changed_person

ADA, GRACE, MARY = "preview|ada", "preview|grace", "preview|mary"
WRITE = "from pathlib import Path; Path.home().joinpath('of-ada.txt').write_text('hers')"
LIST = "from pathlib import Path; print([each.name for each in Path.home().glob('*.txt')])"
Browse = Callable[[], Browser]


@pytest.fixture(scope="module")
def preview(start: Start) -> Iterator[Preview]:
    with start({**RESTRICTED, "usernameKey": "preferred_username"}) as running:
        yield running


def remove_user(browse: Browse, name: str) -> None:
    """As an admin does on the admin page."""
    admin = browse()
    admin.sign_in(GRACE)
    assert admin.change("DELETE", f"users/{name}").status_code == 204


def test_home_waits_for_its_person_whoever_has_the_name_meanwhile(preview: Preview, browse: Browse) -> None:
    ada, mary, returned = browse(), browse(), browse()
    ada.sign_in(ADA)
    ada.start_server()
    ada.run(WRITE)
    remove_user(browse, "ada")
    with changed_person(preview, MARY, preferred_username="ADA"):
        mary.sign_in(MARY)
        mary.start_server()
        assert mary.user["name"] == "ada"
        assert mary.run(LIST) == "[]\n"
    remove_user(browse, "ada")
    returned.sign_in(ADA)
    returned.start_server()
    assert returned.run(LIST) == "['of-ada.txt']\n"


def test_name_passes_on_with_its_files_when_an_admin_says_so(preview: Preview, browse: Browse) -> None:
    ada, admin, mary = browse(), browse(), browse()
    ada.sign_in(ADA)
    ada.start_server()
    ada.run(WRITE)
    ada.stop_server()
    admin.sign_in(GRACE)
    token = {"Authorization": f"token {admin.make_token('passing on')}"}
    user = f"{preview.addresses.hub_url}/hub/api/users/ada"
    assert requests.patch(user, json={"auth_state": {}}, headers=token, timeout=PATIENCE).ok
    with changed_person(preview, MARY, preferred_username="ADA"):
        mary.sign_in(MARY)
        mary.start_server()
        assert mary.run(LIST) == "['of-ada.txt']\n"
    assert browse().sign_in(ADA).status_code == 403
    remove_user(browse, "ada")


def test_admin_cannot_start_a_server_for_somebody_who_never_came(browse: Browse) -> None:
    admin = browse()
    admin.sign_in(GRACE)
    assert admin.change("POST", "users/nobody").status_code == 201
    answer = admin.change("POST", "users/nobody/server")
    assert (answer.status_code, "nobody has not signed in to this hub yet" in answer.text) == (409, True)
