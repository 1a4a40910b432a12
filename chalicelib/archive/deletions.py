"""The deletions file: what a snapshot's parts alone do not tell, so that its index can be rebuilt without it.

One line per key: `{"key":…,"evidence":…,"at":…}`. Evidence: `vendor` reported it, a `sweep` did not list it, its
`parent` is gone, or the snapshot's lines of it were `reverted` within the run, and the version before counts again.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from chalicelib.archive.build import Build
from chalicelib.archive.frames import lines_of, split_frames
from chalicelib.archive.parts import Body

_ALL = """
SELECT key, evidence FROM work.gone UNION ALL
SELECT key, 'reverted' FROM work.dropped WHERE key NOT IN (SELECT key FROM work.gone) ORDER BY 1
"""


class Deletion(Struct, frozen=True):
    """One key that is gone, or whose lines in this snapshot do not count."""

    key: str
    evidence: str
    at: datetime


_DECODER = msgspec.json.Decoder(Deletion)


def deletion_lines(build: Build, at: datetime) -> Iterator[bytes]:
    """Write the deletions of a settled build, in the order of their keys."""
    when = at.astimezone(UTC)
    for key, evidence in build.connection.execute(_ALL):
        yield msgspec.json.encode(Deletion(key, evidence, when))


def deleted_keys(deletions: Body | None) -> Iterator[str]:
    """List the keys that a deletions file says are gone."""
    if deletions is None:
        return
    for _, raw in split_frames([deletions.data], "the deletions"):
        for deletion in map(read_deletion, lines_of(raw, "the deletions")):
            if deletion.evidence != "reverted":
                yield deletion.key


def read_deletion(line: bytes) -> Deletion:
    return _DECODER.decode(line)
