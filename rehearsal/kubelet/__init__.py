"""A stand-in for a cluster's nodes: their machines, the pods that run on them, and the way to their Services."""
