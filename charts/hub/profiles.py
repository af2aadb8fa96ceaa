"""Runs in the hub: what people may choose from when they start a server, and that they start nothing else."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tornado.web import HTTPError

from hub.refusals import not_offered, nothing_offered

Offer = dict[str, Any]
OWN = "--unlisted-choice"
"""What KubeSpawner puts behind the name of an option whose value is none of its choices."""


def may(choice: Mapping[str, Any], user: Any) -> bool:
    """Whether somebody may have something."""
    allowed = choice.get("allowed")
    if allowed is None:
        return True
    return user.name in allowed["users"] or any(group.name in allowed["groups"] for group in user.groups)


def offered(offers: list[Offer], user: Any) -> list[Offer]:
    """The profiles that somebody may have, with the choices that they may have, as KubeSpawner wants them.

    Never none: for an empty list KubeSpawner starts the server that no profile describes.
    """
    found = []
    for offer in offers:
        options = {each["name"]: _option(each, user) for each in offer["options"]}
        if may(offer, user) and all(each["choices"] or "unlisted_choice" in each for each in options.values()):
            shown = {name: offer[name] for name in ("slug", "display_name", "description")}
            found.append({**shown, "kubespawner_override": offer["override"], "profile_options": options})
    if not found:
        raise nothing_offered(user.name)
    return found


def _option(option: Mapping[str, Any], user: Any) -> dict[str, Any]:
    choices = {
        each["name"]: {"display_name": each["display_name"], "kubespawner_override": each["override"]}
        for each in option["choices"]
        if may(each, user)
    }
    found = {"display_name": option["display_name"], "choices": choices}
    free = option.get("free")
    if free and may(free, user):
        override = {option["name"]: "{value}"}
        found["unlisted_choice"] = {**free, "enabled": True, "kubespawner_override": override}
    return found


def chosen(profiles: list[Offer], options: Mapping[str, Any]) -> dict[str, str]:
    """What somebody has chosen of what they are offered, whole; the first of all that they have not.

    KubeSpawner judges nothing where no profile is named, and of a pattern wants only that it matches at the start.
    """
    slug = options.get("profile") or profiles[0]["slug"]
    profile = next((each for each in profiles if each["slug"] == slug), None)
    if profile is None:
        raise not_offered("profile", slug, [each["slug"] for each in profiles])
    found = {"profile": profile["slug"]}
    for name, option in profile["profile_options"].items():
        free, own = option.get("unlisted_choice"), options.get(f"{name}{OWN}")
        choice = options.get(name) or next(iter(option["choices"]), None)
        if own:
            if not (free and isinstance(own, str) and re.fullmatch(free["pattern"], own)):
                raise not_offered(name, own, [*option["choices"], *([free["hint"]] if free else [])])
            found[f"{name}{OWN}"] = own
        elif isinstance(choice, str) and choice in option["choices"]:
            found[name] = choice
        else:
            raise not_offered(name, choice, [*option["choices"], *([free["hint"]] if free else [])])
    return found


def overrides(profiles: list[Offer], options: Mapping[str, Any]) -> dict[str, Any]:
    """What the choices of somebody change of a server; nothing for choices that they do not have."""
    try:
        picked = chosen(profiles, options)
    except HTTPError:
        return {}  # which the start refuses by itself
    profile = next(each for each in profiles if each["slug"] == picked["profile"])
    found = dict(profile["kubespawner_override"])
    for name, option in profile["profile_options"].items():
        if name in picked:
            found |= option["choices"][picked[name]]["kubespawner_override"]
    return found


def in_form(data: Mapping[str, list[str]]) -> dict[str, str]:
    """What a form says, or the query of an address."""
    said = {name: values[0].strip() for name, values in data.items() if values}
    prefix = f"profile-option-{said.get('profile', '')}--"
    options = {name.removeprefix(prefix): value for name, value in said.items() if name.startswith(prefix)}
    return {name: value for name, value in {"profile": said.get("profile", ""), **options}.items() if value}


def configure(c: Any, settings: Mapping[str, Any]) -> None:
    """Offer profiles; `settings` is `custom.profiles` of the chart's values."""
    offers = settings["offers"]
    form = Path(__file__).with_name("templates") / "profiles.html"
    change_before = c.KubeSpawner.modify_pod_hook if "modify_pod_hook" in c.KubeSpawner else None

    def from_form(data: Mapping[str, list[str]], spawner: Any = None) -> dict[str, str]:
        options = in_form(data)
        return chosen(offered(offers, spawner.user), options) if spawner else options

    def apply(spawner: Any, options: Mapping[str, Any]) -> None:
        spawner.user_options = chosen(offered(offers, spawner.user), options)

    def fit(spawner: Any, pod: Any) -> Any:
        pod = change_before(spawner, pod) if change_before else pod
        for volume in pod.spec.volumes:
            if volume.name == "shm":  # half of this server's memory
                volume.empty_dir = {"medium": "Memory", "sizeLimit": f"{spawner.mem_limit // 2**21}Mi"}
        return pod

    c.KubeSpawner.profile_list = lambda spawner: offered(offers, spawner.user)
    c.KubeSpawner.profile_form_template = form.read_text()
    c.KubeSpawner.options_from_form = from_form
    c.KubeSpawner.apply_user_options = apply
    c.KubeSpawner.modify_pod_hook = fit
