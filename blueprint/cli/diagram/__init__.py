"""`diagram`: the architecture of a configuration as a picture, and in words."""
