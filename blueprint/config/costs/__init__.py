"""What a configuration costs a month, for given people, and what other ways to serve them would."""
