"""What a snapshot owes: what is there and could not be had is told again until something is heard of it."""

from collections.abc import Iterable, Sequence
from typing import Literal

from chalicelib.archive.build import Build
from chalicelib.archive.manifest import SkippedRef, StreamManifest

Settled = Literal["none", "unnamed", "all"]
MOST = 1000
MORE = SkippedRef(None, "more are there than are named here", there=True)
_HEARD = """
SELECT EXISTS (SELECT 1 FROM main.versions WHERE key = ?1) OR EXISTS (SELECT 1 FROM work.seen WHERE key = ?1)
OR EXISTS (SELECT 1 FROM work.gone WHERE key = ?1) OR EXISTS (SELECT 1 FROM work.dropped WHERE key = ?1)
"""
_REPORTED = "SELECT EXISTS (SELECT 1 FROM work.gone WHERE key = ?1)"
_VISITED = """
SELECT EXISTS (SELECT 1 FROM work.visited WHERE key = ?1) OR EXISTS (SELECT 1 FROM work.lost WHERE key = ?1)
"""


def owed_by(before: StreamManifest | None, settled: Settled = "none") -> list[SkippedRef]:
    """List what a stream owed as of the snapshot before, but for what a reading has `settled` by listing it again.

    Records without a key count as one that has no name.
    """
    if before is None or settled == "all":
        return []
    owed = [one for one in before.skipped if one.there and (one.key is not None or settled == "none")]
    if before.quarantined and settled == "none":
        quarantined = f"{before.quarantined} records without a usable key, in the quarantine of an earlier snapshot"
        owed.append(SkippedRef(None, quarantined, there=True))
    return owed


def not_reported(build: Build, owed: Iterable[SkippedRef]) -> list[SkippedRef]:
    """Leave out what the vendor reported as gone, before a build is settled: then that of unknown keys is forgotten."""
    gone = tuple(prefix for prefix, _page in build.prefixes)
    return [
        one for one in owed if one.key is None or not (one.key.startswith(gone) or _any(build, _REPORTED, [one.key]))
    ]


def not_heard_of(build: Build, owed: Iterable[SkippedRef]) -> list[SkippedRef]:
    """Leave out what a settled build knows better: what was read or is gone, itself or under its parent."""
    return [one for one in owed if one.key is None or not _is_heard_of(build, one.key)]


def of_parents(build: Build, stream: str, parents: Iterable[SkippedRef]) -> list[SkippedRef]:
    """State that the children of parents that could not be had were not read either, unless they were."""
    why = f"its parent could not be had, and so its {stream} were not read"
    unread = [one for one in parents if one.there and one.key is not None and not _any(build, _VISITED, [one.key])]
    return [SkippedRef(one.key, why, there=True) for one in unread]


def together(new: Sequence[SkippedRef], *others: Iterable[SkippedRef]) -> list[SkippedRef]:
    """Put entries together, each key once, what is `new` first; beyond the most, only that there are more is kept."""
    found = list(new)
    named = {one.key for one in new if one.key is not None}
    for one in (one for some in others for one in some):
        if one not in found and one.key not in named:
            found.append(one)
            named |= {one.key} if one.key is not None else set()
    return found if len(found) <= max(MOST, len(new)) else [*found[:MOST], MORE]


def _is_heard_of(build: Build, key: str) -> bool:
    above = [key[:at] for at, letter in enumerate(key) if letter == "/"]
    return _any(build, _HEARD, [key]) or _any(build, _VISITED, [key, *above])


def _any(build: Build, query: str, keys: Iterable[str]) -> bool:
    return any(build.connection.execute(query, (key,)).fetchone()[0] for key in keys)
