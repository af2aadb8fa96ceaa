"""Which releases are taken as they are, by which digests, and where each digest is published.

What is not here is built: of the EFS CSI driver 3.4.1, for example, nobody publishes a digest outside its registry.
`python tools/released.py` asks registries what they have, and tries all pins. Sizes: of Kubernetes and etcd as Docker
lists those of 1.35.4; of the controllers, twice the compressed program that is built here, and of External Secrets five
times, for the releases hold the providers of other clouds, too.
"""

from __future__ import annotations

from typing import Final

from rehearsal.released.images import Image, Release

_RENOVATED: Final = "randomcoww/homelab, whose pins Renovate keeps up; read 2026-11-29"
_ETCD: Final = Image(
    repository="registry.k8s.io/etcd",
    tag="3.6.10-0",
    digest="sha256:f65c61039e7b7fd6e651f7ec2459b880589892cb13cf79c2f71c92aa08fc5144",
    path="usr/local/bin/etcd",
    megabytes=23.6,
    source="randomcoww/homelab and a second repository that pins it; read 2026-11-29",
)


def _kubernetes(release: str, apiserver: str, controllers: str, scheduler: str) -> Release:
    """The control plane's programs, each in an image of its own, and an etcd for them."""
    parts = {
        "kube-apiserver": (apiserver, 27.6),
        "kube-controller-manager": (controllers, 23.0),
        "kube-scheduler": (scheduler, 17.1),
    }
    images = {
        name: Image(f"registry.k8s.io/{name}", f"v{release}", digest, f"usr/local/bin/{name}", size, _RENOVATED)
        for name, (digest, size) in parts.items()
    }
    return Release("kubernetes", release, {**images, "etcd": _ETCD})


KUBERNETES: Final = {
    each.version: each
    for each in (
        _kubernetes(
            "1.35.3",
            apiserver="sha256:6c6e2571f98e738015a39ed21305ab4166a3e2873f9cc01d7fa58371cf0f5d30",
            controllers="sha256:23a24aafa10831eb47477b0b31a525ee8a4a99d2c17251aac46c43be8201ec59",
            scheduler="sha256:7070dff574916315268ab483f1088a107b1f3a8a1a87f3e3645933111ade7013",
        ),
        _kubernetes(
            "1.36.3",
            apiserver="sha256:b4bc06c81fd76f81174e6c19ddacf477acdf1583e7a5846ebbd513493aef6e43",
            controllers="sha256:ed56454bf514916079a227f5765b64524fde52106dfcc52978b28634765b78b8",
            scheduler="sha256:128fc07d278d64c4f2cce416ed0a9f37b23a30cdde6f97873d18c9c78e259df4",
        ),
    )
}
"""By the release of Kubernetes."""

CONTROLLERS: Final = {
    each.name: each
    for each in (
        Release(
            "aws-load-balancer-controller",
            "3.5.0",
            {
                "aws-load-balancer-controller": Image(
                    repository="public.ecr.aws/eks/aws-load-balancer-controller",
                    tag="v3.5.0",
                    digest="sha256:298acdff5a571731276aaea3d5cc450a264e4ad710a5bddf3e518f68a3f9f6cb",
                    path="controller",
                    megabytes=48,
                    source="seven repositories that pin it, one with the day it asked, 2026-09-01; read 2026-11-29",
                )
            },
        ),
        Release(
            "external-provisioner",
            "6.3.0",
            {
                "external-provisioner": Image(
                    repository="registry.k8s.io/sig-storage/csi-provisioner",
                    tag="v6.3.0",
                    digest="sha256:a4b0b1a37605b7b04a293e136edf7006ec1786a8eb3f4e5a945f81d667dcc371",
                    path="csi-provisioner",
                    megabytes=39,
                    source="ten repositories that pin it; read 2026-11-29",
                )
            },
        ),
        Release(
            "aws-ebs-csi-driver",
            "1.63.1",
            {
                "aws-ebs-csi-driver": Image(
                    repository="registry.k8s.io/provider-aws/aws-ebs-csi-driver",
                    tag="v1.63.1",
                    digest="sha256:150de06f37bd1bc2ae09e311029edb4a14889b215f59ca3d4ba4e37f4668e867",
                    path="bin/aws-ebs-csi-driver",
                    megabytes=49,
                    source="kubernetes/k8s.io, images/k8s-staging-provider-aws/images.yaml at 0137eda; read 2026-11-29",
                )
            },
        ),
        Release(
            "external-dns",
            "0.21.0",
            {
                "external-dns": Image(
                    repository="registry.k8s.io/external-dns/external-dns",
                    tag="v0.21.0",
                    digest="sha256:f53faaf71cb270d1ca9dce6ea0c94bfebf1a18696263487f0fbc74b9bf2bd7ff",
                    path="ko-app/external-dns",
                    megabytes=37,
                    source="ten repositories that pin it; read 2026-11-29",
                )
            },
        ),
        Release(
            "external-secrets",
            "2.9.0",
            {
                "external-secrets": Image(
                    repository="ghcr.io/external-secrets/external-secrets",
                    tag="v2.9.0",
                    digest="sha256:44eb290f1c7f5d8f4eec2168cea4a6cfbc72a955c6781eb835e1c40700475dbd",
                    path="bin/external-secrets",
                    megabytes=87,
                    source="MicroTodoSuite, research of its platform's add-ons, August 2026; read 2026-11-29",
                )
            },
        ),
    )
}
"""By the name of the controller's recipe."""
