"""What a check finds: a line with its level, and what to do."""

from dataclasses import asdict, dataclass
from typing import Literal

Level = Literal["ok", "warning", "fault", "unknown"]


@dataclass(frozen=True)
class Finding:
    """One line: a fault would fail, a warning may hurt, what is unknown could not be looked at."""

    level: Level
    text: str
    fix: str = ""
    subject: str = ""

    def about(self, subject: str) -> "Finding":
        """The same, put under a subject."""
        return Finding(self.level, self.text, self.fix, subject)

    def as_json(self) -> dict[str, str]:
        """Its parts by name."""
        return asdict(self)


def ok(text: str) -> Finding:
    """Something is as it has to be."""
    return Finding("ok", text)


def warning(text: str, fix: str) -> Finding:
    """Something may be meant, or may hurt later."""
    return Finding("warning", text, fix)


def fault(text: str, fix: str) -> Finding:
    """Something fails as long as it is so."""
    return Finding("fault", text, fix)


def unknown(text: str, fix: str = "") -> Finding:
    """Something could not be looked at; the text says why."""
    return Finding("unknown", text, fix)


def listed(words: list[str], most: int = 6) -> str:
    """Words with commas, and how many more there are."""
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return f"{', '.join(words[:most])}{more}"
