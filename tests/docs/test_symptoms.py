"""The table of docs/troubleshooting.md: what people would search for, and where it leads."""

import re

import pytest

from tests.docs.pages import ROOT, prose

PAGE = ROOT / "docs" / "troubleshooting.md"
ROWS = re.findall(r"^\| ([^|]+) \| \[[^\]]+\]\(#([^)]+)\) \|$", prose(PAGE), re.MULTILINE)


def sections() -> set[str]:
    """The names of the headings that tell of a symptom."""
    headings = re.findall(r"^### (.+)$", prose(PAGE), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_section_is_found_from_the_table() -> None:
    assert sorted(sections() - {section for _, section in ROWS}) == []


def test_no_symptom_stands_twice() -> None:
    symptoms = [symptom for symptom, _ in ROWS]
    assert len(symptoms) == len(set(symptoms))


@pytest.mark.parametrize(
    ("words", "section"),
    [
        ("not marked Secure", "https"),
        ("sign-in loop", "host name"),
        ("signed out every hour", "offline_access"),
        ("second factor", "cognito.mfa"),
        ("client secret in a template", "make secret"),
        ("403, name of somebody else", "sign.in.takeover"),
        ("503, the provider does not answer", "tokenUrl"),
        ("UnauthorizedOperation", "decode-authorization-message"),
        ("AZRebalance", "balance instances in zones"),
        ("random 502", "idle connections"),
        ("408", "upload"),
        ("never showed up", "singleuser.start.timeout"),
        ("5 consecutive spawn failures", "consecutiveFailureLimit"),
        ("Bus error", "singleuser.memory.limit"),
        ("Evicted", "singleuser.disk.limit"),
        ("slow start with EBS homes", "fsGroupChangePolicy"),
        ("1009", "websocket_max_message_size"),
        ("stopped while it computed", "culling.timeout"),
        ("didn't trigger scale-up", "nodes.user.max"),
        ("UnsupportedAvailabilityZoneException", "network.zone.names"),
        ("conflicts with another subnet", "network.zones"),
        ("CREATE_FAILED", "ROLLBACK_FAILED"),
        ("There is no role", "admin.roles"),
        ("service control policy", "tags"),
        ("web ACL", "unmanaged"),
        ("unsupported Kubernetes version", "kubernetes.running"),
        ("NodeCreationFailure", "describe-instance-type-offerings"),
        ("claims, volumes, a load balancer left at destroy", "controllers"),
        ("invalid_client", "client_secret_basic"),
        ("answer cannot be read", "userDataUrl"),
        ("certificate not trusted", "identity.ca"),
        ("time-outs from a notebook", "Network policies"),
        ("Init:CrashLoopBackOff", "python3"),
    ],
)
def test_symptom_leads_to_its_cure(words: str, section: str) -> None:
    (where,) = (heading for symptom, heading in ROWS if words in symptom)
    assert section in text(where)


def text(section: str) -> str:
    """What stands below a heading."""
    found = re.findall(r"^### (.+)\n((?:(?!^##).*\n)*)", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    bodies: dict[str, str] = {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-"): heading + body for heading, body in found
    }
    return bodies[section]
