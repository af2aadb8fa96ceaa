"""Looks at single values: canonical forms, and fixes better than a type's own text.

Each returns the value or raises `FaultError`. What one refuses, the type's pattern refuses as well: schema and loader
agree.
"""

import ipaddress
import re
from difflib import get_close_matches
from urllib.parse import urlsplit, urlunsplit

from pydantic import SecretStr

from blueprint.config.facts import instances
from blueprint.config.facts.kubernetes import MINORS
from blueprint.config.notice import KINDS, PREFIX
from blueprint.config.problems import FaultError, shown
from blueprint.config.types import parsing
from blueprint.config.types.parsing import BLANKS
from blueprint.config.types.patterns import line

BRANDS = ("aws", "amazon", "cognito")
_TAG = re.compile(r"[\w .:/=+@-]*")


def bare_domain(value: str) -> str:
    """No URL, and no wildcard."""
    if "/" in value:
        raise FaultError("give the name alone, without https:// and without a path")
    if value.startswith("*."):
        raise FaultError("give the name without the *")
    return value


def domain(value: str) -> str:
    """The domain name in lower case and without the final dot."""
    return value.lower().removesuffix(".")


def fit_for_an_endpoint(value: str) -> str:
    """No http, no credentials, no fragment."""
    scheme, found, rest = value.partition("://")
    if not found or scheme.lower() != "https":
        raise FaultError("begin it with https://")
    if "@" in re.split("[/?#]", rest)[0]:
        raise FaultError("take the user name and password out of it", allowed="an https URL without credentials")
    if "#" in value:
        raise FaultError("take away the # and what follows it")
    return value


def https_url(value: str) -> str:
    """The URL with its host in lower case, and its port only if unusual."""
    url = urlsplit(value)
    host = url.hostname or ""
    return urlunsplit(url._replace(netloc=host if url.port in (None, 443) else f"{host}:{url.port}"))


def fit_for_a_contact(value: str) -> str:
    """No link to an address, and no URL that is none of a page's."""
    if value.lower().startswith("mailto:"):
        raise FaultError("write the address alone, without mailto:")
    if "://" in value:
        fit_for_an_endpoint(value.partition("#")[0])
    return value


def contact(value: str) -> str:
    """An address as it is, or the URL of a page, or of a part of it, with its host in lower case."""
    page, mark, part = value.partition("#")
    return f"{https_url(page)}{mark}{part}" if "://" in page else value


def first_address(value: str) -> str:
    """A range by its first address."""
    try:
        network = ipaddress.IPv4Network(value, strict=False)
    except ValueError:
        return value
    if str(network.network_address) != value.partition("/")[0]:
        raise FaultError(f"write {network}: the address must be the first of its range")
    return value


def cidr(value: str) -> str:
    """The range with its prefix length."""
    return value if "/" in value else f"{value}/32"


def clients(value: list[object]) -> list[object]:
    """Neither nobody, nor more than a load balancer can tell apart."""
    if not value:
        fix = "name who may reach it, or remove the key"
        raise FaultError(fix, allowed="at least one IPv4 range: nobody could reach the hub")
    if len(value) > 30:
        fix = "join neighbouring ranges, or let AWS WAF decide (ingress.waf.arn)"
        raise FaultError(fix, allowed="at most 30 ranges")
    return value


def room_for_a_vpc(value: str) -> str:
    """A private range that leaves room for pods, which take an address each."""
    try:
        network = ipaddress.IPv4Network(value)
    except ValueError:
        return value
    if not 16 <= network.prefixlen <= 20:
        raise FaultError("take a prefix length between /16 and /20")
    # Notebook servers may go everywhere but to these: a VPC elsewhere would be open to them.
    if not any(network.subnet_of(private) for private in _PRIVATE):
        raise FaultError(f"take a part of {', '.join(str(private) for private in _PRIVATE)}")
    return value


_PRIVATE = [ipaddress.IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")]


def client_secret(value: object) -> SecretStr:
    """Text that nothing prints."""
    return SecretStr(parsing.free_text(value))


def no_brand(value: str) -> str:
    """No prefix that Cognito keeps for AWS."""
    for word in BRANDS:
        if word in value:
            raise FaultError(f"leave out {word}, which Cognito refuses in it")
    return value


def minor(value: object) -> object:
    """A Kubernetes minor of the table; JSON may hold it as a number."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    value = parsing.text(value)
    if value == "1.3":
        raise FaultError('write "1.30" in quotes: as a number it loses its zero')
    if value not in MINORS:
        raise FaultError
    return value


def of_one_architecture(value: list[str]) -> list[str]:
    """Instance types that boot the same machine image."""
    of = {each: instances.architecture(each) for each in value}
    if len(set(of.values())) > 1:
        fix = "keep one architecture: " + ", ".join(f"{each} is {of[each]}" for each in of)
        raise FaultError(fix, allowed="types of one architecture")
    return value


def not_accelerated(value: str) -> str:
    """No type that needs an image and a device plugin of its own."""
    if instances.accelerated(value):
        raise FaultError("take others; types with GPUs are named by sizes of profiles (docs/profiles.md)")
    return value


def pinned(value: str) -> str:
    """An image with a tag or a digest, and not `latest`."""
    name, at, _ = value.partition("@")
    _, colon, tag = name.rsplit("/", 1)[-1].partition(":")
    if not at and not colon:
        raise FaultError("add a tag that never moves, such as :2026-07-28, or a digest")
    if not at and tag == "latest":
        raise FaultError("name a version instead of latest, which changes under your users' feet")
    return value


def tags(value: dict[str, str]) -> dict[str, str]:
    """Tags within AWS's limits."""
    if len(value) > 40:
        raise FaultError("keep at most 40: AWS allows 50 on a resource and its controllers add their own")
    for key, content in value.items():
        if key.lower().startswith("aws:"):
            raise FaultError("rename the tags that begin with aws:, which AWS keeps for itself")
        if not 1 <= len(key) <= 128 or len(content) > 256:
            raise FaultError("shorten them: 1 to 128 characters for a name, up to 256 for a value")
        if not _TAG.fullmatch(key) or not _TAG.fullmatch(content):
            raise FaultError("use letters, digits, blanks and _ . : / = + - @ only")
        # The load balancer has them from an annotation, which is cut at commas, stripped, and cut at the first =.
        if "=" in key:
            raise FaultError("take the = out of their names: the load balancer's are written name=value")
        if key != key.strip() or content != content.strip():
            raise FaultError("take away the blanks around names and values, which the load balancer's would lose")
    return value


ACKNOWLEDGED_AS = (PREFIX, f"Annotation::{PREFIX}")
"""What may stand before a kind of notice: its id, and how the CDK's CLI writes that."""


def acknowledgements(value: dict[str, str]) -> dict[str, str]:
    """Kinds of notices with the reasons why they may stand."""
    faults = []
    for id, reason in value.items():
        kind = id.removeprefix("Annotation::").removeprefix(PREFIX)
        if id not in {f"{prefix}{kind}" for prefix in ACKNOWLEDGED_AS} or kind not in KINDS:
            near = get_close_matches(kind, KINDS, n=1)
            hint = f'did you mean "{PREFIX}{near[0]}"?' if near else f"ours are {PREFIX}{', '.join(KINDS)}"
            faults.append(f"{shown(id)} is no warning of ours: {hint}")
        elif not re.fullmatch(line(), reason.strip(BLANKS)):
            faults.append(f'give a reason for "{id}", on one line')
    if faults:
        raise FaultError("; ".join(faults))
    return {id.rpartition(":")[2]: reason.strip(BLANKS) for id, reason in value.items()}


def no_pattern(value: str) -> str:
    """A name as it is: nothing here stands for several."""
    if "*" in value:
        raise FaultError("write each name in full; to admit everyone, remove users.allowed and groups.allowed")
    return value


def unique(value: list[str]) -> list[str]:
    """The entries once each, in their order."""
    return list(dict.fromkeys(value))
