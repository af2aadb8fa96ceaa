"""What Fargate bills a pod for: 256 MB are added to its memory, and both amounts are rounded up.

Source: https://docs.aws.amazon.com/eks/latest/userguide/fargate-pod-configuration.html
"""

import math

from blueprint.config.facts.nodes import Amounts
from blueprint.config.facts.services import Services

_SIZES = {0.25: (0.5, 2), 0.5: (1, 4), 1: (2, 8), 2: (4, 16), 4: (8, 30), 8: (16, 60), 16: (32, 120)}
"""By its CPUs, the least and the most memory in GiB."""
_GIB = 2**30


def hour(wanted: Amounts, prices: Services) -> float | None:
    """US dollars for an hour of a pod; None where none is so large."""
    memory = wanted.memory / _GIB + 0.25
    for cpus, (least, most) in _SIZES.items():
        if 1000 * cpus >= wanted.cpu and most >= memory:
            return cpus * prices.fargate_cpu_hour + max(least, math.ceil(memory)) * prices.fargate_gb_hour
    return None
