"""Files of ours in the hub's container, which the chart mounts: the code, templates of its pages, and the logo."""

import tokenize
from base64 import b64encode
from collections.abc import Iterable
from functools import cache
from io import StringIO
from pathlib import Path

from blueprint.config import Config
from blueprint.values import CHARTS, Values

HUB_CODE = CHARTS / "hub"
"""Python that runs inside the hub, where it is the package `hub`; and templates over JupyterHub's own pages."""
SHUT_IN = CHARTS / "server" / "shut_in.py"
"""What the hub has servers run before they start."""
FOLDER = "/usr/local/etc/jupyterhub"
"""The folder of the chart's own `jupyterhub_config.py`, where Python looks for modules first."""
TEMPLATES = f"{FOLDER}/hub/templates"

_BETWEEN = {tokenize.COMMENT, tokenize.DEDENT, tokenize.INDENT, tokenize.NL}
"""Tokens that are no part of a statement."""

_OPTIONAL = {
    "limits": ("usage",),
    "notices": ("hours", "nodes"),
    "profiles": (),
    "rights": (),
    "storage.shared_directory": (),
    "storage.team_directories": (),
    "warm": (),
}
"""Modules that nothing imports but the snippet of their own setting, each with those that go with it."""


def extra_files(config: Config, snippets: Iterable[str]) -> Values:
    """The chart's `hub.extraFiles`: what the hub needs for these snippets of its configuration, and no more."""
    code = "".join(snippets)
    left_out = ((module, *others) for module, others in _OPTIONAL.items() if f"from hub.{module} import" not in code)
    unused = {module for modules in left_out for module in modules}
    modules = [file for file in HUB_CODE.rglob("*.py") if _module(file) not in unused]
    files = {file.name: _text(file) for file in sorted([*modules, *HUB_CODE.glob("templates/*.html"), SHUT_IN])}
    if config.hub_logo is not None:
        content = b64encode(config.hub_logo.content).decode("ascii")
        files["logo"] = {"mountPath": logo_file(config), "binaryData": content}
    if config.identity_ca is not None:
        files["identity-ca.pem"] = {"mountPath": authorities_file(config), "stringData": config.identity_ca.text}
    return files


def authorities_file(config: Config) -> str | None:
    """Where the certificates lie of whom the hub trusts with the identity provider's."""
    return f"{FOLDER}/hub/identity-ca.pem" if config.identity_ca else None


def logo_file(config: Config) -> str | None:
    """Where the logo lies; its ending tells browsers what it is."""
    return f"{FOLDER}/hub/logo.{config.hub_logo.kind}" if config.hub_logo else None


@cache  # the same few files, for each context that somebody loads
def bare(code: str) -> str:
    """Python without what only its readers need, a third of it, for there is little room; lines keep their numbers."""
    lines = code.split("\n")
    begins, words = True, None  # whether a statement does, and the text that is all of it so far
    for token in tokenize.generate_tokens(StringIO(code).readline):
        (first, left), (last, right) = token.start, token.end
        if token.type == tokenize.COMMENT:
            lines[first - 1] = lines[first - 1][:left].rstrip()
        elif token.type == tokenize.NEWLINE and words:
            (first, left), (last, right) = words.start, words.end
            lines[first - 1 : last] = [lines[first - 1][:left] + '""' + lines[last - 1][right:], *[""] * (last - first)]
        if token.type not in _BETWEEN:
            words = token if token.type == tokenize.STRING and begins else None
            begins = token.type == tokenize.NEWLINE
    return "\n".join(lines)


def _module(file: Path) -> str:
    return ".".join(file.relative_to(HUB_CODE).with_suffix("").parts)


def _text(file: Path) -> Values:
    text = file.read_text(encoding="utf-8")
    held = bare(text) if file.suffix == ".py" else text
    return {"mountPath": f"{FOLDER}/{file.relative_to(CHARTS)}", "stringData": held}
