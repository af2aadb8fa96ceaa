"""A load balancer in front of a preview, as in the cluster: it ends TLS, and keeps its connections to the proxy."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from blueprint.config import Config
from blueprint.constructs.network.load_balancing import TLS_POLICY, ingress
from rehearsal.aws.load_balancing.balancers import Served
from rehearsal.aws.load_balancing.health import HealthChecks
from rehearsal.aws.load_balancing.picture import Certificate, Listener, Rule, Target, TargetGroup
from rehearsal.aws.load_balancing.proxy import Proxy
from rehearsal.certificates import Pair

_GROUP = "the proxy"


@contextmanager
def load_balancer(config: Config, *, port: int, target: int, pair: Pair) -> Iterator[None]:
    """The load balancer of a configuration's Ingress, on loopback, with one target there."""
    loop = asyncio.new_event_loop()
    health = HealthChecks()
    certificate = Certificate(("localhost",), pair.certificate.read_bytes(), pair.key.read_bytes())
    listener = Listener(
        arn="https",
        port=port,
        protocol="HTTPS",
        policy=TLS_POLICY,
        certificates=(certificate,),
        rules=(Rule((), ({"Type": "forward", "TargetGroupArn": _GROUP},)),),
        attributes=attributes(config),
    )
    group = TargetGroup(_GROUP, "HTTP", (Target("127.0.0.1", target),), "HTTP", "traffic-port", "/", "200", 1, 1)

    async def begin() -> Served:
        return await Served.begun(Proxy(listener, {_GROUP: group}, health), "127.0.0.1")

    served = loop.run_until_complete(begin())
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(served.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def attributes(config: Config) -> dict[str, str]:
    """The attributes that the Ingress asks for, as the Load Balancer Controller reads them."""
    made: dict[str, dict[str, dict[str, str]]] = ingress(config, certificate_arn="", subnet_ids=[])  # type: ignore[assignment]
    said = made["metadata"]["annotations"]["alb.ingress.kubernetes.io/load-balancer-attributes"]
    return dict(each.split("=", 1) for each in said.split(","))
