"""Tells what is reached over the network from where it runs, as any code there could find out."""

import json
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def main(argument: dict[str, Any]) -> dict[str, Any]:
    """What is found at each target, `open`, `shut` or `not found`; a target has a host, a port, and whether it is shut.

    A new pod is open until the policies about it are in place: what is not as it should be is looked at again, as long
    as there is `patience`.
    """
    end = time.monotonic() + argument["patience"]
    while True:
        with ThreadPoolExecutor() as pool:
            found = [*pool.map(lambda each: look(each[0], each[1], argument["silence"]), argument["targets"])]
        wrong = [state for state, each in zip(found, argument["targets"]) if (state == "open") == each[2]]  # noqa: B905
        if not wrong or time.monotonic() > end:
            return {"found": found}
        time.sleep(1)


def look(host: str, port: int, silence: float) -> str:
    """Whether a connection is answered; a refusal is an answer, too: whoever gets one has got through."""
    try:
        address = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)[0][4]
    except OSError:
        return "not found"
    try:
        socket.create_connection(address[:2], silence).close()  # type: ignore[arg-type] # of IPv4 alone
    except ConnectionRefusedError:
        return "open"
    except OSError:
        return "shut"
    return "open"


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
