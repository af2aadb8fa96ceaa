"""Profiles in the pinned KubeSpawner's own code: who is shown what, and who can start what, by form and by REST."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from jupyterhub.objects import Hub, Server  # type: ignore[import-untyped]
from jupyterhub.orm import Spawner  # type: ignore[import-untyped]
from kubernetes_asyncio.client import ApiClient
from kubespawner import KubeSpawner  # type: ignore[import-untyped]
from tornado.web import HTTPError

from tests.hub.deployed import hub_config

PROFILES = r"""
notebook:
  title: R & D <b> {{ 7 * 7 }}
  description: "{% for x in y %} & more"
  images:
    scipy: {title: Scientific Python, image: "quay.io/jupyter/scipy-notebook:2026-07-28"}
    minimal: {title: Minimal, image: "quay.io/jupyter/minimal-notebook:2026-07-28"}
    secret: {title: Secret, image: "quay.io/ours/secret:1", allowed_groups: [physics], allowed_users: [Bob]}
  own_image: {pattern: 'quay\.io/jupyter/[a-z-]+:[\w.-]+', hint: "quay.io/jupyter/NAME:TAG", allowed_groups: [power]}
  sizes:
    small: {title: Small, share: 1/8}
    a-whole: {title: Whole, share: 1, allowed_groups: [physics, power]}
alone:
  title: For Bob
  allowed_users: [bob]
physicists:
  title: For physicists
  allowed_groups: [physics]
  startup: course.sh
  sizes: {own: {cpu: 1, cpu_limit: 3, memory: 2G, disk: 30Gi}}
"""
ONLY_PHYSICS = "physicists: {title: For physicists, allowed_groups: [physics]}"
SCIPY = "quay.io/jupyter/scipy-notebook:2026-07-28"


@dataclass
class Group:
    name: str


@dataclass
class User:
    """Somebody, as far as KubeSpawner looks at them."""

    name: str
    groups: list[Group]
    admin: bool = False
    id: int = 1
    server: Any = field(default_factory=Server)
    spawners: dict[str, Any] = field(default_factory=dict)

    @property
    def escaped_name(self) -> str:
        return self.name

    @property
    def url(self) -> str:
        return f"/user/{self.name}"


async def spawner(folder: Path, name: str = "ann", *groups: str, profiles: str = PROFILES) -> Any:
    """Somebody's server as the hub has it."""
    (folder / "profiles.yaml").write_text(profiles)
    (folder / "course.sh").write_text("echo hello")
    (folder / "client-secret").write_text("secret")
    (folder / "state-key").write_text("ab" * 32)
    options = hub_config({"singleuser.profiles": "profiles.yaml", "groups.claim": "groups"}, folder)
    user = User(name, [Group(each) for each in groups])
    return KubeSpawner(config=options, user=user, hub=Hub(), orm_spawner=Spawner(name=""), _mock=True)


def form(folder: Path, *who: str, profiles: str = PROFILES) -> str:
    async def render() -> str:
        made = await spawner(folder, *(who or ("ann",)), profiles=profiles)
        return str(await made.get_options_form())

    return asyncio.run(render())


def started(folder: Path, options: Any, *who: str, profiles: str = PROFILES) -> Any:
    """The server that a start comes to: what JupyterHub does with its options, then what KubeSpawner does."""

    async def start() -> Any:
        made = await spawner(folder, *(who or ("ann",)), profiles=profiles)
        made.user_options = options
        await made._run_apply_user_options(options)
        await made.load_user_options()
        return made

    return asyncio.run(start())


def refusal(folder: Path, options: Any, *who: str, profiles: str = PROFILES) -> HTTPError:
    with pytest.raises(HTTPError) as error:
        started(folder, options, *who, profiles=profiles)
    assert error.value.status_code == 403
    return error.value


def test_what_nobody_chose_is_the_first_of_all_in_the_order_of_the_file(tmp_path: Path) -> None:
    made = started(tmp_path, {})
    assert made.user_options == {"profile": "notebook", "image": "scipy", "size": "small"}
    assert made.image == SCIPY


def test_new_titles_keep_what_people_chose(tmp_path: Path) -> None:
    options = {"profile": "notebook", "image": "minimal", "size": "small"}
    renamed = PROFILES.replace("title: Minimal", "title: Python alone").replace("title: R & D", "title: Research")
    assert started(tmp_path, options, profiles=renamed).user_options == options


def test_largest_size_takes_the_node_and_others_their_share_of_it(tmp_path: Path) -> None:
    whole = started(tmp_path, {"profile": "notebook", "size": "a-whole"}, "ann", "power")
    small = started(tmp_path, {"profile": "notebook", "size": "small"})
    assert whole.mem_guarantee == whole.mem_limit > 13 * 2**30
    assert small.mem_guarantee == small.mem_limit == whole.mem_limit // 8 // 2**20 * 2**20
    assert (whole.cpu_guarantee, whole.cpu_limit) == (3.735, 3.735)
    assert (small.cpu_guarantee, small.cpu_limit) == (0.466, 3.735)


def test_amounts_are_as_they_are_written(tmp_path: Path) -> None:
    made = started(tmp_path, {"profile": "physicists"}, "ann", "physics")
    sizes = (made.cpu_guarantee, made.cpu_limit, made.mem_guarantee, made.mem_limit)
    assert sizes == (1.0, 3.0, 2 * 2**30, 2 * 2**30)


def test_disk_is_as_it_is_written_or_as_the_settings_have_it(tmp_path: Path) -> None:
    def disk(made: Any) -> tuple[str, str]:
        name = "ephemeral-storage"
        return made.extra_resource_guarantees[name], made.extra_resource_limits[name]

    assert disk(started(tmp_path, {"profile": "physicists"}, "ann", "physics")) == ("30Gi", "30Gi")
    assert disk(started(tmp_path, {})) == ("1Gi", "10Gi")


def test_only_a_profile_with_a_startup_script_has_a_command_of_its_own(tmp_path: Path) -> None:
    command = started(tmp_path, {"profile": "physicists"}, "ann", "physics").cmd
    assert command[3:] == ["sh", "/etc/jupyter/startup/physicists.sh", "--", "jupyterhub-singleuser"]
    assert started(tmp_path, {}).cmd is None  # which is the chart's to say


def test_profile_that_says_nothing_else_is_the_server_of_the_settings(tmp_path: Path) -> None:
    made = started(tmp_path, {"profile": "alone"}, "bob")
    assert made.image == "quay.io/jupyter/datascience-notebook:2026-07-28"
    sizes = (made.cpu_guarantee, made.cpu_limit, made.mem_guarantee, made.mem_limit)
    assert sizes == (0.5, 2.0, 2**30, 4 * 2**30)


def test_shared_memory_is_half_of_the_chosen_size(tmp_path: Path) -> None:
    async def shm() -> Any:
        made = await spawner(tmp_path, "ann", "physics")
        made.user_options = {"profile": "physicists"}
        await made.load_user_options()
        pod = await made.modify_pod_hook(made, await made.get_pod_manifest())
        async with ApiClient() as client:
            found = client.sanitize_for_serialization(pod)["spec"]
        return next(each for each in found["volumes"] if each["name"] == "shm")

    assert asyncio.run(shm())["emptyDir"] == {"medium": "Memory", "sizeLimit": "1024Mi"}


@pytest.mark.parametrize(
    ("who", "shown"),
    [
        pytest.param(("ann",), {"R &amp; D", "Scientific", "Small:"}, id="somebody"),
        pytest.param(("bob",), {"R &amp; D", "Scientific", "Small:", "For Bob", "Secret"}, id="by name"),
        pytest.param(
            ("eve", "physics"),
            {"R &amp; D", "Scientific", "Small:", "For physicists", "Secret", "Whole:"},
            id="by group",
        ),
        pytest.param(
            ("eve", "power"), {"R &amp; D", "Scientific", "Small:", "Whole:", "Another image"}, id="by another group"
        ),
    ],
)
def test_form_shows_what_somebody_may_have_and_nothing_else(
    tmp_path: Path, who: tuple[str, ...], shown: set[str]
) -> None:
    everything = {"R &amp; D", "Scientific", "Small:", "Whole:", "For Bob", "For physicists", "Secret", "Another image"}
    page = form(tmp_path, *who)
    assert {each for each in everything if each in page} == shown


def test_titles_are_text_and_neither_html_nor_templates(tmp_path: Path) -> None:
    page = form(tmp_path)
    assert "R &amp; D &lt;b&gt; {{ 7 * 7 }}" in page
    assert "{% for x in y %} &amp; more" in page


def test_form_tells_prices(tmp_path: Path) -> None:
    assert "Small: 1.7 GB of memory, 0.46 to 3.7 CPUs, $0.024 an hour" in form(tmp_path)


NOT_FOR_ANN = {
    "unknown profile": {"profile": "nowhere"},
    "profile of others": {"profile": "physicists"},
    "profile of others by name": {"profile": "alone", "image": "default"},
    "unknown choice": {"profile": "notebook", "image": "nothing"},
    "choice of others": {"profile": "notebook", "image": "secret"},
    "size of others": {"profile": "notebook", "size": "a-whole"},
    "choice of others, without a profile": {"size": "a-whole"},
    "image of one's own": {"profile": "notebook", "image--unlisted-choice": SCIPY},
    "image of one's own, without a profile": {"image--unlisted-choice": SCIPY},
    "own value for what has none": {"profile": "notebook", "size--unlisted-choice": "huge"},
    "title for a name": {"profile": "R & D <b> {{ 7 * 7 }}"},
    "a list": {"profile": ["notebook"]},
    "a number": {"profile": "notebook", "image": 7},
    "an object": {"profile": "notebook", "image": {"scipy": True}},
    "an object of one's own": {"profile": "notebook", "image--unlisted-choice": {"a": 1}},
}


@pytest.mark.parametrize("options", NOT_FOR_ANN.values(), ids=NOT_FOR_ANN)
def test_what_somebody_may_not_have_cannot_be_started_by_rest(tmp_path: Path, options: dict[str, Any]) -> None:
    told = refusal(tmp_path, options)
    assert str(told.jupyterhub_message).startswith("You cannot choose the ")  # type: ignore[attr-defined]


@pytest.mark.parametrize("options", NOT_FOR_ANN.values(), ids=NOT_FOR_ANN)
def test_what_somebody_may_not_have_cannot_be_started_by_form(tmp_path: Path, options: dict[str, Any]) -> None:
    slug = str(options.get("profile", "notebook"))
    data = {f"profile-option-{slug}--{name}": [str(value)] for name, value in options.items() if name != "profile"}

    async def send() -> None:
        made = await spawner(tmp_path)
        made.run_options_from_form({"profile": [slug], **data})

    if options in ({"profile": ["notebook"]},):
        pytest.skip("a form says text only")
    with pytest.raises(HTTPError) as error:
        asyncio.run(send())
    assert error.value.status_code == 403


def test_what_somebody_chooses_in_the_form_is_what_starts(tmp_path: Path) -> None:
    data = {
        "profile": ["notebook"],
        "profile-option-notebook--image": ["minimal"],
        "profile-option-notebook--image--unlisted-choice": [""],
        "profile-option-alone--image": ["default"],  # of a profile that is not the chosen one
    }

    async def send() -> Any:
        return (await spawner(tmp_path)).run_options_from_form(data)

    assert asyncio.run(send()) == {"profile": "notebook", "image": "minimal", "size": "small"}


def test_address_with_a_choice_starts_it(tmp_path: Path) -> None:
    async def send() -> Any:
        made = await spawner(tmp_path)
        return made.options_from_query({"profile": ["notebook"], "profile-option-notebook--image": ["minimal"]})

    assert asyncio.run(send()) == {"profile": "notebook", "image": "minimal"}


@pytest.mark.parametrize("named", [True, False])
def test_own_image_starts_where_it_matches(tmp_path: Path, named: bool) -> None:
    image = "quay.io/jupyter/r-notebook:2026-07-28"
    options = {"image--unlisted-choice": image, **({"profile": "notebook"} if named else {})}
    assert started(tmp_path, options, "eve", "power").image == image


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize(
    "image",
    [
        pytest.param("docker.io/evil/miner:1", id="another registry"),
        pytest.param("quay.io/jupyter/x:1@sha256:0 and more", id="only the beginning matches"),
        pytest.param("quay.io/jupyter/x:1\n", id="a line break"),
        pytest.param("evil/quay.io/jupyter/x:1", id="only the end matches"),
    ],
)
def test_own_image_has_to_match_whole(tmp_path: Path, image: str, named: bool) -> None:
    options = {"image--unlisted-choice": image, **({"profile": "notebook"} if named else {})}
    refusal(tmp_path, options, "eve", "power")


def test_who_may_have_no_profile_gets_no_server_at_all(tmp_path: Path) -> None:
    with pytest.raises(HTTPError) as shown:
        form(tmp_path, profiles=ONLY_PHYSICS)
    assert shown.value.status_code == 403
    for options in ({}, {"profile": "physicists"}, {"profile": ""}):
        refusal(tmp_path, options, profiles=ONLY_PHYSICS)


def test_kubespawner_alone_starts_no_base_server_either(tmp_path: Path) -> None:
    async def start() -> None:
        await (await spawner(tmp_path, profiles=ONLY_PHYSICS)).load_user_options()

    with pytest.raises(HTTPError):
        asyncio.run(start())


def test_profile_all_of_whose_images_are_for_others_is_not_offered(tmp_path: Path) -> None:
    images = "images: {x: {title: X, image: 'a/b:1', allowed_groups: [physics]}}"
    profiles = f"first: {{title: First, {images}}}\nsecond: {{title: Second}}"
    assert started(tmp_path, {}, profiles=profiles).user_options["profile"] == "second"
    assert started(tmp_path, {}, "ann", "physics", profiles=profiles).user_options["profile"] == "first"


def test_image_has_to_be_named_where_there_is_none_to_fall_back_on(tmp_path: Path) -> None:
    images = "images: {x: {title: X, image: 'a/b:1', allowed_groups: [physics]}}"
    profiles = f"first: {{title: First, {images}, own_image: {{pattern: 'a/.+', hint: a/NAME}}}}"
    assert "a/NAME" in str(refusal(tmp_path, {}, profiles=profiles).jupyterhub_message)  # type: ignore[attr-defined]
    assert started(tmp_path, {"image--unlisted-choice": "a/c:1"}, profiles=profiles).image == "a/c:1"


def test_one_users_choice_is_not_the_next_ones(tmp_path: Path) -> None:
    async def two() -> tuple[Any, Any]:
        first = await spawner(tmp_path, "eve", "power")
        second = KubeSpawner(
            config=first.config, user=User("ann", []), hub=Hub(), orm_spawner=Spawner(name=""), _mock=True
        )
        for each, options in ((first, {"size": "a-whole"}), (second, {})):
            await each._run_apply_user_options(options)
            await each.load_user_options()
        return first.mem_limit, second.mem_limit

    large, small = asyncio.run(two())
    assert large > 7 * small


MACHINES = """
p:
  title: P
  sizes:
    usual: {share: 1/4}
    gpu: {share: 1, instance_types: [g4dn.xlarge], gpus: 1, capacity: spot}
    any: {share: 1, instance_types: [m6i.xlarge, m6i.4xlarge]}
"""


def test_a_size_with_machines_of_its_own_is_started_there(tmp_path: Path) -> None:
    (tmp_path / "machines.yaml").write_text(MACHINES)
    (tmp_path / "client-secret").write_text("secret")
    (tmp_path / "state-key").write_text("ab" * 32)
    settings = {"singleuser.profiles": "machines.yaml", "nodes.user.scaling": "karpenter", "nodes.gpu.max": 1}
    options = hub_config(settings, tmp_path)

    async def pod(size: str) -> Any:
        made = KubeSpawner(config=options, user=User("ann", []), hub=Hub(), orm_spawner=Spawner(name=""), _mock=True)
        made.user_options = {"profile": "p", "size": size}
        await made.load_user_options()
        async with ApiClient() as client:
            return client.sanitize_for_serialization(await made.get_pod_manifest())

    pods = [asyncio.run(pod(size)) for size in ("usual", "gpu", "any")]
    assert [each["metadata"]["annotations"]["karpenter.sh/do-not-disrupt"] for each in pods] == ["true"] * 3
    usual, special, whole = (each["spec"] for each in pods)
    assert ["podAntiAffinity" in each.get("affinity", {}) for each in (usual, special)] == [False, False]
    (others,) = whole["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert others["topologyKey"] == "kubernetes.io/hostname"
    assert others["labelSelector"]["matchLabels"].items() <= pods[0]["metadata"]["labels"].items()
    assert "nodeSelector" not in usual
    assert special["nodeSelector"] == {"karpenter.sh/nodepool": "g4dn-xlarge-spot"}
    assert {(each["key"], each["value"]) for each in special["tolerations"]} == {
        ("hub.jupyter.org/dedicated", "user"),
        ("jupyterhub-eks/pool", "g4dn-xlarge-spot"),
        ("nvidia.com/gpu", "present"),
    }
    amounts = special["containers"][0]["resources"]
    assert (amounts["limits"]["nvidia.com/gpu"], amounts["requests"]["nvidia.com/gpu"]) == ("1", "1")
    assert amounts["limits"]["ephemeral-storage"] == "10Gi"
