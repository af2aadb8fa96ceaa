"""Helm, which looks for charts in a folder before it asks their repositories: `helm.py HELM FOLDER ARGUMENTS`.

CDK's handler says `helm upgrade RELEASE CHART --install --repo URL … --version VERSION …`.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path


def arguments(given: Sequence[str], folder: str) -> list[str]:
    """The arguments, with an archive of the folder in place of a chart, its repository and its version."""
    words = list(given)
    if words[0] != "upgrade" or "--version" not in words:
        return words
    archive = Path(folder, f"{words[2]}-{words[words.index('--version') + 1]}.tgz")
    if not archive.exists():
        return words
    words[2] = str(archive)
    for option in ("--repo", "--version"):
        if option in words:
            at = words.index(option)
            del words[at : at + 2]
    return words


if __name__ == "__main__":
    helm, folder, *given = sys.argv[1:]
    os.execv(helm, [helm, *arguments(given, folder)])
