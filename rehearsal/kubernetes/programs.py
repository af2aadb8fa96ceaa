"""What runs on this machine for a container image: JupyterHub's parts as in the preview, and what is built with Go."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from preview.installation import Installation

HOME: Final = "/home/jovyan"
USER, GROUP = 1000, 100


@dataclass(frozen=True)
class Program:
    """What an image is on this machine."""

    entrypoint: Sequence[str] = ()
    """What runs where the pod names no command."""
    arguments: Sequence[str] = ()
    """What the entrypoint is given where the pod has neither command nor arguments."""
    commands: Mapping[str, str] = field(default_factory=dict)
    """Programs of the image that lie elsewhere on this machine."""
    environment: Mapping[str, str] = field(default_factory=dict)
    path: Sequence[str] = ()
    """Where programs are found first."""
    init: bool = False
    """Whether the image starts it through tini, so that it gets signals as any process does."""
    user: int = 0
    group: int = 0
    folder: str = "/"
    shown: Sequence[str] = ()
    """Folders of this machine that it needs, wherever they lie."""

    def command(self, command: Sequence[str], arguments: Sequence[str]) -> list[str]:
        """The command line of a container with a pod's command and arguments."""
        own = [*self.entrypoint, *(arguments or self.arguments)]
        words = [*command, *arguments] if command else own
        return [self.commands.get(words[0], words[0]), *words[1:]]


Programs = Callable[[str], Program | None]
"""The program for an image, by the image's whole name; None where nothing is to run for it."""


def repository(image: str) -> str:
    """An image's name without tag and digest."""
    name = image.partition("@")[0]
    head, slash, tail = name.rpartition("/")
    return head + slash + tail.partition(":")[0]


class Table:
    """The programs by the images' names; for an image of no name in it, nothing runs."""

    def __init__(self, programs: Mapping[str, Program]) -> None:
        self.programs = dict(programs)

    def __call__(self, image: str) -> Program | None:
        """The program for an image."""
        return self.programs.get(repository(image))


def jupyterhub(installation: Installation, notebooks: Sequence[str]) -> dict[str, Program]:
    """Hub, proxy, and the users' servers, whose images are these."""
    venv = installation.bin.parent
    shown = [sys.base_prefix, str(installation.folder)]
    home = {"HOME": HOME, "NB_USER": "jovyan", "USER": "jovyan", "SHELL": "/bin/bash", "LANG": "C.UTF-8"}
    server = Program(
        entrypoint=(),
        arguments=("start-notebook.py",),
        # What the Jupyter images start with: it sets up a user, and becomes the command.
        commands={"start-notebook.py": "jupyterhub-singleuser", "start-singleuser.py": "jupyterhub-singleuser"},
        environment={**home, "VIRTUAL_ENV": str(venv)},
        path=[str(installation.bin)],
        init=True,
        user=USER,
        group=GROUP,
        folder=HOME,
        shown=shown,
    )
    proxy = installation.modules / "configurable-http-proxy" / "bin" / "configurable-http-proxy"
    return {
        "quay.io/jupyterhub/k8s-hub": Program(
            arguments=("jupyterhub", "--config", "/usr/local/etc/jupyterhub/jupyterhub_config.py"),
            environment={**home, "VIRTUAL_ENV": str(venv)},
            path=[str(installation.bin)],
            init=True,
            user=USER,
            group=USER,
            folder="/srv/jupyterhub",
            shown=shown,
        ),
        "quay.io/jupyterhub/configurable-http-proxy": Program(
            entrypoint=("configurable-http-proxy",),
            commands={"configurable-http-proxy": str(proxy)},
            path=[str(Path(installation.node).parent)],
            init=True,
            user=65534,
            group=65534,
            folder="/srv/configurable-http-proxy",
            shown=[*shown, sys.prefix],
        ),
        **{repository(each): server for each in notebooks},
    }
