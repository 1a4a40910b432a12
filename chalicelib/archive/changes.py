"""What a page changes: which of its records have to be stored again, and which are as they were."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import compress

from msgspec import Struct

from chalicelib.archive.fragments import ADDED, CHANGED
from chalicelib.archive.pages import Lines


class Known(Struct, frozen=True, gc=False):
    """The newest version of a key in the previous state: its hash (None: deleted) and the snapshot that holds it."""

    hash: bytes | None
    snapshot: str


@dataclass(frozen=True, slots=True)
class PageChanges:
    """A page's records that have to be stored: for each ADDED or CHANGED, and the snapshot of its prior version.

    `priors` is None where no record has one. `seen` are the keys of the records that are as they were.
    """

    stored: Lines
    changes: bytes
    priors: list[str | None] | None
    seen: list[str]


def changes_of(page: Lines, known: Mapping[str, Known]) -> PageChanges:
    """Compare a page with the previous state of its keys (`State.known`)."""
    if not known:
        return PageChanges(page, bytes(len(page.keys)), None, [])
    before = [known.get(key) for key in page.keys]
    same = [old is not None and old.hash == new for old, new in zip(before, page.hashes, strict=True)]
    wanted = [] if all(same) else [not it for it in same]
    stored = _pick(page, wanted)
    priors = list(compress(before, wanted))
    return PageChanges(
        stored=stored,
        changes=bytes(ADDED if old is None or old.hash is None else CHANGED for old in priors),
        priors=[old.snapshot if old else None for old in priors],
        seen=list(compress(page.keys, same)),
    )


def _pick(page: Lines, wanted: list[bool]) -> Lines:
    return Lines(
        keys=list(compress(page.keys, wanted)),
        cursors=list(compress(page.cursors, wanted)),
        lines=list(compress(page.lines, wanted)),
        hashes=list(compress(page.hashes, wanted)),
        parents=None if page.parents is None else list(compress(page.parents, wanted)),
        quarantined=page.quarantined,
    )
