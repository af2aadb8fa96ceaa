"""Certificates beside the context: what is taken for an authority's, and what is said of any other file."""

import ssl
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from blueprint.config import ConfigError, Problem, load
from blueprint.config.types.certificates import Bundle
from rehearsal.certificates import Authority
from tests.config.seed import SEED, TODAY

ALLOWED = "the name of a file beside the context: certificates in PEM or DER, of at most 16 KiB"
NONE = "the file holds no certificate that can be read: export it as PEM"


def authorities(folder: Path, today: date = TODAY) -> Bundle | None:
    return load({**SEED, "identity.ca": "ca.pem"}, today=today, folder=folder).config.identity_ca


def fault(folder: Path, today: date = TODAY) -> Problem:
    with pytest.raises(ConfigError) as error:
        authorities(folder, today)
    (problem,) = error.value.problems
    return problem


@pytest.fixture
def pem(tmp_path: Path) -> str:
    return Authority(tmp_path / "authority", "Ours").certificate.read_text()


def test_certificate_is_taken_as_pem(tmp_path: Path, pem: str) -> None:
    (tmp_path / "ca.pem").write_text(pem)
    found = authorities(tmp_path)
    assert found is not None
    assert (found.name, found.text) == ("ca.pem", pem)


def test_certificate_in_der_is_taken_as_pem(tmp_path: Path, pem: str) -> None:
    (tmp_path / "ca.pem").write_bytes(ssl.PEM_cert_to_DER_cert(pem))
    found = authorities(tmp_path)
    assert found is not None
    assert ssl.PEM_cert_to_DER_cert(found.text) == ssl.PEM_cert_to_DER_cert(pem)


def test_several_are_taken_without_what_stands_between(tmp_path: Path, pem: str) -> None:
    other = Authority(tmp_path / "other", "Another").certificate.read_text()
    (tmp_path / "ca.pem").write_text(f"# Unsere Behörde\n{pem}\nand another\r\n{other}", encoding="utf-8")
    found = authorities(tmp_path)
    assert found is not None
    assert found.text == pem + other


@pytest.mark.parametrize(
    ("change", "fix"),
    [
        pytest.param(lambda pem: "", NONE, id="empty"),
        pytest.param(lambda pem: "hello", NONE, id="text"),
        pytest.param(lambda pem: pem.replace("M", "N"), NONE, id="broken"),
        pytest.param(lambda pem: pem[:-30], NONE, id="cut off"),
        pytest.param(
            lambda pem: f"{pem}-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----\n",
            "take the private key out of it: only the authority's certificate is wanted",
            id="private key",
        ),
        pytest.param(
            lambda pem: pem * 40,
            "keep the certificates alone of the authorities that vouch for the provider",
            id="all the world's",
        ),
    ],
)
def test_file_that_cannot_serve_is_told(tmp_path: Path, pem: str, change: Any, fix: str) -> None:
    (tmp_path / "ca.pem").write_text(change(pem))
    assert fault(tmp_path) == Problem("identity.ca", '"ca.pem"', ALLOWED, fix)


def test_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert fault(tmp_path).fix == f"put the file there, or correct the name: {tmp_path}/ca.pem is none"


def test_authority_that_has_ended_is_told(tmp_path: Path, pem: str) -> None:
    (tmp_path / "ca.pem").write_text(pem)
    found = authorities(tmp_path)
    assert found is not None
    assert found.ends is not None
    assert authorities(tmp_path, found.ends) == found
    allowed = f"a certificate that has not ended, which this did on {found.ends}"
    expected = Problem("identity.ca", '"ca.pem"', allowed, "take the authority's present one")
    assert fault(tmp_path, found.ends + timedelta(days=1)) == expected
