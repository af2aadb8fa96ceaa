"""moto's server, without what takes most of its time and no test looks at."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import moto.backends
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from moto.server import ThreadedMotoServer


@contextmanager
def served() -> Iterator[str]:
    """AWS on loopback: its address."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    services = list(moto.backends.list_of_moto_modules())  # for each request, or else
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moto.backends, "list_of_moto_modules", lambda: services)
        patch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")  # hundreds, each with a volume, in every account and region
        # Half a second of primes for a certificate, whose key nobody looks at.
        patch.setattr(rsa, "generate_private_key", cache(rsa.generate_private_key))
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
        server.stop()
