"""What a Verify has read again of a source's file contents, as its snapshot keeps it for the next one."""

from datetime import datetime
from typing import NamedTuple

import msgspec

from chalicelib.backup.run import Run
from chalicelib.store.snapshots import Snapshot

MOST_SNAPSHOTS = 10


class Covered(msgspec.Struct, frozen=True):
    """The new contents and a share of the older ones: so many objects and bytes of both.

    `unread` new ones there was no time for. Of the circle (`domain.rotation`) it read `width` from `start`, `behind`
    short of what was due. `damaged` are the stream and key of each content that is not what was stored.
    """

    objects: int = 0
    size_bytes: int = 0
    unread: int = 0
    start: int = 0
    width: int = 0
    behind: int = 0
    damaged: tuple[tuple[str, str], ...] = ()

    def damaged_of(self, stream: str) -> list[str]:
        """List the keys of a stream's damaged contents."""
        return [key for name, key in self.damaged if name == stream]


class Last(NamedTuple):
    """The last reading before a snapshot, and when the snapshot that it was made of was taken (None: there is none)."""

    covered: Covered = Covered()
    at: datetime | None = None


def last_covered(run: Run, previous_id: str | None) -> Last:
    """Find the last reading: that of the snapshot named, or of one before it where its Verify did not get there."""
    snapshot_id = previous_id
    for _ in range(MOST_SNAPSHOTS):
        if snapshot_id is None:
            break
        found = Snapshot.fetch(account_id=run.account_id, source_id=run.source_id, snapshot_id=snapshot_id)
        if found is not None and found.contents:
            return Last(msgspec.convert(found.contents, Covered), found.taken_at)
        snapshot_id = found.previous_id if found is not None else None
    return Last()
