"""`homes`: the homes of people who left, or are called otherwise: found, measured, moved, deleted."""
