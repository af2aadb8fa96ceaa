"""What runs inside the processes of Lambda functions."""
