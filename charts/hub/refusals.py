"""Runs in the hub: why somebody does not get in, and what they can do about it; `templates/error.html` shows it."""

from collections.abc import Iterable
from typing import Literal

from tornado.web import HTTPError

Action = Literal["again", "somebody-else"]
"""A button: once more with what the provider says now, or as another person, whom the provider then asks for."""


class RefusalError(HTTPError):
    """Somebody does not get in. `heading` and `sentence` say why, `advice` what they can do themselves.

    `ask` goes on after "Ask the hub's administrators". The first action is what helps most people.
    """

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


def not_admitted(name: str, groups: Iterable[str]) -> RefusalError:
    """The rules of `users.allowed` and `groups.allowed` leave somebody out."""
    return RefusalError(
        403,
        "No access to this hub",
        f"You are signed in as {name}, who may not use this hub.",
        ask=f"to admit you, or a group that you are in (now: {', '.join(groups) or 'none'})",
        actions=("somebody-else", "again"),
    )


def unverified(address: str) -> RefusalError:
    """The provider does not vouch for an address."""
    return RefusalError(
        403,
        "Your e-mail address is not verified",
        f"Your identity provider has not verified your e-mail address {address}.".replace(" .", "."),
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


def name_with_slash(name: str) -> RefusalError:
    """JupyterHub takes a slash for the end of a name."""
    return RefusalError(
        403,
        "The hub cannot take your name",
        f"The hub cannot take the name {name}, because of the slash in it.",
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
        f"The identity provider says: {words}",
        actions=("again", "somebody-else"),
    )


def hub_refused() -> RefusalError:
    """The provider does not take the hub for its client."""
    return RefusalError(
        500,
        "Nobody can sign in at the moment",
        "The identity provider refuses the hub itself.",
        ask="to compare client id, client secret and callback URL with what the provider has",
    )


class ProviderDownError(RefusalError):
    """The identity provider gives no answer, or asks to be left alone."""

    def __init__(self) -> None:
        super().__init__(
            503,
            "Nobody can sign in at the moment",
            "The identity provider does not answer.",
            advice="Servers that run keep running. Try again in a minute.",
            ask="if it lasts",
        )
