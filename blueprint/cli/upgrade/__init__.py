"""`upgrade plan`: what a deployment of this checkout would change, in words, and the checks to pass before."""
