"""Amounts of memory and storage, as settings write them, in bytes."""

_OF_JUPYTERHUB = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
"""JupyterHub's G is what Kubernetes calls Gi: jupyterhub.traitlets.ByteSpecification."""
_OF_KUBERNETES = {"M": 10**6, "G": 10**9, "T": 10**12, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


def memory(amount: str) -> int:
    """What JupyterHub means by `4G`."""
    return int(float(amount[:-1]) * _OF_JUPYTERHUB[amount[-1]])


def quantity(amount: str) -> int:
    """What Kubernetes means by `10Gi`."""
    number = amount.rstrip("MGTi")
    return int(number) * _OF_KUBERNETES[amount[len(number) :]]
