"""What AWS's services cost besides EC2's instances: list prices of us-east-1, in US dollars.

Sources: https://aws.amazon.com/eks/pricing/, https://aws.amazon.com/vpc/pricing/ (NAT gateways and addresses),
https://aws.amazon.com/elasticloadbalancing/pricing/, https://aws.amazon.com/ebs/pricing/ (with snapshots),
https://aws.amazon.com/efs/pricing/, https://aws.amazon.com/backup/pricing/, https://aws.amazon.com/kms/pricing/,
https://aws.amazon.com/secrets-manager/pricing/, https://aws.amazon.com/route53/pricing/,
https://aws.amazon.com/fargate/pricing/, https://aws.amazon.com/cloudwatch/pricing/ and, for what goes out to the
internet, https://aws.amazon.com/ec2/pricing/on-demand/.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

HOURS: Final = 730
"""Of a month, as AWS reckons."""


@dataclass(frozen=True)
class Services:
    """The prices of a day: of things an hour or a month, of bytes a GB (which AWS takes for GiB)."""

    date: date
    control_plane_hour: float
    control_plane_in_extended_support_hour: float
    nat_gateway_hour: float
    nat_gateway_gb: float
    public_address_hour: float
    load_balancer_hour: float
    load_balancer_unit_hour: float
    """A unit (LCU) is a GB an hour, or 25 new connections a second, or 3,000 open ones."""
    volume_gb: float
    """EBS, gp3, a month."""
    volume_throughput: float
    """For each MiB/s above `VOLUME_THROUGHPUT`, a month."""
    snapshot_gb: float
    files_gb: float
    """EFS, regional, Standard, a month."""
    archived_files_gb: float
    """Infrequent Access."""
    files_read_gb: float
    files_written_gb: float
    """With elastic throughput."""
    files_backup_gb: float
    key: float
    secret: float
    secret_call: float
    hosted_zone: float
    fargate_cpu_hour: float
    fargate_gb_hour: float
    fargate_disk_gb_hour: float
    """Beyond the 20 GiB that each pod has."""
    log_gb: float
    internet_gb: float


SERVICES: Final = Services(
    date=date(2026, 11, 1),
    control_plane_hour=0.10,
    control_plane_in_extended_support_hour=0.60,
    nat_gateway_hour=0.045,
    nat_gateway_gb=0.045,
    public_address_hour=0.005,
    load_balancer_hour=0.0225,
    load_balancer_unit_hour=0.008,
    volume_gb=0.08,
    volume_throughput=0.04,
    snapshot_gb=0.05,
    files_gb=0.30,
    archived_files_gb=0.016,
    files_read_gb=0.03,
    files_written_gb=0.06,
    files_backup_gb=0.05,
    key=1.00,
    secret=0.40,
    secret_call=0.05 / 10_000,
    hosted_zone=0.50,
    fargate_cpu_hour=0.04048,
    fargate_gb_hour=0.004445,
    fargate_disk_gb_hour=0.000111,
    log_gb=0.50,
    internet_gb=0.09,
)
VOLUME_THROUGHPUT: Final = 125
"""MiB/s that a gp3 volume has without being paid for more."""
