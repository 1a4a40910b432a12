"""Room on the local disk: how much there is, what it looks like where there is none, and what nobody needs any more.

A process that is killed removes nothing, and a Lambda's disk survives it. Who uses a file or directory holds a lock on
it, which the system takes back from the dead.
"""

import errno
import fcntl
import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

RESERVE_BYTES = 1024 * 1024 * 1024
_PREFIX = "process-"


def free_bytes(directory: Path) -> int:
    """Tell how much a disk still takes beside a reserve, an eighth of it or 1 GiB, for those who do not ask first."""
    disk = shutil.disk_usage(directory)
    return disk.free - min(disk.total // 8, RESERVE_BYTES)


def is_full(met: BaseException) -> bool:
    """Tell whether something failed because the disk is full."""
    if isinstance(met, sqlite3.Error):
        return getattr(met, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return isinstance(met, OSError) and met.errno == errno.ENOSPC


def own_directory(shared: Path) -> Path:
    """Make a directory that is this process's as long as it lives, and remove those of the dead beside it."""
    shared.mkdir(parents=True, exist_ok=True)
    among_all = os.open(shared, os.O_RDONLY)
    try:
        fcntl.flock(among_all, fcntl.LOCK_EX)
        for left in shared.glob(f"{_PREFIX}*"):
            if is_abandoned(left):
                shutil.rmtree(left, ignore_errors=True)
        own = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=shared))
        hold(os.open(own, os.O_RDONLY))
    finally:
        os.close(among_all)
    return own


def hold(handle: int) -> None:
    """Hold an open file or directory until it is closed."""
    fcntl.flock(handle, fcntl.LOCK_SH)


def is_abandoned(path: Path) -> bool:
    """Tell whether a file or directory is there that nobody holds."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True
