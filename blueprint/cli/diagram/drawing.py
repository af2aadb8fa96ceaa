"""A laid out architecture as SVG, and as PNG by Pillow: whose own font is at hand whatever the machine has."""

from io import BytesIO
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from PIL import Image, ImageDraw, ImageFont

from blueprint.cli.diagram.elements import Architecture, Card, Group
from blueprint.cli.diagram.layout import LINE, PAD, TEXT_SIZE, TITLE_SIZE, Box, Picture, Route, lay_out
from blueprint.cli.diagram.words import in_words

INK, SOFT, EDGE = "#1f2328", "#57606a", "#8c959f"
COLOURS: Final = {
    "plain": ("#ffffff", EDGE),
    "account": ("#f6f8fa", EDGE),
    "ParentDns": ("#fff8e5", "#9a6700"),
    "Dns": ("#fbefff", "#8250df"),
    "Hub": ("#ddf4ff", "#0969da"),
    "Data": ("#dafbe1", "#1a7f37"),
    "cluster": ("#eef8ff", SOFT),
    "nodes": ("#ffffff", EDGE),
}
"""The inside and the edge of each."""
_SHARP: Final = 2
"""Points of the PNG for each of the SVG."""
_TIP: Final = 7.0
_FONTS = "Helvetica, Arial, sans-serif"


def measure(text: str, size: int) -> float:
    """How wide a text is, with some room for another font's."""
    return float(_font(size).getlength(text)) * 1.06


def svg(architecture: Architecture) -> str:
    """As text of SVG, which holds all in words, too."""
    picture = lay_out(architecture, measure)
    width, height = _size(picture)
    root = Element("svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {width:.0f} {height:.0f}", role="img")
    root.set("font-family", _FONTS)
    SubElement(root, "title").text = architecture.title
    SubElement(root, "desc").text = "\n".join(in_words(architecture))
    SubElement(root, "rect", width=f"{width:.0f}", height=f"{height:.0f}", fill="#ffffff")
    _write(root, PAD, PAD + 14, architecture.title, TITLE_SIZE + 3, INK)
    for box in picture.root.all():
        if fill := _colours(box):
            shape = SubElement(root, "rect", fill=fill[0], stroke=fill[1], rx="6")
            for name, value in (("x", box.x), ("y", box.y), ("width", box.width), ("height", box.height)):
                shape.set(name, f"{value:.1f}")
        for x, y, text, size, colour in _texts(box):
            _write(root, x, y + size, text, size, colour)
    for route in picture.routes:
        line = SubElement(root, "polyline", fill="none", stroke=SOFT)
        line.set("stroke-width", "1.5")
        line.set("points", " ".join(f"{x:.1f},{y:.1f}" for x, y in route.points))
        tip = SubElement(root, "polygon", fill=SOFT)
        tip.set("points", " ".join(f"{x:.1f},{y:.1f}" for x, y in _tip(route)))
    indent(root)
    return tostring(root, encoding="unicode") + "\n"


def png(architecture: Architecture) -> bytes:
    """As a picture of points."""
    picture = lay_out(architecture, measure)
    width, height = _size(picture)
    image = Image.new("RGB", (round(width * _SHARP), round(height * _SHARP)), "#ffffff")
    draw = ImageDraw.Draw(image)

    def write(x: float, y: float, text: str, size: int, colour: str) -> None:
        draw.text((x * _SHARP, y * _SHARP), text, fill=colour, font=_font(size * _SHARP))

    write(PAD, PAD - 3, architecture.title, TITLE_SIZE + 3, INK)
    for box in picture.root.all():
        if colours := _colours(box):
            edges = [box.x, box.y, box.x + box.width, box.y + box.height]
            around = [each * _SHARP for each in edges]
            draw.rounded_rectangle(around, 6 * _SHARP, fill=colours[0], outline=colours[1], width=_SHARP)
        for text in _texts(box):
            write(*text)
    for route in picture.routes:
        draw.line([(x * _SHARP, y * _SHARP) for x, y in route.points], fill=SOFT, width=3)
        draw.polygon([(x * _SHARP, y * _SHARP) for x, y in _tip(route)], fill=SOFT)
    found = BytesIO()
    image.save(found, "PNG", optimize=True)
    return found.getvalue()


def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)  # Pillow's wheels have FreeType
    return font


def _size(picture: Picture) -> tuple[float, float]:
    return picture.root.x + picture.root.width + PAD, picture.root.y + picture.root.height + PAD


def _colours(box: Box) -> tuple[str, str] | None:
    if isinstance(box.of, Group) and box.of.style == "plain":
        return None
    return COLOURS[box.of.style]


def _texts(box: Box) -> list[tuple[float, float, str, int, str]]:
    """Place, words, size and colour of what stands in a box."""
    if isinstance(box.of, Group):
        return [(box.x + PAD, box.y + 9, box.of.title, TITLE_SIZE, INK)] if box.of.title else []
    x, y = box.x + PAD, box.y + PAD - 3
    of: Card = box.of
    lines = [(x, y + LINE * (number + 1) + 3, line, TEXT_SIZE, SOFT) for number, line in enumerate(of.lines)]
    return [(x, y, of.title, TITLE_SIZE, INK), *lines]


def _tip(route: Route) -> list[tuple[float, float]]:
    """The arrow's head at the end of a way."""
    (x, y), (to_x, to_y) = route.points[-2:]
    if abs(to_x - x) > abs(to_y - y):
        back = -_TIP if to_x > x else _TIP
        return [(to_x, to_y), (to_x + back, to_y - _TIP / 2), (to_x + back, to_y + _TIP / 2)]
    back = -_TIP if to_y > y else _TIP
    return [(to_x, to_y), (to_x - _TIP / 2, to_y + back), (to_x + _TIP / 2, to_y + back)]


def _write(svg: Element, x: float, y: float, words: str, size: int, colour: str) -> None:
    text = SubElement(svg, "text", x=f"{x:.1f}", y=f"{y:.1f}", fill=colour)
    text.set("font-size", str(size))
    text.text = words
