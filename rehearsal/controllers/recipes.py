"""What each controller is built of, where its release is not to be had as it is (`rehearsal/released/pins.py`).

Where the release that the blueprint pins is not to be had as a Go module, the nearest one that is takes its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from rehearsal.golang import Module


@dataclass(frozen=True)
class Controller:
    """A program: a package of a module."""

    name: str
    release: str
    """As upstream calls the module's version."""
    module: Module
    package: str = "."
    sources: Mapping[str, str] = field(default_factory=dict)
    """Files of the module, and the files of `sources/` in their place."""
    edits: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Files of the module in which a text is replaced by another."""
    requirements: tuple[Module, ...] = ()
    """Modules in other versions than the module's own go.mod requires."""
    minutes: int = field(default=2, repr=False)
    """About how long it takes to build on two cores."""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What its image sets for it. Like the minutes, it does not make another program."""


LOAD_BALANCER_CONTROLLER: Final = Controller(
    # From 3.5.0 on, the module's path ends with /v3; before, its releases are modules only as pseudo-versions.
    name="aws-load-balancer-controller",
    release="3.3.0",
    module=Module(
        "sigs.k8s.io/aws-load-balancer-controller",
        "v0.0.0-20260505182222-46816a2070db",
        ("h1:b5Kxbw/SeRVO6tnZ3fjkNnAQGoR0wR3jLXH3UkdPVug=", "h1:9aekad2eNvi1FRVhfvs3/lg3lc438LpDniUsGws/Gqc="),
    ),
)
EXTERNAL_PROVISIONER: Final = Controller(
    # The release that goes with the EBS CSI driver.
    name="external-provisioner",
    release="6.3.0",
    module=Module(
        "github.com/kubernetes-csi/external-provisioner/v6",
        "v6.3.0",
        ("h1:cC5Y10GbdTHXUTBBz0g7jKZKm7AJJk586WV5rVNWdck=", "h1:EaENCA5OwJWKStyQlCHXjQPnFdajoCuHu34b9+PuL7c="),
    ),
    package="./cmd/csi-provisioner",
)
EFS_CSI_DRIVER: Final = Controller(
    # The last release of major 1: those of 2 and 3 keep its module path, and so are none of Go's versions.
    name="aws-efs-csi-driver",
    release="1.7.7",
    minutes=1,
    module=Module(
        "github.com/kubernetes-sigs/aws-efs-csi-driver",
        "v1.7.7",
        ("h1:y9ogq9lbQKQoVAO+NyW9EPvf+nKzRrJICLoKbd6cBsI=", "h1:kTm1n5gtUExGB4QvKwhHVi5OmwwriHb4dnINATk1mJE="),
    ),
    package="./cmd",
    requirements=(
        # The first AWS SDK that knows EKS Pod Identity is newer than this release.
        Module(
            "github.com/aws/aws-sdk-go",
            "v1.55.8",
            ("h1:JRmEUbU52aJQZ2AjX4q4Wu7t4uZjOu71uyNmaWlUkJQ=", "h1:ZkViS9AqA6otK+JBBNH2++sx1sgxrPKcSzPPvQkUtXk="),
        ),
    ),
)
EBS_CSI_DRIVER: Final = Controller(
    name="aws-ebs-csi-driver",
    release="1.63.1",
    module=Module(
        "github.com/kubernetes-sigs/aws-ebs-csi-driver",
        "v1.63.1",
        ("h1:fWvOYJ9DgkSS8G49r2ShJl2F/6Ukkaj16qZUtFlXfvs=", "h1:u9Fnk9I0wYuGOu/Aph4PDGxlDb228p8ozV2LCB6zZPg="),
    ),
    package="./cmd",
    environment={"GODEBUG": "fips140=off"},
)
EXTERNAL_DNS: Final = Controller(
    name="external-dns",
    release="0.21.0",
    module=Module(
        "sigs.k8s.io/external-dns",
        "v0.21.0",
        ("h1:YAC7ERW32eZAjSdhu44taaZGII6nwz2/wteT+BtpFzM=", "h1:dEy6wPCUoGhWQ4tkgvBZ0TkUJV36Z2uiAicqCx4y4HU="),
    ),
    # The providers of other clouds are most of what there is to compile.
    sources={"provider/factory/provider.go": "external_dns_providers.go"},
)
EXTERNAL_SECRETS: Final = Controller(
    # The last release of one module: since 1.0.0 it requires modules of its own repository that are not published.
    name="external-secrets",
    release="0.20.4",
    module=Module(
        "github.com/external-secrets/external-secrets",
        "v0.20.4",
        ("h1:HhNAjWfFEshhItphr28SGsHzf2bUP7uDAOVLg76uNAg=", "h1:m2u0+senHN6tqsd5e48+v9QfuwfFpCPmq5Dcv8b9HQA="),
    ),
    sources={
        "pkg/provider/register/register.go": "external_secrets_providers.go",
        "pkg/generator/register/register.go": "external_secrets_generators.go",
    },
    # The pinned chart asks whether it is ready at a path that this release does not have yet.
    edits={
        "cmd/controller/root.go": (
            "mgr.AddHealthzCheck(",
            'mgr.AddReadyzCheck("readyz", healthz.Ping); err != nil {\n\t\t\treturn\n\t\t}\n'
            "\t\tif err := mgr.AddHealthzCheck(",
        )
    },
)
KARPENTER: Final = Controller(
    name="karpenter",
    release="1.14.1",
    minutes=3,
    module=Module(
        "github.com/aws/karpenter-provider-aws",
        "v1.14.1",
        ("h1:WGtIQTQcxpElYMdWfWuPwaF2+9muR+hYhPZsTtoY8Gs=", "h1:CwiZs59GJgelgcBxVd3kqAmbysxCvOhyE16r6r6PYwY="),
    ),
    package="./cmd/controller",
    requirements=(
        # Its go.mod names a commit of the core that became this release; only the release is kept by the proxy.
        Module(
            "sigs.k8s.io/karpenter",
            "v1.14.1",
            ("h1:GjqvOHLjl2+OXM0ti5VEZSQuvcitB0pETd8zdChXEtI=", "h1:QO5XveQPGfYh3YEaHEq7Pycy5wyaDMcyl5oyYcjjWwo="),
        ),
    ),
)

CONTROLLERS: Final = (
    LOAD_BALANCER_CONTROLLER,
    EXTERNAL_PROVISIONER,
    EFS_CSI_DRIVER,
    EBS_CSI_DRIVER,
    EXTERNAL_DNS,
    EXTERNAL_SECRETS,
)
"""Those that every hub has."""


def needed(scaling: str) -> tuple[Controller, ...]:
    """The controllers of a hub with a value of `nodes.user.scaling`."""
    return (*CONTROLLERS, KARPENTER) if scaling == "karpenter" else CONTROLLERS


PROGRAMS: Final[Mapping[str, Controller]] = {
    "public.ecr.aws/eks/aws-load-balancer-controller": LOAD_BALANCER_CONTROLLER,
    "public.ecr.aws/karpenter/controller": KARPENTER,
    "public.ecr.aws/csi-components/csi-provisioner": EXTERNAL_PROVISIONER,
    "public.ecr.aws/efs-csi-driver/amazon/aws-efs-csi-driver": EFS_CSI_DRIVER,
    "public.ecr.aws/ebs-csi-driver/aws-ebs-csi-driver": EBS_CSI_DRIVER,
    "registry.k8s.io/external-dns/external-dns": EXTERNAL_DNS,
    "ghcr.io/external-secrets/external-secrets": EXTERNAL_SECRETS,
    "oci.external-secrets.io/external-secrets/external-secrets": EXTERNAL_SECRETS,  # in the module's own chart
}
"""The program in each image, by the image's name without its tag."""
