"""The rehearsal: the same deployment on one machine, against a stand-in of AWS and a real Kubernetes API server."""
