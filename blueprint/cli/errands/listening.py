"""Answers at a port for a while, as a server would: others find out whether they reach it."""

import json
import socket
import sys
from typing import Any


def main(argument: dict[str, Any]) -> dict[str, Any]:
    """How often somebody came, until nobody did for some seconds."""
    answered = 0
    with socket.create_server(("", argument["port"])) as listening:
        listening.settimeout(argument["seconds"])
        try:
            while True:
                listening.accept()[0].close()
                answered += 1
        except socket.timeout:  # noqa: UP041 - images of users may have an older Python
            return {"answered": answered}


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
