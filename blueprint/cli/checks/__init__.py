"""What commands that look at the world share: its accounts, names and addresses, and what is found there."""
