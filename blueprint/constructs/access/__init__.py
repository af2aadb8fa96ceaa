"""Who signs in: a user pool where there is no provider, and the hub's secrets."""
