"""Machines that come and go, and the nodes that they are."""
