"""What servers may do in AWS, by the names that hub, Kubernetes and AWS have for it.

A server's service account is decided here and in `charts/hub/rights.py` alone; the role behind it, in
`constructs/access/server_rights.py`.
"""

from collections.abc import Iterator

from blueprint.config import Config
from blueprint.config.types.access import Data, Rights
from blueprint.hub.names import server_account
from blueprint.values import Values
from blueprint.versions import JUPYTERHUB

LABEL = "jupyterhub-eks/rights"
"""Of servers with rights: which."""
FOLDER = "/home/jovyan/s3"
"""Where parts of buckets are folders."""
AGENT = "169.254.170.23/32"
"""Where EKS's agent hands out pods' credentials."""


def service_account(id: str) -> str:
    """The account of the servers that have the rights of a name in the file."""
    return f"rights-{id}"


def account_on_fargate(id: str) -> str:
    """The one of those on Fargate: for an account with an association EKS's webhook names the agent, there as well."""
    return f"fargate-{id}"


def folder_claim(id: str, name: str) -> str:
    """The claim of a part of a bucket that is a folder in servers."""
    return f"rights-{id}-{name}"


def rights_values(config: Config, region: str) -> Values:
    """The hub's `custom.rights`. A list, where the order counts: Helm sorts the keys of mappings."""
    assert config.aws_access is not None
    on_fargate = config.rights_on_fargate
    entries = [
        {
            "id": id,
            "everybody": rights.groups is None,
            "groups": rights.groups or [],
            "serviceAccount": service_account(id),
            "role": (rights.role or "").rpartition("/")[2],
            "data": [_part(id, name, data) for name, data in (rights.data or {}).items()],
            **({"onFargate": _on_fargate(id, rights)} if id in on_fargate else {}),
        }
        for id, rights in config.aws_access.by_id.items()
    ]
    return {
        "entries": entries,
        "label": LABEL,
        "region": config.workload_region or region,
        "folder": FOLDER,
        # Whose servers have them on Fargate: not those of profiles with policies of their own.
        "onFargate": [server_account(id) for id, each in config.without_machines.items() if not each.policies],
    }


def rights_objects(config: Config) -> Iterator[Values]:
    """The service accounts, and the way to the agent for their servers alone."""
    if config.aws_access is None:
        return
    namespace = {"namespace": JUPYTERHUB.namespace}
    for id in config.aws_access.by_id:
        yield {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": service_account(id), **namespace},
            "automountServiceAccountToken": False,
        }
    yield {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "rights", **namespace},
        "spec": {
            "podSelector": {"matchExpressions": [{"key": LABEL, "operator": "Exists"}]},
            "policyTypes": ["Egress"],
            "egress": [{"to": [{"ipBlock": {"cidr": AGENT}}], "ports": [{"protocol": "TCP", "port": 80}]}],
        },
    }


def _on_fargate(id: str, rights: Rights) -> Values:
    """What differs there, where no buckets are mounted."""
    parts = [_part(id, name, data) for name, data in rights.on_fargate.items()]
    data = [{key: value for key, value in part.items() if key != "claim"} for part in parts]
    return {"serviceAccount": account_on_fargate(id), "data": data}


def _part(id: str, name: str, data: Data) -> Values:
    claim = {"claim": folder_claim(id, name)} if data.folder else {}
    return {"name": name, "bucket": data.bucket, "prefix": data.prefix or "", "write": data.write, **claim}
