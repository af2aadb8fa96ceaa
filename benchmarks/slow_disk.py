"""A disk that takes its time, for a program on Linux: a library, built with the C compiler `cc`, to preload."""

import subprocess
from pathlib import Path


class SlowDisk:
    """Each `fsync` and `fdatasync` of a program takes so many milliseconds, and is counted."""

    def __init__(self, folder: Path, milliseconds: float) -> None:
        self._log = folder / "waits-for-the-disk"
        library = folder / "slow_disk.so"
        source = Path(__file__).with_name("slow_disk.c")
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", library, source], check=True)
        self.environment = {
            "LD_PRELOAD": str(library),
            "SLOW_DISK_MICROSECONDS": str(round(milliseconds * 1000)),
            "SLOW_DISK_LOG": str(self._log),
        }

    @property
    def waits(self) -> int:
        """How often the program has waited for the disk so far."""
        return self._log.stat().st_size if self._log.exists() else 0
