"""What a single value may be, and how it is read."""
