"""moto as the stand-in wants it: its settings, one server a process, and one request at a time."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from functools import cache
from threading import Lock, RLock
from unittest.mock import patch

import moto.backends
import moto.iam.models
import moto.route53.models
import moto.settings
from moto.core import responses, utils
from moto.iam.access_control import PermissionResult
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend
from moto.moto_api._internal.models import moto_api_backend
from moto.route53.models import DelegationSet
from moto.s3.models import FakeBucket

LOCK = RLock()
"""moto was not made for threads: whoever touches what it holds, holds this."""

_OWNED = Lock()


@contextmanager
def owned() -> Iterator[None]:
    """moto, with nothing in it and set up for one server; afterwards its settings are what they were.

    A process has one moto: whoever else uses it meanwhile, and sets it back, takes a server's accounts away.
    Raises RuntimeError where another server runs in this process.
    """
    if not _OWNED.acquire(blocking=False):
        raise RuntimeError("A process has one moto, and another stand-in runs in this one: stop it first.")
    try:
        with LOCK:
            moto_api_backend.reset()
        logging.getLogger("werkzeug").setLevel(logging.WARNING)
        services = list(moto.backends.list_of_moto_modules())
        with (
            # Machine images take seconds to load, and nothing reads them.
            patch.object(moto.settings, "ec2_load_default_amis", lambda: False),
            # Certificates wait for their proofs: public_dns.py.
            patch.object(moto.settings, "ACM_VALIDATION_WAIT", 10**9),
            # moto looks its services up for each request, which takes most of its time.
            patch.object(moto.backends, "list_of_moto_modules", lambda: iter(services)),
            # And all operations of the one that is asked.
            patch.object(responses, "method_names_from_class", cache(utils.method_names_from_class)),
            # It reads AWS's policies, three megabytes, for each account, and for each partition of the world.
            patch.object(IAMBackend, "_init_aws_policies", _aws_policies),
            patch.object(moto.iam.models, "PARTITION_NAMES", ["aws"]),
            # All its zones have the same name servers: one could not be told from another.
            patch.object(moto.route53.models, "DelegationSet", _delegation_set),
            # Of policies, moto enforces those of buckets only, without their conditions: "nothing but over TLS" is
            # "nothing".
            patch.object(FakeBucket, "get_permission", lambda self, action, resource: PermissionResult.NEUTRAL),
        ):
            yield
    finally:
        _OWNED.release()


def _aws_policies(backend: IAMBackend) -> list[AWSManagedPolicy]:
    """An account's own, which count where they are attached."""
    policies = [copy(each) for each in _read_policies()]
    for each in policies:
        each.account_id = backend.account_id
    return policies


@cache
def _read_policies() -> list[AWSManagedPolicy]:
    read = json.loads(aws_managed_policies_data)
    return [AWSManagedPolicy.from_data(name, "aws", "aws", each) for name, each in read.items()]


def _delegation_set(caller_reference: str, name_servers: list[str] | None, delegation_set_id: str | None) -> object:
    """Name servers of a zone's own."""
    return DelegationSet(caller_reference, name_servers or _name_servers(), delegation_set_id)


def _name_servers() -> list[str]:
    """One of each quarter of Route 53's, as it gives them out."""
    numbers = [512 * quarter + secrets.randbelow(512) for quarter in range(4)]
    domains = ("com", "net", "org", "co.uk")
    return [f"ns-{each}.awsdns-{each % 64:02}.{domain}" for each, domain in zip(numbers, domains, strict=True)]
