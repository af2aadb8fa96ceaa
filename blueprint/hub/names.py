"""The names under which the hub's parts find each other."""

from blueprint.config.settings import DEPLOYMENT_TAG as DEPLOYMENT_TAG

SECRET_NAME, SECRET_KEY = "hub-oauth-client", "client-secret"
STATE_KEY = "state-key"
"""The key that encrypts what the hub knows of its users' sessions, beside the client secret."""
SECRET_FOLDER = "/etc/jupyterhub-oauth-client"  # noqa: S105
CLAIM_NAMESPACE = "kubernetes.io/created-for/pvc/namespace"
"""The tag by which the volume driver tells for which namespace's claim it made a volume."""
OPERATOR = "operator"
"""The hub's service, and role, by which the operator's commands read who is there."""
HOME_CLASS = "home"
"""The StorageClass of the users' homes."""
HOME_CLASS_WITHOUT_IAM = "home-without-iam"
"""The one of homes that are mounted on Fargate, too, which has no IAM identity to mount with."""
HOME_CLASSES = (HOME_CLASS, HOME_CLASS_WITHOUT_IAM)
DATABASE_CLASS = "hub-database"
"""The StorageClass of the hub's database."""
SHARED_READERS, SHARED_WRITERS = "shared-readers", "shared-writers"
"""The claims of the shared directory."""
TEAM_DIRECTORIES = "team-directories"
"""The claim of all directories that groups share; a member's server mounts those of its user's groups."""
DEDICATED = {"key": "hub.jupyter.org/dedicated", "value": "user", "effect": "NoSchedule"}
"""The taint of users' nodes, which the chart's pods for users tolerate."""
WITHOUT_MACHINE = {"jupyterhub-eks/compute": "fargate"}
"""The label of servers on Fargate: by it EKS takes them there, and gives them their security group."""
POOL = "karpenter.sh/nodepool"
"""The label of Karpenter's nodes, and tag of its instances: the name of their pool."""
GPUS = "nvidia.com/gpu"
"""GPUs as pods ask for them."""
GPU_TAINT = {"key": GPUS, "value": "present", "effect": "NoSchedule"}
"""The taint of nodes that have some."""


def pool_taint(name: str) -> dict[str, str]:
    """The taint of a pool that is for some sizes of profiles alone."""
    return {"key": "jupyterhub-eks/pool", "value": name, "effect": "NoSchedule"}


def server_account(profile: str) -> str:
    """The service account of a profile's servers, where these are on Fargate."""
    return f"server-{profile}"
