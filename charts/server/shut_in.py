"""Runs in users' pods, before their servers: waits until the network policies hold, and fails if they do not.

A new pod is open until they are in place. None of them lets a user's pod reach Kubernetes, which answers everybody
else: as long as anything comes back from there, be it a refusal, the pod is not shut in.

There are none on Fargate: a pod has a security group from its beginning, or it never has it.
"""

import os
import socket
import sys
import time

patience, silence = map(float, sys.argv[1:3])
if group := "".join(sys.argv[3:]):
    if os.environ.get("SECURITY_GROUPS") != group:
        sys.exit(f"This pod does not have the security group {group}, and no other. Nobody's server starts like that.")
    sys.exit()
kubernetes = os.environ["KUBERNETES_SERVICE_HOST"], int(os.environ["KUBERNETES_SERVICE_PORT"])
end = time.monotonic() + patience
while time.monotonic() < end:
    try:
        socket.create_connection(kubernetes, silence).close()
    except socket.timeout:  # noqa: UP041 - images of users may have an older Python
        sys.exit()
    except OSError:
        pass
    time.sleep(0.2)
sys.exit("No network policy holds for this pod: it reaches Kubernetes. Nobody's server starts like that.")
