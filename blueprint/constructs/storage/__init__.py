"""User data, and how a cluster reaches it."""
