"""The operator's commands; they talk to AWS with boto3 and never load the CDK."""
