"""The settings, declared group by group."""
