"""The operator's commands, `status`, `homes` and `restore`, before an AWS, a cluster and a hub on loopback."""
