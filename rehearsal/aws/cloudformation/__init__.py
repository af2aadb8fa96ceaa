"""CloudFormation: templates resolved, changes made in order of dependencies, and rolled back where they fail."""
