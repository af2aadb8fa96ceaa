"""A user's server where a script comes first: `python server.py ORIGIN WORD…` is the copy that it would have been."""

import os
import signal
import sys
from pathlib import Path

from forks import Fork  # type: ignore[import-not-found] # beside this file

copy = Fork(sys.argv[1], ["jupyterhub-singleuser", *sys.argv[2:]], str(Path.cwd()), os.environ, 1)
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda received, _: os.kill(copy.pid, received))
sys.exit(copy.wait())
