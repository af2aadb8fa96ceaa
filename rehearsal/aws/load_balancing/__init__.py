"""Application Load Balancers that carry traffic, as ELB's API describes them."""

from rehearsal.aws.load_balancing.balancers import LoadBalancers

__all__ = ["LoadBalancers"]
