"""Runs in the hub: why somebody does not get in, and what they can do about it; `templates/error.html` shows it."""

from collections.abc import Iterable
from typing import Literal

from tornado.web import HTTPError

Action = Literal["again", "somebody-else"]
"""A button: once more with what the provider says now, or as another person, whom the provider then asks for."""


_LONGEST = 300
_GROUPS = 20
NOBODY = "Nobody can sign in at the moment"


class RefusalError(HTTPError):
    """Somebody does not get in. `heading` and `sentence` say why, `advice` what they can do themselves.

    `ask` goes on after "Ask the hub's administrators". The first action is what helps most people.
    """

    jupyterhub_message: str

    def __init__(
        self,
        status: int,
        heading: str,
        sentence: str,
        *,
        advice: str = "",
        ask: str = "",
        actions: tuple[Action, ...] = ("again",),
    ) -> None:
        super().__init__(status, sentence)
        self.heading = heading
        self.advice = advice
        self.ask = ask
        self.actions = actions


def _plain(words: str) -> str:
    """What others have written, on a line that can be read."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in words).split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def _some(groups: Iterable[str]) -> str:
    """The first of somebody's groups, and how many more there are."""
    names = sorted(groups)
    more = len(names) - _GROUPS
    return ", ".join([*(_plain(name) for name in names[:_GROUPS]), *([f"and {more} more"] if more > 0 else [])])


def not_admitted(name: str, groups: Iterable[str], unread: str = "") -> RefusalError:
    """The rules of `users.allowed` and `groups.allowed` leave somebody out; `unread` is a claim that cannot be read."""
    return RefusalError(
        403,
        "No access to this hub",
        f"You are signed in as {name}, who may not use this hub.",
        advice=f"What the identity provider sent as your groups ({unread}) cannot be read." if unread else "",
        ask=f"to admit you, or a group that you are in (now: {_some(groups) or 'none'})",
        actions=("somebody-else", "again"),
    )


def unverified(address: str) -> RefusalError:
    """The provider does not vouch for an address."""
    return RefusalError(
        403,
        "Your e-mail address is not verified",
        f"Your identity provider has not verified your e-mail address {_plain(address)}.".replace(" .", "."),
        advice="Verify it there, then try again.",
        actions=("again", "somebody-else"),
    )


def name_of_another(name: str) -> RefusalError:
    """The name came with another person first."""
    return RefusalError(
        403,
        "This name is taken",
        f"The name {name} belongs to somebody else on this hub.",
        ask="to pass it on here as well, with or without the files, if it has passed to you",
        actions=("somebody-else", "again"),
    )


def unreadable_state(name: str) -> RefusalError:
    """Nobody can say whose name it is."""
    return RefusalError(
        403,
        "The hub does not know whose name this is",
        f"The hub can no longer read whom the name {name} belongs to: its state key was replaced.",
        ask="to put the former key behind the new one, or to set sign.in.takeover",
    )


def no_name(claim: str) -> RefusalError:
    """The provider does not say how somebody is called here."""
    return RefusalError(
        403,
        "The hub does not learn your name",
        f"The identity provider did not send {claim}, which names you here.",
        ask="to ask the provider for more (scope), or to take another claim (usernameKey)",
        actions=("again", "somebody-else"),
    )


def unusable_name(name: object, why: str) -> RefusalError:
    """JupyterHub would take the name for a path, or it is no text."""
    return RefusalError(
        403,
        "The hub cannot take your name",
        f"The hub cannot take the name {name}, {why}.",
        ask="to choose another claim for names (usernameKey)",
        actions=("somebody-else", "again"),
    )


def begun_elsewhere() -> RefusalError:
    """A return from the provider without a way there."""
    return RefusalError(
        400,
        "This sign-in has expired",
        "It was not begun in this browser, or too long ago.",
        advice="Begin anew. If it happens again, allow cookies, and use no bookmark of the provider's page.",
    )


def expired() -> RefusalError:
    """The provider no longer takes what it gave the browser."""
    return RefusalError(400, "This sign-in has expired", "It took too long, or its last page was loaded twice.")


def refused_there(words: str) -> RefusalError:
    """The provider turns somebody away, or what the hub asks for them."""
    return RefusalError(
        400,
        "The identity provider refuses",
        f"The identity provider says: {_plain(words)}",
        actions=("again", "somebody-else"),
    )


def hub_refused(method: str) -> RefusalError:
    """The provider does not take the hub for its client."""
    return RefusalError(
        500,
        NOBODY,
        "The identity provider refuses the hub itself.",
        ask="to compare client id, client secret and callback URL with what the provider has, and its way to "
        f"authenticate clients with client.authentication (now client_secret_{method})",
    )


def nothing_told() -> RefusalError:
    """The provider gives tokens that are no good for the user-info endpoint."""
    return RefusalError(
        500,
        "The hub does not learn who you are",
        "The identity provider refuses to tell the hub who you are.",
        ask="to compare userDataUrl and scope with what the provider has",
        actions=("again", "somebody-else"),
    )


def unreadable_answer(setting: str, kind: str) -> RefusalError:
    """An endpoint gives something else than it should."""
    return RefusalError(
        500,
        NOBODY,
        f"The identity provider's answer cannot be read: it is {_plain(kind)}, not JSON.",
        ask=f"to look where {setting} leads, and what the provider sends there",
    )


def untrusted(reason: str) -> RefusalError:
    """Whom the hub reaches cannot prove to be the provider."""
    return RefusalError(
        503,
        NOBODY,
        f"The hub does not trust the identity provider's certificate: {reason.rstrip('.')}.",
        ask="to have it mended; or, if an authority of your own has issued it, to give the authority's (identity.ca)",
    )


def secret_of_many() -> RefusalError:
    """The client secret is not alone."""
    return RefusalError(
        500,
        NOBODY,
        "The hub does not know its client secret: it is one of several entries of a JSON object.",
        ask="to say which in client.secret.entry",
    )


class ProviderDownError(RefusalError):
    """The identity provider gives no answer, or asks to be left alone."""

    def __init__(self) -> None:
        super().__init__(
            503,
            NOBODY,
            "The identity provider does not answer.",
            advice="Servers that run keep running. Try again in a minute.",
            ask="if it lasts",
        )


def nothing_offered(name: str) -> RefusalError:
    """All profiles are for others."""
    return RefusalError(
        403,
        "No server for you",
        f"You are signed in as {name}, and none of this hub's servers is for you.",
        ask="to allow a profile to you, or to a group that you are in",
        actions=("again", "somebody-else"),
    )


def limit_met(limits: Iterable[str], advice: str, contact: str) -> RefusalError:
    """There is no room for a server: which limits are met, what helps, and whom to ask, for API and page alike."""
    said = [*limits, *([advice] if advice else []), f"If you need more, ask {contact}"]
    words = "".join(f"{each}. " for each in said).rstrip()
    refusal = RefusalError(429, "There is no room for this server", words)
    refusal.jupyterhub_message = words
    return refusal


def not_offered(what: str, given: object, offered: Iterable[str]) -> RefusalError:
    """Somebody asks for a profile or a choice that is not there, or not for them."""
    words = f"You cannot choose the {what} {str(given)[:100]!r}, only: {', '.join(offered) or 'none'}."
    refusal = RefusalError(403, "This cannot be chosen", words)
    refusal.jupyterhub_message = words  # which JupyterHub shows where a start has failed
    return refusal
