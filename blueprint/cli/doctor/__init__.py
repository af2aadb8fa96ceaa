"""`doctor`: what would go wrong with a deployment, found in seconds before it begins; nothing is changed."""
