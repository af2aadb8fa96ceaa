from __future__ import annotations

import ssl
import stat
from pathlib import Path
from typing import Any

import pytest

from rehearsal.aws.answers import Answers
from rehearsal.certificates import Authority, Pair


def handshake(server: Pair, client: Pair, authority: Path, name: str) -> Any:
    """What a server learns of its client in a TLS handshake, without a network."""
    listening = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    listening.load_cert_chain(server.certificate, server.key)
    listening.load_verify_locations(authority)
    listening.verify_mode = ssl.CERT_REQUIRED
    calling = ssl.create_default_context(cafile=str(authority))
    calling.load_cert_chain(client.certificate, client.key)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    caller = calling.wrap_bio(to_client, to_server, server_hostname=name)
    listener = listening.wrap_bio(to_server, to_client, server_side=True)
    for side in (caller, listener, caller, listener):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    return listener.getpeercert()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "test")


@pytest.mark.parametrize("name", ["server.example", "127.0.0.1"])
def test_a_client_trusts_a_server_by_its_names(authority: Authority, name: str) -> None:
    server = authority.issue("server", hosts=["server.example", "127.0.0.1"])
    assert handshake(server, authority.issue("client"), authority.certificate, name)


def test_a_client_does_not_trust_a_server_by_another_name(authority: Authority) -> None:
    server = authority.issue("server", hosts=["server.example"])
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        handshake(server, authority.issue("client"), authority.certificate, "other.example")


def test_a_server_learns_a_client_s_name_and_groups(authority: Authority) -> None:
    server = authority.issue("server", hosts=["server.example"])
    client = authority.issue("system:admin", groups=["system:masters", "others"])
    subject = handshake(server, client, authority.certificate, "server.example")["subject"]
    assert subject == (
        (("organizationName", "system:masters"),),
        (("organizationName", "others"),),
        (("commonName", "system:admin"),),
    )


def test_a_client_of_another_authority_is_not_trusted(authority: Authority, tmp_path: Path) -> None:
    server = authority.issue("server", hosts=["server.example"])
    stranger = Authority(tmp_path / "other", "test").issue("client")
    with pytest.raises(ssl.SSLError):
        handshake(server, stranger, authority.certificate, "server.example")


def test_only_its_owner_reads_a_key(authority: Authority) -> None:
    assert stat.S_IMODE(authority.issue("client").key.stat().st_mode) == 0o600


def test_an_address_takes_one_answer(tmp_path: Path) -> None:
    answers = Answers(tmp_path)
    address = answers.address()
    assert answers.take(address) is None
    with pytest.raises(KeyError):
        answers.take(address)
