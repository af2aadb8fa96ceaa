"""Pictures that context names: files beside it, known by what they hold and not by their name."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated
from xml.etree import ElementTree

from pydantic import PlainValidator, ValidationInfo, WithJsonSchema

from blueprint.config.context import read_beside
from blueprint.config.problems import FaultError
from blueprint.config.types import forms, parsing, patterns
from blueprint.config.types.marks import Allowed

LARGEST = 40 * 1024
"""The most bytes of a picture: CloudFormation hands an update to the function that runs Helm with the chart's values
before and after it, in an event of at most 262,144 bytes (https://github.com/aws/aws-cdk/issues/19165). Of these two
pictures in base64 take half."""
_MADE_OF_POINTS = {
    "png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "jpg": re.compile(rb"\xff\xd8\xff"),
    "gif": re.compile(rb"GIF8[79]a"),
    "webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
}
_SVG = "{http://www.w3.org/2000/svg}svg"
_CODE = re.compile(r"\s*(javascript|data:(?!image/))", re.IGNORECASE)


@dataclass(frozen=True)
class Picture:
    """A picture that a browser shows: the name of its file in context, what it holds, and the ending of its kind."""

    name: str
    content: bytes = field(repr=False)
    kind: str


def picture(value: object, info: ValidationInfo) -> Picture:
    """The picture in a file, of the folder that the validation's own context names."""
    name = parsing.text(value)
    content = read_beside((info.context or {}).get("folder", Path()), name, LARGEST)
    if content is None:
        raise FaultError("make it smaller (a width of 400 pixels is plenty), or take an SVG")
    kind = next((kind for kind, start in _MADE_OF_POINTS.items() if start.match(content)), None)
    return Picture(name, content, kind or _svg(content))


def _svg(content: bytes) -> str:
    try:
        root = ElementTree.fromstring(content)  # noqa: S314 - small, and the deployer's own
    except (ElementTree.ParseError, ValueError):
        root = None
    if root is None or root.tag != _SVG:
        raise FaultError("the file holds no picture: save the logo as SVG or PNG")
    if any(map(_runs, root.iter())):
        # Shown as a picture it would do nothing; opened by itself, it would act for whoever is signed in.
        raise FaultError("the SVG holds a script: save it as a plain SVG, or as PNG")
    return "svg"


def _runs(element: ElementTree.Element) -> bool:
    """Whether an element of an SVG holds code."""
    names = [element.tag, *element.attrib]
    return any(re.search(r"(^|\})(script|foreignObject|on\w+)$", str(each)) for each in names) or any(
        map(_CODE.match, element.attrib.values())
    )


Logo = Annotated[
    Picture,
    PlainValidator(picture),
    Allowed(f"the name of a file beside the context: SVG, PNG, JPEG, GIF or WebP, of at most {LARGEST // 1024} KiB"),
    WithJsonSchema(forms.text({"pattern": patterns.line(255)})),
]
