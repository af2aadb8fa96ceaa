"""The example people of the preview's identity provider, and what the configuration means for each of them."""

from dataclasses import dataclass
from typing import Any

from blueprint.config import Config

Claims = dict[str, Any]


@dataclass(frozen=True)
class Person:
    """Someone to sign in as. `id` is the `sub` that the provider gives them; `claims` is all it knows of them."""

    id: str
    name: str
    about: str
    username: str
    admitted: bool
    admin: bool
    claims: Claims
    rights: str | None = None
    """What their server may do in AWS, by its name in the settings."""


def people(config: Config) -> tuple[Person, ...]:
    """A plain user, an admin, a member of the allowed group, a stranger, an unverified and an oddly named one.

    With profiles, limits or rights in AWS also somebody of each further group that something in them is for.
    """
    member = config.groups_allowed[:1]
    admin = config.groups_admins[:1]
    plain_name = next((name for name in config.users_allowed if name not in config.users_admins), "ada")
    admin_name = config.users_admins[0] if config.users_admins and not admin else "grace"
    files = (config.singleuser_profiles, config.singleuser_limits, config.aws_access)
    meant = set().union(*(each.groups() for each in files if each))
    further = zip(("Lise", "Emmy", "Rosa", "Chien"), sorted(meant - {*member, *admin}), strict=False)
    return (
        _person(config, "Ada", plain_name, groups=[] if config.users_allowed else member),
        _person(config, "Grace", admin_name, groups=admin),
        _person(config, "Mary", "mary", groups=member),
        _person(config, "Nemo", "nemo"),
        _person(config, "Vera", "vera", groups=member, verified=False),
        _person(config, "Žofie d'Årc + 孫", "Žofie..d'Årc+孫 |7", groups=member),
        *(_person(config, name, name.lower(), groups=[*member, group]) for name, group in further),
    )


def _person(
    config: Config, name: str, username: str, *, groups: list[str] | None = None, verified: bool = True
) -> Person:
    """A person whom the configuration knows under a name, in groups."""
    groups = groups or []
    slug = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name.lower()).strip("-")
    id = username if config.username_key == "sub" else f"preview|{slug}"
    claims: Claims = {
        "name": name,
        "given_name": name,
        "nickname": slug,
        "preferred_username": slug,
        "email": f"{slug}@example.com",
        "email_verified": verified,
        **({} if config.username_key == "sub" else {config.username_key: username}),
        **_groups(config.groups_claim, groups),
        "sub": id,
    }
    known = set(groups) if config.groups_claim else set()
    admin = username in config.users_admins or bool(known & set(config.groups_admins))
    listed = username in config.users_allowed or bool(known & set(config.groups_allowed))
    turned_away = config.sign_in_verified_email and not verified and "email" in config.scope
    rights = config.aws_access.of(known) if config.aws_access else None
    admitted = not turned_away and (config.open_admission or admin or listed)
    return Person(
        id,
        name,
        _about(groups, admitted=admitted, admin=admin, verified=verified)
        + (_offers(config, username, known) + _in_aws(config, rights) if admitted else ""),
        username,
        admitted,
        admin and admitted,
        claims,
        rights,
    )


def _groups(claim: str | None, groups: list[str]) -> Claims:
    """The claim that lists the groups: of this very name if it is a URL, a path of claims otherwise."""
    if claim is None:
        return {}
    path = [claim] if "://" in claim else claim.split(".")
    found: Any = groups
    for key in reversed(path):
        found = {key: found}
    return dict(found)


def _about(groups: list[str], *, admitted: bool, admin: bool, verified: bool) -> str:
    membership = f"in {', '.join(groups)}" if groups else "in no group"
    address = "" if verified else ", e-mail address not verified"
    outcome = "an admin of the hub" if admin else "a user of the hub" if admitted else "turned away by the hub"
    return f"{membership}{address}: {outcome}"


def _offers(config: Config, username: str, groups: set[str]) -> str:
    """The profiles that somebody may choose, where there are any."""
    if config.singleuser_profiles is None:
        return ""
    titles = [each.title for each in config.singleuser_profiles.by_id.values() if each.allows(username, groups)]
    return f", who chooses of {', '.join(titles)}" if titles else ", for whom there is no profile"


def _in_aws(config: Config, rights: str | None) -> str:
    """What somebody's server may do in AWS, where any may."""
    if config.aws_access is None:
        return ""
    return f", with the rights {rights} in AWS" if rights else ", without rights in AWS"
