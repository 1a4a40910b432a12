"""Where the archive's objects are: the one place that spells their keys."""

from datetime import UTC, datetime
from urllib.parse import quote

MANIFEST = "metadata.json"
CHECKSUMS = "checksums.txt"


def source_root(account_id: str, source_id: str) -> str:
    """Name what begins the key of every object of a source; references in manifests and indexes are relative to it."""
    return f"accounts/{account_id}/sources/{source_id}/"


def snapshot_directory(taken_at: datetime, snapshot_id: str) -> str:
    """Name a snapshot's directory below its source's root, without a `/` at the end."""
    return f"{taken_at.astimezone(UTC):%Y-%m-%d}/{snapshot_id}"


def stream_directory(directory: str, stream: str) -> str:
    """Name a stream's directory; characters of its name that a path cannot carry are percent-encoded."""
    return f"{directory}/{quote(stream, safe='')}"


def part_name(slice_: str, number: int) -> str:
    return f"part-{slice_}-{number:05d}.jsonl.zst"


def quarantine_name(slice_: str, number: int) -> str:
    return f"quarantine-{slice_}-{number:05d}.jsonl.zst"


def attempt_name(name: str, attempt: int) -> str:
    """Name what is written instead of `name` where a seal that never ended left other bytes; attempt 1 is `name`."""
    stem, dot, suffix = name.partition(".")
    return name if attempt == 1 else f"{stem}-{attempt}{dot}{suffix}"


def workspace(account_id: str, job_id: str) -> str:
    """Name what begins the key of everything a job keeps in the temp bucket until it has ended."""
    return f"jobs/{account_id}/{job_id}/"


def fragment_key(account_id: str, job_id: str, stream: str, slice_: str, number: int) -> str:
    return f"{workspace(account_id, job_id)}{quote(stream, safe='')}/{slice_}/{number:05d}.fragment"


def blob_key(account_id: str, sha256: str) -> str:
    return f"accounts/{account_id}/blobs/{sha256[:2]}/{sha256}"
