"""Machines that somebody starts without a node group: what there is, what it costs, and what EC2 tells of them."""
