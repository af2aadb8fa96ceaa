"""Pictures beside the context: what is taken for one, by what the file holds, and what is said of any other file."""

from pathlib import Path
from typing import Any

import pytest

from blueprint.config import ConfigError, Problem, load
from blueprint.config.types.pictures import LARGEST, Picture
from tests.config.seed import SEED, TODAY

ALLOWED = "the name of a file beside the context: SVG, PNG, JPEG, GIF or WebP, of at most 40 KiB"
PNG = b"\x89PNG\r\n\x1a\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><circle r="1"/></svg>'
NONE = "the file holds no picture: save the logo as SVG or PNG"
SCRIPT = "the SVG holds a script: save it as a plain SVG, or as PNG"
SMALLER = "make it smaller (a width of 400 pixels is plenty), or take an SVG"


def logo(folder: Path, name: object) -> Picture | None:
    return load({**SEED, "hub.logo": name}, today=TODAY, folder=folder).config.hub_logo


def fault(folder: Path, name: Any) -> Problem:
    with pytest.raises(ConfigError) as error:
        logo(folder, name)
    (problem,) = error.value.problems
    return problem


def svg(inside: str, attributes: str = "") -> bytes:
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f"<svg {names} {attributes}>{inside}</svg>".encode()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        pytest.param(PNG + b"and more", "png", id="png"),
        pytest.param(b"\xff\xd8\xff\xe0\x00\x10JFIF", "jpg", id="jpeg"),
        pytest.param(b"GIF89a and more", "gif", id="gif"),
        pytest.param(b"RIFF\n\n\n\nWEBPVP8 ", "webp", id="webp"),
        pytest.param(SVG, "svg", id="svg"),
        pytest.param(b'<?xml version="1.0" encoding="utf-8"?>\n<!-- drawn -->\n' + SVG, "svg", id="svg with a head"),
        pytest.param(b"\xef\xbb\xbf" + SVG, "svg", id="svg with a byte-order mark"),
        pytest.param(b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x.dtd">' + SVG, "svg", id="svg of old tools"),
        pytest.param(svg('<a xlink:href="https://domain.com"/><style>a{}</style>'), "svg", id="svg with a link"),
        pytest.param(svg(f'<image href="data:image/png;base64,{"A" * 8}"/>'), "svg", id="svg with a picture in it"),
        pytest.param(PNG + bytes(LARGEST - len(PNG)), "png", id="as large as may be"),
    ],
)
def test_picture_is_known_by_what_the_file_holds(tmp_path: Path, content: bytes, kind: str) -> None:
    (tmp_path / "logo.any").write_bytes(content)
    assert logo(tmp_path, "logo.any") == Picture("logo.any", content, kind)


@pytest.mark.parametrize(
    ("content", "fix"),
    [
        pytest.param(b"", NONE, id="empty"),
        pytest.param(b"version https://git-lfs.github.com/spec/v1\noid sha256:0", NONE, id="a pointer of Git LFS"),
        pytest.param(b"<!doctype html><html><body>Sign in</body></html>", NONE, id="a web page"),
        pytest.param(b"<html xmlns='http://www.w3.org/1999/xhtml'/>", NONE, id="XML, and no picture"),
        pytest.param(b"<svg><circle r='1'/></svg>", NONE, id="svg that browsers do not know for one"),
        pytest.param(SVG[:-3], NONE, id="svg cut off"),
        pytest.param(b"%PDF-1.7", NONE, id="a document"),
        pytest.param(bytes(range(256)), NONE, id="noise"),
        pytest.param(svg("<script>alert(1)</script>"), SCRIPT, id="script"),
        pytest.param(svg("<g onload='alert(1)'/>"), SCRIPT, id="event"),
        pytest.param(svg("", "onload='alert(1)'"), SCRIPT, id="event of the whole"),
        pytest.param(svg("<a xlink:href=' JavaScript:alert(1)'/>"), SCRIPT, id="link that runs"),
        pytest.param(svg("<foreignObject/>"), SCRIPT, id="a web page within"),
        pytest.param(PNG + bytes(LARGEST), SMALLER, id="too large"),
        pytest.param(bytes(10 * LARGEST), SMALLER, id="too large, whatever it is"),
    ],
)
def test_file_that_cannot_serve_is_told(tmp_path: Path, content: bytes, fix: str) -> None:
    (tmp_path / "logo.png").write_bytes(content)
    assert fault(tmp_path, "logo.png") == Problem("hub.logo", '"logo.png"', ALLOWED, fix)


def test_file_that_is_not_there_is_told_with_the_place(tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    for name in ("logo.png", "folder.png", "no/logo.png", "é" * 255):
        assert fault(tmp_path, name).fix.startswith(("put the file there, or correct the name: ", f"{tmp_path}/é"))
    assert fault(tmp_path, "no/logo.png").fix.endswith(f"{tmp_path}/no/logo.png is none")


@pytest.mark.parametrize("value", [7, True, ["logo.png"], {"file": "logo.png"}, "lo\ngo.png", "lo\0go.png"], ids=repr)
def test_what_is_no_name_is_told(tmp_path: Path, value: object) -> None:
    assert fault(tmp_path, value).allowed == ALLOWED


def test_picture_below_the_context_is_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, elsewhere = tmp_path / "place", tmp_path / "elsewhere"
    (place / "pictures").mkdir(parents=True)
    elsewhere.mkdir()
    (place / "pictures" / "logo.svg").write_bytes(SVG)
    monkeypatch.chdir(elsewhere)
    assert logo(place, "pictures/logo.svg") == Picture("pictures/logo.svg", SVG, "svg")
    assert logo(elsewhere, str(place / "pictures" / "logo.svg")) is not None
    monkeypatch.chdir(place)
    assert logo(Path(), "pictures/logo.svg") is not None


def test_configuration_is_shown_without_the_picture(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(PNG + b"bytes that nobody reads")
    assert "bytes that nobody reads" not in repr(load({**SEED, "hub.logo": "logo.png"}, today=TODAY, folder=tmp_path))
