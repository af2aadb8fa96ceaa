"""Every version that this project pins outside Python's and npm's lock files: charts, images, EKS add-ons."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Chart:
    """A Helm chart at one version. `name` is the chart's name, the release's, and its values file's stem."""

    name: str
    repository: str
    version: str
    namespace: str
    definitions: bool = True
    """Whether Helm installs what is in `crds/`: once, and without ever changing it."""


JUPYTERHUB: Final = Chart(
    # Carries JupyterHub 5.5.0, KubeSpawner 7.0.0, OAuthenticator 17.4.0 and idle-culler 1.4.0.
    name="jupyterhub",
    repository="https://hub.jupyter.org/helm-chart/",
    version="4.4.0",
    namespace="jupyterhub",
)
LOAD_BALANCER_CONTROLLER: Final = Chart(
    name="aws-load-balancer-controller",
    repository="https://aws.github.io/eks-charts",
    version="3.5.0",
    namespace="kube-system",
)
EXTERNAL_DNS: Final = Chart(
    name="external-dns",
    repository="https://kubernetes-sigs.github.io/external-dns/",
    version="1.21.1",  # ExternalDNS 0.21.0
    namespace="external-dns",
    definitions=False,  # of records that nobody makes here: it reads Ingresses alone
)
EXTERNAL_SECRETS: Final = Chart(
    name="external-secrets",
    repository="https://charts.external-secrets.io",
    version="2.9.0",
    namespace="external-secrets",
)
CLUSTER_AUTOSCALER: Final = Chart(
    name="cluster-autoscaler",
    repository="https://kubernetes.github.io/autoscaler",
    version="9.59.0",
    namespace="kube-system",
)
KARPENTER_DEFINITIONS: Final = Chart(
    name="karpenter-crd",
    repository="oci://public.ecr.aws/karpenter/karpenter-crd",
    version="1.14.3",
    namespace="kube-system",
)
KARPENTER: Final = Chart(
    name="karpenter",
    repository="oci://public.ecr.aws/karpenter/karpenter",
    version=KARPENTER_DEFINITIONS.version,  # for Kubernetes 1.30 to 1.36
    namespace="kube-system",
    definitions=False,  # the chart above upgrades them as well, and takes them away
)
CHARTS: Final = (
    JUPYTERHUB,
    LOAD_BALANCER_CONTROLLER,
    EXTERNAL_DNS,
    EXTERNAL_SECRETS,
    CLUSTER_AUTOSCALER,
)
"""What is installed by default."""
KARPENTER_CHARTS: Final = (KARPENTER_DEFINITIONS, KARPENTER)
"""What takes the autoscaler's place with `nodes.user.scaling` `karpenter`."""


def charts(scaling: str) -> tuple[Chart, ...]:
    """What is installed with a value of `nodes.user.scaling`."""
    if scaling != "karpenter":
        return CHARTS
    return (*(chart for chart in CHARTS if chart is not CLUSTER_AUTOSCALER), *KARPENTER_CHARTS)


PAUSE: Final = "registry.k8s.io/pause:3.10.1"
"""An image that does nothing, and needs next to nothing for it."""
NVIDIA_DEVICE_PLUGIN: Final = "nvcr.io/nvidia/k8s-device-plugin:v0.20.0"

EKS_ADDONS: Final = {
    # These run on every Kubernetes minor that EKS still creates.
    "vpc-cni": "v1.22.4-eksbuild.3",
    "eks-pod-identity-agent": "v1.3.10-eksbuild.3",
    "aws-ebs-csi-driver": "v1.63.1-eksbuild.1",
    "aws-efs-csi-driver": "v3.4.1-eksbuild.1",
}
"""EKS managed add-ons with one version for all Kubernetes minors."""
BUCKET_DRIVER: Final = {"aws-mountpoint-s3-csi-driver": "v2.7.0-eksbuild.1"}
"""One more, where parts of buckets are folders; from Kubernetes 1.30 on."""


@dataclass(frozen=True)
class MinorVersions:
    """What has to follow the cluster's Kubernetes minor."""

    kube_proxy: str
    coredns: str
    metrics_server: str
    cluster_autoscaler: str
    """Image tag: upstream tests each release against the Kubernetes minor of its own number only."""
    kubectl_layer: str
    """Of the Python package with kubectl and Helm, as pyproject.toml pins it."""


BY_MINOR: Final = {
    "1.29": MinorVersions("v1.29.15-eksbuild.16", "v1.11.4-eksbuild.24", "v0.8.1-eksbuild.14", "v1.29.5", "2.1.1"),
    "1.30": MinorVersions("v1.30.14-eksbuild.28", "v1.11.4-eksbuild.33", "v0.8.1-eksbuild.14", "v1.30.7", "2.0.4"),
    "1.31": MinorVersions("v1.31.14-eksbuild.20", "v1.11.4-eksbuild.40", "v0.8.1-eksbuild.14", "v1.31.5", "2.1.0"),
    "1.32": MinorVersions("v1.32.13-eksbuild.16", "v1.11.4-eksbuild.40", "v0.8.1-eksbuild.14", "v1.32.7", "2.1.0"),
    "1.33": MinorVersions("v1.33.10-eksbuild.13", "v1.12.4-eksbuild.18", "v0.8.1-eksbuild.14", "v1.33.6", "2.2.2"),
    "1.34": MinorVersions("v1.34.6-eksbuild.13", "v1.13.2-eksbuild.11", "v0.9.0-eksbuild.5", "v1.34.5", "2.2.2"),
    "1.35": MinorVersions("v1.35.3-eksbuild.13", "v1.14.3-eksbuild.3", "v0.9.0-eksbuild.5", "v1.35.2", "2.2.2"),
    "1.36": MinorVersions("v1.36.0-eksbuild.14", "v1.14.3-eksbuild.3", "v0.9.0-eksbuild.11", "v1.36.1", "2.0.1"),
}
"""Source: the tables of Amazon EKS's user guide for kube-proxy, CoreDNS and metrics-server, up to October 2026."""
