"""`cost`: what the configuration costs a month, beside other ways to serve the same people."""
