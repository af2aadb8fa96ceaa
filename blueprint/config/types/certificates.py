"""Certificates of authorities that context names: a file beside it, in PEM or DER."""

import re
import ssl
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

from pydantic import PlainValidator, ValidationInfo, WithJsonSchema

from blueprint.config.context import read_beside
from blueprint.config.problems import FaultError
from blueprint.config.types import forms, parsing, patterns
from blueprint.config.types.marks import Allowed

_LARGEST = 16 * 1024
_PEM = re.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True)
class Bundle:
    """Certificates in PEM: the name of their file in context, what it holds, and the last day of the last authority."""

    name: str
    text: str = field(repr=False)
    ends: date | None


def bundle(value: object, info: ValidationInfo) -> Bundle:
    """The certificates in a file, of the folder that the validation's own context names."""
    name = parsing.text(value)
    content = read_beside((info.context or {}).get("folder", Path()), name, _LARGEST)
    if content is None:
        raise FaultError("keep the certificates alone of the authorities that vouch for the provider")
    if b"PRIVATE KEY-----" in content:
        raise FaultError("take the private key out of it: only the authority's certificate is wanted")
    found = _PEM.findall(content.decode(errors="replace"))
    text = "\n".join(found) if found else _from_der(content)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=text)
    except (ssl.SSLError, ValueError):
        raise FaultError("the file holds no certificate that can be read: export it as PEM") from None
    ends = [ssl.cert_time_to_seconds(str(each["notAfter"])) for each in context.get_ca_certs()]
    last = datetime.fromtimestamp(max(ends), UTC).date() if ends else None
    return Bundle(name, f"{text}\n", last)


def _from_der(content: bytes) -> str:
    return ssl.DER_cert_to_PEM_cert(content) if content else ""


Authorities = Annotated[
    Bundle,
    PlainValidator(bundle),
    Allowed(f"the name of a file beside the context: certificates in PEM or DER, of at most {_LARGEST // 1024} KiB"),
    WithJsonSchema(forms.text({"pattern": patterns.line(255)})),
]
