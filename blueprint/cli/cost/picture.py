"""A picture of what each way costs by the number of people, as SVG."""

from collections.abc import Iterator, Sequence
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from blueprint.cli.cost.report import Report
from blueprint.config.costs.load import Load
from blueprint.config.costs.ways import Way

WIDTH, HEIGHT = 940, 480
LEFT, RIGHT, TOP, BOTTOM = 80, 350, 56, 60
COLOURS: Final = ("#0072b2", "#e69f00", "#d55e00", "#009e73", "#cc79a7")
"""Of Okabe and Ito, which people tell apart who do not see all colours."""
DASHES: Final = ("", "8 4", "2 3", "8 3 2 3", "12 4")
_STEPS: Final = 80


def picture(report: Report) -> str:
    """Lines from one person to twice as many as were asked for, and a mark at these."""
    load, last = report.load, max(10, 2 * report.load.people)
    counts = sorted({1, load.people, last, *(1 + (last - 1) * step // _STEPS for step in range(_STEPS))})
    lines = [_points(way, load, counts) for way in report.ways]
    # Where the dearest way by far leaves at the top, one sees the others.
    _, *rest = sorted((max(dollars for _, dollars in points) for points in lines if points), reverse=True)
    frame = _Frame(last, _ceiling(max(rest, default=1.0)))
    title = f"What {load.people} people cost a month"
    svg = Element("svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", fill="#222")
    svg.set("font-family", "system-ui, sans-serif")
    svg.set("font-size", "13")
    SubElement(svg, "title").text = title
    SubElement(svg, "desc").text = "; ".join(_in_words(report))
    SubElement(svg, "rect", width=str(WIDTH), height=str(HEIGHT), fill="#fff")
    _text(svg, LEFT, 26, title, size=17)
    words = f"US dollars, {load.hours:g} hours a month and {load.gigabytes:g} GB for each"
    _text(svg, LEFT, 44, words, colour="#666")
    _axes(svg, frame)
    mark = frame.x(load.people)
    _line(svg, [(mark, TOP), (mark, HEIGHT - BOTTOM)], "#999", "3 3", 1)
    for number, points in enumerate(lines):
        _line(svg, frame.seen(points), COLOURS[number], DASHES[number])
    for number, way in enumerate(report.ways):
        _legend(svg, number, way, load)
    _text(svg, LEFT, HEIGHT - 10, _dates(report), colour="#666", size=11)
    indent(svg)
    return tostring(svg, encoding="unicode") + "\n"


class _Frame:
    """Where on the picture a number of people and of dollars is."""

    def __init__(self, people: int, dollars: float) -> None:
        self.people = people
        self.dollars = dollars

    def x(self, people: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * people / self.people

    def y(self, dollars: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * dollars / self.dollars

    def seen(self, points: Sequence[tuple[int, float]]) -> list[tuple[float, float]]:
        return [(self.x(people), self.y(dollars)) for people, dollars in points if dollars <= self.dollars]


def _points(way: Way, load: Load, counts: Sequence[int]) -> list[tuple[int, float]]:
    found = ((people, way.dollars(Load(people, load.hours, load.gigabytes))) for people in counts)
    return [(people, dollars) for people, dollars in found if dollars is not None]


def _ceiling(most: float) -> float:
    """The next round number."""
    step = 10.0 ** (len(str(int(most))) - 1)
    return next(step * times for times in (1, 2, 3, 4, 5, 6, 8, 10) if step * times >= most)


def _in_words(report: Report) -> Iterator[str]:
    for way in report.ways:
        dollars = way.dollars(report.load)
        yield f"{way.name}: {'not to be had' if dollars is None else f'{dollars:,.0f} US dollars'}"


def _dates(report: Report) -> str:
    """Of the prices. Their age would be another one when somebody looks."""
    instances, services = report.tariff.instances, report.tariff.services
    return f"Prices: EC2's instances in {instances.region} of {instances.date}, other services' of {services.date}"


def _axes(svg: Element, frame: _Frame) -> None:
    for part in range(5):
        dollars, people = frame.dollars * part / 4, round(frame.people * part / 4)
        _line(svg, [(LEFT, frame.y(dollars)), (WIDTH - RIGHT, frame.y(dollars))], "#ddd", "", 1)
        _text(svg, LEFT - 8, frame.y(dollars) + 4, f"{dollars:,.0f}", anchor="end")
        _text(svg, frame.x(people), HEIGHT - BOTTOM + 18, f"{people:,}", anchor="middle")
    _text(svg, (LEFT + WIDTH - RIGHT) / 2, HEIGHT - BOTTOM + 36, "people", anchor="middle")


def _legend(svg: Element, number: int, way: Way, load: Load) -> None:
    left, top = WIDTH - RIGHT + 24, TOP + 14 + 44 * number
    _line(svg, [(left, top - 4), (left + 24, top - 4)], COLOURS[number], DASHES[number])
    _text(svg, left + 32, top, way.name)
    dollars = way.dollars(load)
    _text(svg, left + 32, top + 16, "not to be had" if dollars is None else f"{dollars:,.0f}", colour="#666")


def _line(svg: Element, points: Sequence[tuple[float, float]], colour: str, dashes: str, width: float = 2) -> None:
    line = SubElement(svg, "polyline", fill="none", stroke=colour)
    line.set("points", " ".join(f"{x:.1f},{y:.1f}" for x, y in points))
    line.set("stroke-width", f"{width:g}")
    if dashes:
        line.set("stroke-dasharray", dashes)


def _text(
    svg: Element, x: float, y: float, words: str, *, anchor: str = "start", colour: str = "", size: int | None = None
) -> None:
    text = SubElement(svg, "text", x=f"{x:.1f}", y=f"{y:.1f}")
    text.text = words
    text.set("text-anchor", anchor)
    if colour:
        text.set("fill", colour)
    if size:
        text.set("font-size", str(size))
