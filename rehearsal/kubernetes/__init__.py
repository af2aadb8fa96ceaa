"""A real Kubernetes control plane on loopback: built once from the published Go modules, started, stopped."""
