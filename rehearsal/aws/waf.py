"""WAF's API, where moto does otherwise than AWS."""

from __future__ import annotations

from typing import ClassVar

from moto.wafv2.models import wafv2_backends

from rehearsal.aws import moto_settings
from rehearsal.aws.api import Api, Input


class Waf(Api):
    """A resource has one web ACL at most; moto does the rest."""

    service: ClassVar[str] = "wafv2"
    extends: ClassVar[bool] = True

    def associate_web_acl(self, wanted: Input) -> None:
        """Take the one before away, if there is one to take its place."""
        with moto_settings.LOCK:
            backend = wafv2_backends[self.current_account][self.region]
            if wanted["WebACLArn"] in backend.wacls:
                backend.disassociate_web_acl(wanted["ResourceArn"])
