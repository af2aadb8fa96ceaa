"""What an EC2 instance type's name says: whether it is one, its architecture, and whether it is accelerated.

Naming: https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
"""

import re
from typing import Literal

Architecture = Literal["x86_64", "arm64"]

_ACCELERATED = ("p", "g", "gr", "inf", "trn", "dl", "vt", "f")
_PLAIN = f"(?!(?:{'|'.join(_ACCELERATED)})[0-9])"
_SIZE = r"\.(?:nano|micro|small|medium|large|(?:[0-9]+)?xlarge|metal(?:-[0-9]+xl)?)"
X86 = f"{_PLAIN}(?!a[0-9])[a-z]+[0-9]+[a-fh-z-]*{_SIZE}"
ARM = f"{_PLAIN}(?:a[0-9]+[a-z-]*|[a-z]+[0-9]+[a-z-]*g[a-z-]*){_SIZE}"
_FAMILY = re.compile(r"([a-z]+)[0-9]+([a-z-]*)\.")


def architecture(instance_type: str) -> Architecture:
    """Graviton types carry a `g` after the generation, as `m7g` and `c8gn` do, or are of the family `a1`."""
    series, options = _series_and_options(instance_type)
    return "arm64" if "g" in options or series == "a" else "x86_64"


def accelerated(instance_type: str) -> bool:
    """Whether the type has GPUs, FPGAs or learning chips, which need an image and plugin of their own."""
    return _series_and_options(instance_type)[0] in _ACCELERATED


def _series_and_options(instance_type: str) -> tuple[str, str]:
    match = _FAMILY.match(instance_type)
    return (match[1], match[2]) if match else ("", "")
