"""A place on this machine where a rehearsal runs: processes, mounts and a network of its own, gone when it ends."""
