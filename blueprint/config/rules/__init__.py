"""What settings mean together: contradictions between them, and remarks on a valid configuration."""
