"""`verify`: the deployed hub is found, answers as it should, and stands on what it was given; nothing is changed."""
