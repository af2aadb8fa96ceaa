"""The way to the hub: VPC, names, certificate and load balancer."""
