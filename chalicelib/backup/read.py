"""Read one slice of a stream into parts, as far as the deadline allows."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from chalicelib.archive.changes import Known, changes_of
from chalicelib.archive.heads import heads
from chalicelib.archive.pages import Lines, read_page
from chalicelib.archive.store import Slice, Stored, store_part
from chalicelib.archive.writer import Closed, PartWriter
from chalicelib.backup import checkpoints
from chalicelib.backup.ahead import pages
from chalicelib.backup.asking import Asked
from chalicelib.backup.means import Deadline, Means, Session
from chalicelib.backup.run import Progress, SliceTask
from chalicelib.backup.unsaved import Unsaved
from chalicelib.connectors.connector import Page, Position, Skipped, Stream
from chalicelib.errors import BackupError, FatalError, ForbiddenStreamError, ReauthorizeError, RetryableError
from chalicelib.store.checkpoints import Checkpoint
from chalicelib.telemetry import count, logger

LEAST_SECONDS = 30
PART_SECONDS = 60
MOST_WAITS, MOST_UNEXPLAINED_WAITS = 100, 20
LONGEST_WAIT, LONGEST_TOLD_WAIT = 900, 6 * 3600
MOST_SKIPPED = 500
MORE = "more were skipped"

KnownKeys = Callable[[Sequence[str]], Mapping[str, Known]]
# Of a skipped one: key, reason, whether it is there, whether it is all that is under the key (older ones do not say).
Entry = list[str | bool | None]


@dataclass(slots=True)
class Gathered:
    """What was read since the last checkpoint: lines on their way into a part, and how far the listing has come."""

    position: Position | None
    opened: float
    ended: bool = False
    since: object = None
    reset: bool = False
    skipped: list[Skipped] = field(default_factory=list)
    writer: PartWriter = field(default_factory=PartWriter)
    records: int = 0
    seen: int = 0
    page: int = 0

    def note(self, page: Page) -> None:
        """Move on past a page that has been taken in."""
        self.position, self.ended = page.next, page.next is None
        self.since = page.since if page.since is not None else self.since
        self.reset = page.reset
        self.skipped += page.skipped


@dataclass(slots=True)
class SliceReader:
    """Reads one slice. A part is stored, then its fragment, then the checkpoint: a repeat rereads at most one.

    `session` counts for this slice alone, `unsaved` for all that are read beside it. `instead` gives what stands for a
    page that does not come however often it is asked for, at most `most_waits` times unless the vendor says when;
    without it the slice ends there.
    """

    task: SliceTask
    means: Means
    deadline: Deadline
    stream: Stream
    place: Slice
    session: Session
    ask: Callable[[Position | None], Asked]
    known: KnownKeys
    checkpoint: Checkpoint
    least_seconds: float = LEAST_SECONDS
    unsaved: Unsaved = field(default_factory=Unsaved)
    most_waits: int = MOST_UNEXPLAINED_WAITS
    instead: Callable[[Position | None, BackupError], Asked] | None = None
    _counted: int = 0

    def run(self) -> Progress:
        """Read on until the slice or the time ends; what ends the slice early is kept as its outcome.

        What may pass is given back as seconds to wait, after storing what was read. Raises ReauthorizeError where the
        vendor no longer takes the connection: then no other slice can be read either.
        """
        try:
            failed = self._read()
        finally:
            self.unsaved.done(self.task)
        if failed is None:
            return Progress(done=self.checkpoint.done)
        if isinstance(failed, RetryableError):
            return self._put_off(failed)
        status = "forbidden" if isinstance(failed, ForbiddenStreamError) else "failed"
        checkpoints.fail(self.checkpoint, status, str(failed), self.means.clock.now())
        if isinstance(failed, ReauthorizeError):
            raise failed
        return Progress(done=True)

    def _read(self) -> BackupError | None:
        """Read and store pages; what the vendor's side fails with is given back once all before it is stored."""
        gathered = self._begun()
        listing = pages(self.ask, self.checkpoint.position, self._has_time)
        failed: BackupError | None = None
        while failed is None:
            try:
                asked = next(listing, None)
            except BackupError as met:
                failed = met
                break
            if asked is None:
                break
            self._take(asked, gathered)
            if self._is_due(gathered):
                self._store(gathered)
                self.unsaved.stored(self.task)
                gathered = self._begun()
        if not gathered.writer.empty:
            self._store(gathered)
        return failed

    def _is_due(self, gathered: Gathered) -> bool:
        """Tell whether to store now: a whole part, what was read a minute ago, or since all together have too much."""
        too_much = self.unsaved.too_much(self.task, gathered.writer.gathered, gathered.page)
        return too_much or gathered.writer.full or self.deadline.monotonic() - gathered.opened > PART_SECONDS

    def _has_time(self) -> bool:
        return not self.deadline.near(self.least_seconds)

    def _begun(self) -> Gathered:
        return Gathered(position=self.checkpoint.position, opened=self.deadline.monotonic())

    def _take(self, asked: Asked, gathered: Gathered) -> None:
        page = asked.page
        lines = self._lines(asked)
        changes = changes_of(lines, self.known(lines.keys))
        changes.seen.extend(self._unread(page))
        before = gathered.writer.gathered
        gathered.writer.add_page(changes, deleted=_whole_keys(asked, self.stream), visited=asked.visited)
        gathered.page = gathered.writer.gathered - before
        gathered.records += len(changes.stored.keys)
        gathered.seen += len(changes.seen)
        gathered.note(page)

    def _unread(self, page: Page) -> list[str]:
        """Name the records that are there but could not be had: they stay as they were kept before."""
        keys = [one.key for one in page.skipped if one.there and one.key is not None]
        return [key for key, old in self.known(keys).items() if old.hash is not None] if keys else []

    def _lines(self, asked: Asked) -> Lines:
        children, page = self.stream.children, asked.page
        under_parents = self.stream.grouped or (children is not None and not children.keyed)
        parents: str | Sequence[str] | None = (page.parents or asked.parent) if under_parents else None
        if page.parents and not under_parents:
            raise FatalError(f"the reader of {self.stream.name} groups its records; declare the stream as grouped")
        if page.records and under_parents and parents is None:
            raise FatalError(f"the reader of {self.stream.name} does not say whose children its records are")
        return read_page(page.records, heads(self.stream.key, self.stream.cursor), parents)

    def _store(self, gathered: Gathered) -> None:
        """Store what was gathered as one part, then move the checkpoint past it."""
        checkpoints.running(self.task)
        closed, checkpoint = gathered.writer.close(), self.checkpoint
        stored = store_part(self.means.data, self.means.temp, self.place, closed, int(checkpoint.next_part))
        checkpoints.advance(
            checkpoint,
            self.means.clock.now(),
            position=gathered.position,
            since=gathered.since if gathered.since is not None else checkpoint.since,
            parts=[*checkpoint.parts, _part(stored, closed)],
            next_part=stored.number + 1,
            records=checkpoint.records + gathered.records,
            seen=checkpoint.seen + gathered.seen,
            requests=checkpoint.requests + self._asked(),
            skipped=listed(checkpoint.skipped, gathered.skipped),
            tries=0,
            done=gathered.ended,
            outcome={"status": "complete", "listed": "all" if gathered.reset else ""} if gathered.ended else None,
        )
        _count(stored, gathered)
        logger.info("part stored", extra=_told(self.task, stored.number, gathered, stored.size_bytes))

    def _asked(self) -> int:
        before, self._counted = self._counted, self.session.requests
        return self._counted - before

    def _put_off(self, failed: RetryableError) -> Progress:
        """Wait as long as the vendor wants, longer with every time that nothing was read; not without end.

        A vendor that is down for hours is waited for; what is broken for good ends alone, so that the rest is sealed.
        """
        if failed.unasked:
            checkpoints.advance(self.checkpoint, self.means.clock.now(), tries=0)
            return Progress(done=False, wait_seconds=patience(failed.after_seconds or 0, 1))
        outcome = self.checkpoint.outcome or {}
        waits = outcome.get("waits", 0) + 1
        if waits > (self.most_waits if failed.unexplained else MOST_WAITS):
            return self._give_up(FatalError(f"given up after {waits} waits: {failed}"))
        count("Waits")
        note = {"status": "waiting", "reason": str(failed), "waits": waits}
        checkpoints.advance(self.checkpoint, self.means.clock.now(), outcome=note, tries=0)
        return Progress(done=False, wait_seconds=patience(failed.after_seconds or 0, waits))

    def _give_up(self, failed: FatalError) -> Progress:
        if self.instead is None:
            checkpoints.fail(self.checkpoint, "failed", str(failed), self.means.clock.now())
            return Progress(done=True)
        gathered = self._begun()
        self._take(self.instead(self.checkpoint.position, failed), gathered)
        self._store(gathered)
        return Progress(done=self.checkpoint.done)


def patience(after_seconds: float, waits: int) -> int:
    """Choose whole seconds to wait: what the vendor asks for, and more with every wait in which nothing was read.

    What it asks for is believed up to some hours: there are vendors that send a date where seconds are due.
    """
    told = math.ceil(min(after_seconds, LONGEST_TOLD_WAIT))
    return max(1, told, min(LONGEST_WAIT, 2 ** (waits - 1)) if waits > 1 else 0)


def listed(before: Sequence[Entry], new: Sequence[Skipped]) -> list[Entry]:
    """Add to the list of what was skipped; beyond the most that a checkpoint holds, only their number is kept."""
    together = [*before, *([one.key, one.reason, one.there, one.under] for one in new)]
    if len(together) <= MOST_SKIPPED:
        return together
    beyond = together[MOST_SKIPPED:]
    more = sum(_meant(str(entry[1])) for entry in beyond)
    there, under = (any(entry[place : place + 1] == [True] for entry in beyond) for place in (2, 3))
    return [*together[:MOST_SKIPPED], [None, f"{more} {MORE}", there, under]]


def _meant(reason: str) -> int:
    """Count the skipped ones that an entry stands for."""
    return int(reason.removesuffix(MORE)) if reason.endswith(MORE) else 1


def _count(stored: Stored, gathered: Gathered) -> None:
    count("PartsStored", stored.part is not None)
    count("BytesStored", stored.size_bytes)
    count("RecordsStored", gathered.records)
    count("RecordsUnchanged", gathered.seen)


def _part(stored: Stored, closed: Closed) -> dict[str, int]:
    quarantined = closed.quarantine.lines if closed.quarantine else 0
    sizes = {"number": stored.number, "records": stored.records, "size_bytes": stored.size_bytes}
    return sizes | ({"quarantined": quarantined} if quarantined else {})


def _whole_keys(asked: Asked, stream: Stream) -> Sequence[str]:
    relative = stream.children is not None and not stream.children.keyed and asked.parent is not None
    return [f"{asked.parent}/{key}" for key in asked.page.deleted] if relative else asked.page.deleted


def _told(task: SliceTask, number: int, gathered: Gathered, size_bytes: int) -> dict[str, object]:
    return {
        "job_id": task.job_id,
        "stream": task.stream,
        "slice": task.slice,
        "part": number,
        "records": gathered.records,
        "unchanged": gathered.seen,
        "size_bytes": size_bytes,
    }
