"""An architecture in words: what stands where, and how it meets."""

from collections.abc import Iterator

from blueprint.cli.diagram.elements import Architecture, Card, Group


def in_words(architecture: Architecture) -> Iterator[str]:
    """A line for each thing, indented below what holds it, then the links."""
    yield architecture.title
    yield from _within(architecture.root, "")
    yield "How they meet:"
    for link in architecture.links:
        source, target = architecture.cards[link.source], architecture.cards[link.target]
        yield f"  {source.title} \N{RIGHTWARDS ARROW} {target.title}: {link.words}"


def as_json(architecture: Architecture) -> dict[str, object]:
    """The same for scripts."""
    return {
        "title": architecture.title,
        "groups": [_json(each) for each in architecture.root.children],
        "links": [{"from": each.source, "to": each.target, "words": each.words} for each in architecture.links],
    }


def _json(of: Card | Group) -> dict[str, object]:
    if isinstance(of, Card):
        return {"id": of.id, "title": of.title, "lines": [*of.lines], "resources": dict(of.stands_for)}
    return {"title": of.title, "holds": [_json(each) for each in of.children]}


def _within(group: Group, indent: str) -> Iterator[str]:
    for each in group.children:
        if isinstance(each, Card):
            yield f"{indent}{': '.join(filter(None, (each.title, ', '.join(each.lines))))}"
        elif each.title:
            yield f"{indent}{each.title}:"
            yield from _within(each, f"{indent}  ")
        else:
            yield from _within(each, indent)
