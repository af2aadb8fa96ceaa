"""Properties that remember what of them was read: what nobody reads would be left out in silence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rehearsal.aws.cloud import Properties


class Given(dict[str, Any]):
    """A template's properties. To look for a name is not to read it; to pass all of them on is to read all."""

    def __init__(self, plain: Properties) -> None:
        super().__init__({name: _given(value) for name, value in plain.items()})
        self.plain = plain
        self._read: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self._read.add(name)
        return super().__getitem__(name)

    def __iter__(self) -> Iterator[str]:  # or `{**given}` would go past the methods of this class
        return super().__iter__()

    def get(self, name: str, default: Any = None) -> Any:
        self._read.add(name)
        return super().get(name, default)

    def items(self) -> Any:
        return {name: self[name] for name in self}.items()

    def values(self) -> Any:
        return {name: self[name] for name in self}.values()

    def unread(self) -> Iterator[str]:
        """The paths of what nobody has read."""
        for name, value in super().items():
            if name not in self._read:
                yield name
                continue
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, Given):
                    yield from (f"{name}.{path}" for path in each.unread())


def _given(value: Any) -> Any:
    if isinstance(value, Mapping):
        return Given(value)
    return [_given(each) for each in value] if isinstance(value, list) else value


def plain(properties: Properties) -> Properties:
    """Properties to be compared, which is not to read them."""
    return properties.plain if isinstance(properties, Given) else properties
