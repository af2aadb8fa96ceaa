"""moto as the stand-in wants it: its settings, and one request at a time."""

from __future__ import annotations

import logging
import os
from threading import RLock

import moto.backends
import moto.settings
from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket

LOCK = RLock()
"""moto was not made for threads: whoever touches what it holds, holds this."""


def apply() -> None:
    """Set moto up, for the whole process, before its server starts."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    # Roles attach AWS's own policies; machine images take seconds to load, and nothing reads them.
    os.environ.update(MOTO_IAM_LOAD_MANAGED_POLICIES="true", MOTO_EC2_LOAD_DEFAULT_AMIS="false")
    # Certificates wait for their proofs: public_dns.py.
    moto.settings.ACM_VALIDATION_WAIT = 10**9
    # moto looks its services up for each request, which takes most of its time.
    services = list(moto.backends.list_of_moto_modules())
    moto.backends.list_of_moto_modules = lambda: iter(services)
    # Of policies, moto enforces those of buckets only, without their conditions: "nothing but over TLS" is "nothing".
    FakeBucket.get_permission = lambda self, action, resource: PermissionResult.NEUTRAL  # type: ignore[method-assign]
