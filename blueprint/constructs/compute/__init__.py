"""What runs, and with which rights: control plane, add-ons, nodes, autoscaler, and the AWS identities of pods."""
