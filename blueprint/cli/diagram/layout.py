"""Where on the picture each card and group is, and the way of each link between them.

Cards are as large as their words. In a row all are as high as the highest one, in a column as wide as the widest; what
is left over is the last one's: so neighbours face each other, and most links are one straight line.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from blueprint.cli.diagram.elements import Architecture, Card, Group, Link

PAD, GAP, HEAD, LINE = 14.0, 30.0, 24.0, 17.0
TITLE_SIZE, TEXT_SIZE = 14, 12

Measure = Callable[[str, int], float]
"""How wide a text is at a size."""


@dataclass
class Box:
    """A card or group at its place."""

    of: Card | Group
    children: list["Box"] = field(default_factory=list)
    x: float = 0
    y: float = 0
    width: float = 0
    height: float = 0

    def all(self) -> Iterator["Box"]:
        """This one, and what is in it."""
        yield self
        for each in self.children:
            yield from each.all()


@dataclass(frozen=True)
class Route:
    """A link's way, from one corner to the next, and where its words are."""

    link: Link
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Picture:
    """A laid out architecture."""

    root: Box
    routes: list[Route]


def lay_out(architecture: Architecture, measure: Measure) -> Picture:
    """Everything at its place, from the left upper corner on."""
    root = _sized(architecture.root, measure)
    _place(root, PAD, PAD + 30, root.width, root.height)
    boxes = {box.of.id: box for box in root.all() if isinstance(box.of, Card)}
    above = {id(child): box for box in root.all() for child in box.children}
    taken: dict[float, int] = {}
    routes = [Route(link, _route(boxes[link.source], boxes[link.target], above, taken)) for link in architecture.links]
    return Picture(root, routes)


def _framed(box: Box) -> bool:
    return not isinstance(box.of, Group) or box.of.style != "plain"


def _sized(of: Card | Group, measure: Measure) -> Box:
    box = Box(of)
    if isinstance(of, Card):
        box.width = 2 * PAD + max(
            measure(of.title, TITLE_SIZE), *(measure(line, TEXT_SIZE) for line in (*of.lines, ""))
        )
        box.height = 2 * PAD + LINE * (1 + len(of.lines)) - 2
        return box
    box.children = [_sized(each, measure) for each in of.children]
    widths, heights = [each.width for each in box.children], [each.height for each in box.children]
    gaps = GAP * (len(widths) - 1)
    box.width, box.height = (sum(widths) + gaps, max(heights)) if of.across else (max(widths), sum(heights) + gaps)
    if _framed(box):
        box.width = max(box.width, measure(of.title, TITLE_SIZE)) + 2 * PAD
        box.height += 2 * PAD + HEAD
    return box


def _place(box: Box, x: float, y: float, width: float, height: float) -> None:
    box.x, box.y, box.width, box.height = x, y, width, height
    if not box.children:
        return
    assert isinstance(box.of, Group)
    if _framed(box):
        x, y, width, height = x + PAD, y + PAD + HEAD, width - 2 * PAD, height - 2 * PAD - HEAD
    across = box.of.across
    lengths = [each.width if across else each.height for each in box.children]
    lengths[-1] += (width if across else height) - sum(lengths) - GAP * (len(lengths) - 1)
    for child, length in zip(box.children, lengths, strict=True):
        if across:
            _place(child, x, y, length, height)
            x += length + GAP
        else:
            _place(child, x, y, width, length)
            y += length + GAP


def _route(source: Box, target: Box, above: dict[int, Box], taken: dict[float, int]) -> tuple[tuple[float, float], ...]:
    """Straight where the two face each other; else by the gap before the target's side, each link at its own height."""
    top, bottom = max(source.y, target.y), min(source.y + source.height, target.y + target.height)
    if bottom - top > 8:
        y = (top + bottom) / 2
        right = target.x > source.x
        return (source.x + source.width if right else source.x, y), (target.x if right else target.x + target.width, y)
    left, right_side = max(source.x, target.x), min(source.x + source.width, target.x + target.width)
    down = target.y > source.y
    start, end = (source.y + source.height, target.y) if down else (source.y, target.y + target.height)
    if right_side - left > 30:
        x = right_side - 24  # titles are on the left
        return (x, start), (x, end)
    outer = _beside(target, source, above)
    edge = outer.y if down else outer.y + outer.height
    number = taken[edge] = taken.get(edge, 0) + 1
    y = edge + (-1 if down else 1) * (8 + 7 * (number - 1))
    x, to = source.x + source.width / 2, target.x + target.width / 2
    return (x, start), (x, y), (to, y), (to, end)


def _beside(target: Box, source: Box, above: dict[int, Box]) -> Box:
    """The largest box that holds the target and not the source."""
    holding = {id(source)}
    box = source
    while id(box) in above:
        box = above[id(box)]
        holding.add(id(box))
    found = target
    while id(found) in above and id(above[id(found)]) not in holding:
        found = above[id(found)]
    return found
