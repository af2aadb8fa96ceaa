"""The hub on this machine: the deployed hub's own configuration, signing people in before anything is deployed."""
