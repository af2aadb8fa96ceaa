"""`cost --actual`: what a month cost, as Cost Explorer has it by the deployment's tag, and whose servers took it."""
