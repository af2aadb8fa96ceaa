"""How hubs, servers, kernels, providers and proxies of tests start without what a start takes most."""
