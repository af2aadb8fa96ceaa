"""What commands that change something share: trouble in words, and plans: shown, asked for, carried out, told."""
