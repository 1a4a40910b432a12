"""Room on the local disk: how much there is, and what an error looks like where there is none."""

import errno
import shutil
import sqlite3
from pathlib import Path

RESERVE_BYTES = 1024 * 1024 * 1024


def free_bytes(directory: Path) -> int:
    """Tell how much a disk still takes beside a reserve, an eighth of it or 1 GiB, for those who do not ask first."""
    disk = shutil.disk_usage(directory)
    return disk.free - min(disk.total // 8, RESERVE_BYTES)


def is_full(met: BaseException) -> bool:
    """Tell whether something failed because the disk is full."""
    if isinstance(met, sqlite3.Error):
        return getattr(met, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return isinstance(met, OSError) and met.errno == errno.ENOSPC
