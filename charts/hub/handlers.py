"""Runs in the hub: the ways to the identity provider, back from it, and out."""

from typing import Any

from oauthenticator.oauth2 import (  # type: ignore[import-untyped]
    OAuthCallbackHandler,
    OAuthLoginHandler,
    OAuthLogoutHandler,
)
from tornado.web import HTTPError

from hub.refusals import begun_elsewhere, refused_there


class Departure(OAuthLoginHandler):  # type: ignore[misc]
    """Sends people to the provider, if it is there."""

    async def get(self) -> None:
        """Begin a sign-in."""
        await self.authenticator.reach_provider()
        super().get()

    def authorize_redirect(self, *args: Any, extra_params: dict[str, Any], **kwargs: Any) -> None:
        """Ask the provider to ask for the person, even if it knows one, where somebody else is to come."""
        if self.get_argument("somebody-else", ""):
            extra_params = {**extra_params, **self.authenticator.somebody_else}
        super().authorize_redirect(*args, extra_params=extra_params, **kwargs)


class Arrival(OAuthCallbackHandler):  # type: ignore[misc]
    """Takes people who come back from the provider."""

    def check_arguments(self) -> None:
        """Turn away who did not set out from here, and whom the provider turns away."""
        error = self.get_argument("error", "")
        words = self.get_argument("error_description", error)
        if error:
            self.log.warning("The provider refuses a sign-in: %.100r (%.300r)", error, words)
        try:
            self.check_state()
            if not error:
                self.check_code()
        except HTTPError as fault:
            raise begun_elsewhere() from fault
        if error:
            raise refused_there(words)


class Leave(OAuthLogoutHandler):  # type: ignore[misc]
    """Ends the session here, and at the provider where it can be done from here."""

    async def render_logout_page(self) -> None:
        """Lead to the provider's sign-out, which leads back; or say what is left to do."""
        if self.authenticator.logout_redirect_url:
            await super().render_logout_page()
        else:
            self.finish(await self.render_template("logout.html"))
