"""The regions of AWS that a hub can live in, and why the others are none.

Source: botocore's endpoints of EKS in the partition `aws` (1.44.5, November 2026); a test holds the two together.
"""

from typing import Final

REGIONS: Final = (
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
)

ROUTE_53: Final = "us-east-1"
"""Where Route 53 is at home. STS refuses a role of an account that has not opted in to the region of the STS: whoever
assumes one of the DNS account does it in this region, which every account has."""

WITHOUT_OPTING_IN: Final = (
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
)
"""Those that every account has; the others only from when it opts in to them (those made since 20 March 2019).

Source: https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
"""

# What these lack: https://github.com/eksctl-io/eksctl/pull/8146 and EKS's table of add-ons.
_ELSEWHERE = {
    "us-gov-": "GovCloud is not supported, where EKS has no metrics-server add-on",
    "cn-": "China is not supported, where EKS has neither the EFS nor the metrics-server add-on",
    "eusc-": "the European Sovereign Cloud is not supported",
    "us-iso": "isolated regions are not supported",
    "eu-iso": "isolated regions are not supported",
}


def elsewhere(region: str) -> str:
    """Why a region of another partition is none for a hub; nothing if it is not known as one."""
    return next((why for start, why in _ELSEWHERE.items() if region.startswith(start)), "")
