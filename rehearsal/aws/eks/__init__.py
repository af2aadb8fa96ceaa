"""EKS: its API, what clusters consist of, and the Kubernetes behind them."""
