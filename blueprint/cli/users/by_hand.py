"""What to do by hand at a provider that `users` has no API for: where, what to click, and what the hub reads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

from blueprint.config import Config

VERBS: Final = ("list", "add", "disable", "enable", "promote", "demote")


class Place(NamedTuple):
    """Where a provider keeps people and groups: addresses made from the authorization endpoint."""

    people: str
    groups: str


@dataclass(frozen=True)
class Console:
    """A provider's console."""

    name: str
    place: Callable[[SplitResult], Place | None]
    clicks: Mapping[str, str]
    has_groups: bool = True

    def lines(self, verb: str, config: Config) -> list[str]:
        """What to do there."""
        url = urlsplit(config.auth_url or "")
        place = self.place(url)
        in_groups = verb in ("promote", "demote") and self.has_groups
        lines = [f"The hub's people are kept by {self.name} ({url.netloc}), which this command has no API for."]
        lines += by_settings(verb, config, has_groups=self.has_groups)
        by_group = not in_groups or bool(config.groups_admins)
        if verb in self.clicks and by_group:
            lines.append(self.clicks[verb])
        if place is not None and by_group:
            lines.append(f"There: {place.groups if in_groups else place.people}")
        return lines


def by_settings(verb: str, config: Config, *, has_groups: bool = True) -> list[str]:
    """Which claim and groups the hub looks at for this, or which setting to change."""
    key, claim = config.username_key, config.groups_claim
    match verb:
        case "promote" | "demote" if config.groups_admins and has_groups:
            return [f"Admins are who has {_any(config.groups_admins)} in the claim {claim} (groups.admins)."]
        case "promote" | "demote":
            change = "add them to" if verb == "promote" else "take them out of"
            return [f"Admins are named by users.admins, by the claim {key}: {change} it, then cdk deploy Hub."]
        case "add" | "list":
            return _admission(config, has_groups=has_groups)
    return []


def by_hand(verb: str, config: Config) -> list[str]:
    """What to do at the provider of the settings."""
    return console(config.auth_url or "").lines(verb, config)


def console(authorization_url: str) -> Console:
    """Which provider's an authorization endpoint is."""
    url = urlsplit(authorization_url)
    host = url.hostname or ""
    if "/realms/" in url.path:
        return _KEYCLOAK
    for domain, found in _BY_DOMAIN.items():
        if f".{host}".endswith(f".{domain}"):
            return found
    return _OTHER


def _any(groups: list[str]) -> str:
    return groups[0] if len(groups) == 1 else f"one of {', '.join(groups)}"


def _admission(config: Config, *, has_groups: bool) -> list[str]:
    if config.open_admission:
        return ["Whoever the provider signs in may enter (neither groups.allowed nor users.allowed is set)."]
    lines = []
    if config.groups_allowed and has_groups:
        lines.append(
            f"Who has {_any(config.groups_allowed)} in the claim {config.groups_claim} may enter (groups.allowed)."
        )
    if config.users_allowed or not lines:
        key = config.username_key
        lines.append(f"Who may enter is named by users.allowed, by the claim {key}: change it, then cdk deploy Hub.")
    return lines


def _okta(url: SplitResult) -> Place | None:
    organisation, _, domain = (url.hostname or "").partition(".")
    if not domain.startswith("okta"):  # a domain of one's own
        return None
    base = f"https://{organisation.removesuffix('-admin')}-admin.{domain}/admin"
    return Place(f"{base}/users", f"{base}/groups")


def _entra(url: SplitResult) -> Place:
    tenant = url.path.strip("/").partition("/")[0]
    portal = "https://portal.azure.us" if (url.hostname or "").endswith(".us") else "https://portal.azure.com"
    named = f"/{tenant}" if tenant not in ("", "common", "organizations", "consumers") else ""
    blade = f"{portal}{named}/#view/Microsoft_AAD"
    return Place(
        f"{blade}_UsersAndTenants/UserManagementMenuBlade/~/AllUsers",
        f"{blade}_IAM/GroupsManagementMenuBlade/~/AllGroups",
    )


def _keycloak(url: SplitResult) -> Place:
    before, _, after = url.path.partition("/realms/")
    realm = after.partition("/")[0]
    base = f"https://{url.netloc}{before}/admin/master/console/#/{realm}"
    return Place(f"{base}/users", f"{base}/groups")


def _fixed(people: str, groups: str = "") -> Callable[[SplitResult], Place]:
    return lambda _: Place(people, groups or people)


_OKTA = Console(
    "Okta",
    _okta,
    {
        "list": "Directory → People; who may use the hub: Applications → the hub → Assignments.",
        "add": "Directory → People → Add person; then Directory → Groups → the group → Assign people.",
        "disable": "Directory → People → the person → More Actions → Suspend; then Clear User Sessions.",
        "enable": "Directory → People → the person → More Actions → Unsuspend.",
        "promote": "Directory → Groups → the group → Assign people.",
        "demote": "Directory → Groups → the group → the person → Remove.",
    },
)
_ENTRA = Console(
    "Microsoft Entra ID",
    _entra,
    {
        "list": "Users → All users; who may use the hub: Enterprise applications → the hub → Users and groups.",
        "add": "Users → New user → Create, or Invite external user; then Groups → the group → Members → Add members.",
        "disable": "Users → the user → Account enabled: no; then Revoke sessions.",
        "enable": "Users → the user → Account enabled: yes.",
        "promote": "Groups → the group (the settings have its object id) → Members → Add members.",
        "demote": "Groups → the group (the settings have its object id) → Members → the user → Remove.",
    },
)
_KEYCLOAK = Console(
    "Keycloak",
    _keycloak,
    {
        "list": "Users; who is in a group: Groups → the group → Members.",
        "add": "Users → Add user, with Join Groups; then Credentials → Credential Reset sends them an e-mail.",
        "disable": "Users → the user → Enabled: off; then Sessions → Logout all sessions.",
        "enable": "Users → the user → Enabled: on.",
        "promote": "Groups → the group → Members → Add member.",
        "demote": "Groups → the group → Members → the user → Leave.",
    },
)
_GOOGLE = Console(
    "Google",
    _fixed("https://admin.google.com/ac/users"),
    {
        "list": "Directory → Users, for a Workspace.",
        "add": "Directory → Users → Add new user, for a Workspace.",
        "disable": "Directory → Users → the user → Suspend; then Security → Sign-in cookies → Reset.",
        "enable": "Directory → Users → the user → Reactivate.",
    },
    has_groups=False,
)
_GITHUB = Console(
    "GitHub",
    _fixed("https://github.com/settings/organizations"),
    {
        "disable": "An account cannot be disabled by you: take them out of users.allowed, then cdk deploy Hub.",
        "enable": "Put them into users.allowed again, then cdk deploy Hub.",
    },
    has_groups=False,
)
_GITLAB = Console(
    "GitLab",
    lambda url: Place(f"https://{url.netloc}/admin/users", f"https://{url.netloc}/dashboard/groups"),
    {
        "list": "Groups → the group → Manage → Members; on a GitLab of your own: Admin → Users.",
        "add": "Groups → the group → Manage → Members → Invite members.",
        "disable": "Groups → the group → Manage → Members → Remove member; or Admin → Users → Block.",
        "enable": "Groups → the group → Manage → Members → Invite members; or Admin → Users → Unblock.",
        "promote": "Groups → the group → Manage → Members → Invite members.",
        "demote": "Groups → the group → Manage → Members → Remove member.",
    },
)
_OTHER = Console(
    "a provider of another kind",
    lambda url: Place(f"https://{url.netloc}", f"https://{url.netloc}"),
    {
        "list": "Its own console lists people and groups.",
        "add": "In its own console: make the account, and put it into the group.",
        "disable": "In its own console: disable the account, and end its sessions and tokens.",
        "enable": "In its own console: enable the account.",
        "promote": "In its own console: put the account into the group.",
        "demote": "In its own console: take the account out of the group.",
    },
)
_BY_DOMAIN: Final = {
    **dict.fromkeys(("okta.com", "oktapreview.com", "okta-emea.com", "okta-gov.com", "okta.mil"), _OKTA),
    **dict.fromkeys(("microsoftonline.com", "microsoftonline.us"), _ENTRA),
    "google.com": _GOOGLE,
    "github.com": _GITHUB,
    "gitlab.com": _GITLAB,
}
