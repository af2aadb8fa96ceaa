"""The ports that a preview's programs listen on, which are chosen before they do."""

import errno
import socket

import pytest

from preview import ports
from preview.running import addresses


def test_free_ports_are_different_and_none_that_the_system_gives_away() -> None:
    found = ports.free_ports(50)
    assert len({*found}) == 50
    assert max(found) < 32768


def test_what_somebody_listens_on_is_not_free(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        monkeypatch.setattr(ports, "_FREE", range(port, port + 1))
        with pytest.raises(OSError, match="nothing is free between") as told:
            ports.free_port()
    assert told.value.errno == errno.EADDRINUSE


def test_public_port_is_as_asked_for_and_no_other_program_s(monkeypatch: pytest.MonkeyPatch) -> None:
    port = ports.free_port()
    monkeypatch.setattr(ports, "_FREE", range(port, port + 20))
    found = addresses(port)
    assert found.public == port
    assert len({found.public, found.hub, found.proxy_api, found.provider}) == 4
