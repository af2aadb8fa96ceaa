"""`users`: the people whom the identity provider signs in, listed and changed there by its own API."""
