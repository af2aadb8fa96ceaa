"""What is known of AWS: instance types, and the Kubernetes minors that EKS has."""
