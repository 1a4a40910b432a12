"""Ids: a prefix that tells the kind, and a ULID, so that ids of one kind sort by time."""

from datetime import UTC, datetime

from ulid import ULID


def new_id(prefix: str, now: datetime) -> str:
    """Make an id such as `job_01J9ZK…` whose time part is `now`."""
    return f"{prefix}_{ULID.from_datetime(now)}"


def created_at(identifier: str) -> datetime:
    """Read back when an id was made; raises ValueError for anything `new_id` did not make."""
    return ULID.from_str(identifier.rpartition("_")[2]).datetime.astimezone(UTC)
