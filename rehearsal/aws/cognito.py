"""Cognito's API of user pools, where moto does otherwise than AWS."""

from __future__ import annotations

from typing import ClassVar

from moto.cognitoidp.models import CognitoIdpBackend, CognitoIdpUserPoolClient, cognitoidp_backends

from rehearsal.aws import moto_settings
from rehearsal.aws.api import Api, ApiError, Input, Output

_FIXED = ("AliasAttributes", "UsernameAttributes", "UsernameConfiguration")


class Cognito(Api):
    """User pools keep what cannot change, and what is protected or in use stays."""

    service: ClassVar[str] = "cognito-idp"
    extends: ClassVar[bool] = True

    def update_user_pool(self, wanted: Input) -> Output:
        """Give a pool other settings: what is not said is set back, but for how its users are named."""
        with moto_settings.LOCK:
            pool = self._backend.describe_user_pool(wanted["UserPoolId"])
            kept = {name: pool.extended_config[name] for name in _FIXED if name in pool.extended_config}
            settings = {name: value for name, value in wanted.items() if name not in {"UserPoolId", "PoolName"}}
            pool.update_extended_config({**kept, **settings})
            pool.name = wanted.get("PoolName", pool.name)
        return {}

    def delete_user_pool(self, wanted: Input) -> None:
        """Refuse it for a pool that is protected or has a sign-in page; moto deletes others."""
        with moto_settings.LOCK:
            pool = self._backend.describe_user_pool(wanted["UserPoolId"])
            if pool.extended_config.get("DeletionProtection") == "ACTIVE":
                raise ApiError(
                    "InvalidParameterException",
                    "The user pool cannot be deleted because deletion protection is activated.",
                )
            if pool.domain:
                raise ApiError(
                    "InvalidParameterException",
                    "User pool cannot be deleted. It has a domain configured that should be deleted first.",
                )

    def create_user_pool_domain(self, wanted: Input) -> None:
        """Refuse an address that some pool of the region has, in whichever account; moto makes others."""
        with moto_settings.LOCK:
            taken = {
                name for account in cognitoidp_backends.values() for name in account[self.region].user_pool_domains
            }
        if wanted["Domain"] in taken:
            raise ApiError("InvalidParameterException", "Domain already associated with another user pool.")

    def update_user_pool_client(self, wanted: Input) -> None:
        """Set back what is not said; moto does the rest."""
        with moto_settings.LOCK:
            client = self._backend.describe_user_pool_client(wanted["UserPoolId"], wanted["ClientId"])
            client.extended_config = CognitoIdpUserPoolClient(client.user_pool_id, False, {}).extended_config

    @property
    def _backend(self) -> CognitoIdpBackend:
        return cognitoidp_backends[self.current_account][self.region]
