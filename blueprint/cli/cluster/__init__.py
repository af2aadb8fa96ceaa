"""The cluster and the hub as an operator reaches them, with AWS credentials alone."""
