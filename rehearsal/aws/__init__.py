"""A stand-in for AWS on loopback: moto's server, with CloudFormation, EKS and Lambda functions that really work."""

from rehearsal.aws.cloud import Cloud, Credentials
from rehearsal.aws.server import Server

__all__ = ["Cloud", "Credentials", "Server"]
