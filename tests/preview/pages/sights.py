"""What somebody sees of a page in Chromium: its words, what is read out to whom it is read, and pictures of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.preview.chromium import Page

DOCS = Path(__file__).parents[3] / "docs"
WINDOWS = {
    "light": {"width": 1000, "height": 640},
    "dark": {"width": 1000, "height": 640, "dark": True},
    "phone": {"width": 390, "height": 640},
}
# Text with less contrast than WCAG 2.2 (1.4.3) asks for, 4.5 to 1, or 3 to 1 where it is large.
FAINT = """(() => {
  const parts = (colour) => [...colour.match(/[\\d.]+/g).map(Number), 1].slice(0, 4);
  const over = (front, back) => back.map((each, i) => front[i] * front[3] + each * (1 - front[3]));
  const linear = (part) => part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4;
  const light = ([red, green, blue]) => 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  const fill = (element) => parts(getComputedStyle(element).backgroundColor);
  const behind = (element) => (element ? over(fill(element), behind(element.parentElement)) : [255, 255, 255]);
  const faint = (element) => {
    const style = getComputedStyle(element), back = behind(element);
    const [dark, bright] = [light(over(parts(style.color), back)), light(back)].sort((one, other) => one - other);
    return (bright + 0.05) / (dark + 0.05) < (parseFloat(style.fontSize) >= 24 ? 3 : 4.5);
  };
  const own = (element) => [...element.childNodes].some((each) => each.nodeType === 3 && each.textContent.trim());
  return [...document.querySelectorAll("body *")]
    .filter((each) => own(each) && each.checkVisibility() && faint(each)).map((each) => each.textContent.trim());
})()"""


def pictured(page: str) -> list[str]:
    """The pictures that a page of the documentation shows."""
    return sorted(set(re.findall(r"images/([\w-]+)\.png", (DOCS / f"{page}.md").read_text())))


@dataclass(frozen=True)
class Seen:
    """A page as it was."""

    url: str
    title: str
    words: str
    heard: frozenset[tuple[str, str]]
    faint: tuple[str, ...]
    wider_than_a_phone: bool
    pictures: dict[str, bytes]


class Visit:
    """Somebody at a hub, and what they have seen on the way, with pictures of these names: a page's and a window's."""

    def __init__(self, page: Page, hub_url: str, names: Sequence[str] = ()) -> None:
        self.page, self.hub, self.names = page, hub_url, names
        self.seen: dict[str, Seen] = {}

    async def open(self, path: str) -> None:
        """Go to a page of the hub by its address."""
        await self.page.open(f"{self.hub}{path}")

    async def press(self, name: str) -> None:
        """Press a button or a link that begins with these words, by the keyboard."""
        elements = "[...document.querySelectorAll('a, button')]"
        element = f"{elements}.find((each) => each.innerText.trim().startsWith({name!r}) && each.checkVisibility())"
        await self.page.find(f"{element} && ({element}.focus(), document.activeElement === {element})")
        await self.page.press("Enter")

    async def see(self, name: str, sign: str) -> None:
        """Wait for a sign of a page (words of it), and look at it."""
        await self.page.find(f"document.readyState === 'complete' && document.body.innerText.includes({sign!r})")
        await self.page.value("for (let id = setTimeout(() => 0); id; id--) clearTimeout(id)")  # it stays as it is
        pictures, faint, wide = {}, [], False
        for window, options in WINDOWS.items():
            await self.page.look(**options)  # type: ignore[arg-type]
            faint += await self.page.value(FAINT)
            wide = await self.page.value("document.documentElement.scrollWidth > innerWidth")
            if f"{name}-{window}" in self.names:
                pictures[window] = await self.page.picture()
        await self.page.look()
        self.seen[name] = Seen(
            url=str(await self.page.value("location.href")),
            title=str(await self.page.value("document.title")),
            words=" ".join(str(await self.page.value("document.body.innerText")).split()),
            heard=frozenset(await self.page.heard()),
            faint=tuple(faint),
            wider_than_a_phone=bool(wide),
            pictures=pictures,
        )

    def keep(self, folder: Path) -> None:
        """Leave the pictures in a folder."""
        for name in self.names:
            page, _, window = name.rpartition("-")
            (folder / f"{name}.png").write_bytes(self.seen[page].pictures[window])
