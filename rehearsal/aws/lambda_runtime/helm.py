"""Helm, which looks for charts in a folder before it asks their repositories: `helm.py HELM FOLDER ARGUMENTS`.

CDK's handler says `helm upgrade RELEASE CHART --install --repo URL … --version VERSION …`, and of a chart in a registry
`helm registry login … REGISTRY`, then `helm pull oci://REGISTRY/…/CHART --version VERSION --untar`.
"""

import os
import sys
import tarfile
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


def pulled(given: Sequence[str], folder: str) -> bool:
    """Whether an archive of the folder lies unpacked here now, in place of a chart that was to be pulled."""
    if given[0] != "pull" or "--untar" not in given:
        return False
    archive = Path(folder, f"{given[1].rpartition('/')[2]}-{given[given.index('--version') + 1]}.tgz")
    if archive.exists():
        with tarfile.open(archive) as files:
            files.extractall(filter="data")
    return archive.exists()


if __name__ == "__main__":
    helm, folder, *given = sys.argv[1:]
    # Who logs in to a public registry gets no more than anybody else, and here there may be none to be reached.
    if given[:2] == ["registry", "login"] and given[-1] == "public.ecr.aws":
        sys.stdin.read()
    elif not pulled(given, folder):
        os.execv(helm, [helm, *arguments(given, folder)])
