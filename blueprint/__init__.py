"""JupyterHub on Amazon EKS, from a few context values."""
