"""A picture of a month: a bar for each service, and one for each of those who took most."""

from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from blueprint.cli.cost.actual.report import ActualReport
from blueprint.config.problems import plain

WIDTH, LEFT, RIGHT, ROW = 820, 300, 110, 24
MOST: Final = 15
"""Bars of a kind; the last one is all others."""
SERVICES, PEOPLE, MODEL = "#0072b2", "#e69f00", "#999999"


def picture(report: ActualReport) -> str:
    """As SVG, with all of it in words, too."""
    groups = [("By service", SERVICES, _few([*report.bill.services.items()]))]
    if report.shares:
        groups.append(("By person", PEOPLE, _few([(each.person, each.amount) for each in report.shares])))
    totals = [("Used", report.bill.used)]
    if report.difference is not None:
        totals.append(("The model", report.reckoned.dollars or 0.0))
    groups.append(("In all", MODEL, totals))
    height = 70 + sum(ROW * (len(bars) + 2) for _, _, bars in groups)
    title = f"What {report.name} cost in {report.month.name}, {report.bill.currency}"
    svg = Element("svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH} {height}", role="img", fill="#222")
    svg.set("font-family", "system-ui, sans-serif")
    svg.set("font-size", "13")
    SubElement(svg, "title").text = title
    words = (f"{name}: {amount:,.2f}" for _, _, bars in groups for name, amount in bars)
    SubElement(svg, "desc").text = "; ".join(words)
    SubElement(svg, "rect", width=str(WIDTH), height=str(height), fill="#fff")
    _text(svg, 16, 30, title, size=17)
    top = 50
    for heading, colour, bars in groups:
        _text(svg, 16, top + 18, heading, bold=True)
        top += ROW
        longest = max((amount for _, amount in bars), default=0) or 1
        for name, amount in bars:
            _text(svg, LEFT - 10, top + 16, _cut(name), anchor="end")
            width = max(1.0, (WIDTH - LEFT - RIGHT) * max(0.0, amount) / longest)
            SubElement(svg, "rect", x=str(LEFT), y=str(top + 4), width=f"{width:.1f}", height="16", fill=colour)
            _text(svg, LEFT + width + 8, top + 16, f"{amount:,.2f}")
            top += ROW
        top += ROW
    indent(svg)
    return tostring(svg, encoding="unicode") + "\n"


def _few(bars: list[tuple[str, float]]) -> list[tuple[str, float]]:
    if len(bars) <= MOST:
        return bars
    rest = bars[MOST - 1 :]
    return [*bars[: MOST - 1], (f"{len(rest)} others", round(sum(amount for _, amount in rest), 2))]


def _cut(name: str) -> str:
    text = plain(name)
    return text if len(text) <= 38 else f"{text[:37]}…"


def _text(
    svg: Element, x: float, y: float, words: str, *, anchor: str = "start", size: int | None = None, bold: bool = False
) -> None:
    text = SubElement(svg, "text", x=f"{x:.1f}", y=f"{y:.1f}")
    text.text = words
    text.set("text-anchor", anchor)
    if size:
        text.set("font-size", str(size))
    if bold:
        text.set("font-weight", "bold")
