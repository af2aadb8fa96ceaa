"""Waits for a child, as its only purpose."""

from __future__ import annotations

import os
import signal
from types import FrameType

PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def watched(child: int) -> int:
    """Pass signals on to a child until it ends, and take in orphans. The child's status, as a shell gives it.

    Whoever has blocked these signals before the child was there misses none.
    """

    def passed_on(number: int, frame: FrameType | None) -> None:
        os.kill(child, number)

    for number in PASSED_ON:
        signal.signal(number, passed_on)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
    while True:
        ended, status = os.wait()
        if ended == child:
            for number in PASSED_ON:
                signal.signal(number, signal.SIG_IGN)
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
