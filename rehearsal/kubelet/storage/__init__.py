"""Volumes of pods, and the drivers that make them."""
