"""Names: hosted zones, and what the world sees of them."""
