"""The operator's commands, run as their operator runs them, before, during and after people's work."""
