"""Which file contents have to be copied: those behind a stream's records that no snapshot has yet, in batches.

What is copied is a stream of its own, `{stream}.content`, with one line per content; it is kept as any other stream is.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import ExitStack, closing
from hashlib import sha256
from itertools import islice
from urllib.parse import quote

import msgspec
from msgspec import Raw

from chalicelib.archive.manifest import Manifest
from chalicelib.backup import checkpoints, planning, versions
from chalicelib.backup.covered import last_covered
from chalicelib.backup.found import Found
from chalicelib.backup.means import Means
from chalicelib.backup.others import Doubles
from chalicelib.backup.parents import Parents, fragments_of, root_of
from chalicelib.backup.plan import Lane, Plan
from chalicelib.backup.previous import sealed_before
from chalicelib.backup.run import Run
from chalicelib.backup.slices import state_before
from chalicelib.backup.versions import VERSION
from chalicelib.connectors.connector import Content, Parent
from chalicelib.errors import MissingObjectError

NAME, KEY, SUFFIX = "files.json", "key", ".content"
MOST_LANES = 100
FIRST_BATCHES, FIRST_SIZE, SIZE = 20, 50, 1_000
AT_ONCE = 256


class File(msgspec.Struct, frozen=True):
    """One content to copy: what tells it apart, and a record it is behind; `mend` where its copy is damaged."""

    fingerprint: str
    line: Raw
    mend: bool = False


class Batch(msgspec.Struct, frozen=True):
    """The name of some contents to copy."""

    stream: str
    batch: str


class Batches(msgspec.Struct, frozen=True):
    """All batches of a job."""

    batches: list[Batch]
    version: int = VERSION


def content_stream(stream: str) -> str:
    """Name the stream that keeps what was copied for another one."""
    return f"{stream}{SUFFIX}"


def content_of(stream: str) -> str:
    """Name the stream whose files' contents `stream` keeps."""
    return stream.removesuffix(SUFFIX)


def make(run: Run, means: Means) -> list[Batch]:
    """Give the batches to copy, listing their contents unless a first attempt has."""
    try:
        return load(run, means)
    except MissingObjectError:
        return _keep(_planned(run, means), run, means)


def lanes(batches: Sequence[Batch]) -> list[Lane]:
    """Deal batches out to lanes: one each, and evenly where there are more than an execution's state should list."""
    names = [(content_stream(batch.stream), batch.batch) for batch in batches]
    count = min(len(names), MOST_LANES)
    return [tuple(names[number::count]) for number in range(count)]


def load(run: Run, means: Means) -> list[Batch]:
    """Read which batches there are; raises MissingObjectError before they are planned."""
    body = means.temp.get(run.workspace(NAME))
    if body.startswith(b"["):
        return msgspec.json.decode(body, type=list[Batch])
    return versions.decode(body, Batches, "the list of files").batches


def files_of(run: Run, batch: Batch, means: Means) -> list[File]:
    """Read a batch."""
    return msgspec.json.decode(means.temp.get(_key(run, batch)), type=list[File])


def _keep(batches: list[Batch], run: Run, means: Means) -> list[Batch]:
    body = msgspec.json.encode(Batches(batches))
    kept = means.temp.put_once(run.workspace(NAME), body, sha256=sha256(body).hexdigest())
    return batches if kept else load(run, means)


def _planned(run: Run, means: Means) -> list[Batch]:
    plan, connector = planning.load(run, means), means.connector(run.platform)
    sealed = sealed_before(run, plan.previous, means.data)
    covered = last_covered(run, plan.previous.snapshot if plan.previous else None).covered
    batches: list[Batch] = []
    for name, stream in plan.streams.items():
        content = connector.stream(name).content
        if content is not None and stream.refusal is None:
            damaged = frozenset(covered.damaged_of(content_stream(name)))
            files = _missing(run, means, plan, name, content, sealed.manifest if sealed else None, damaged)
            doubles = Doubles()
            batches += _written(run, means, name, (one for one in files if doubles.is_first(one.fingerprint, one.line)))
            doubles.keep(run, name, means.temp)
    return batches


def _missing(
    run: Run,
    means: Means,
    plan: Plan,
    stream: str,
    content: Content,
    manifest: Manifest | None,
    damaged: AbstractSet[str],
) -> Iterator[File]:
    """List the contents behind live records that are not in the state of the contents, or are damaged there."""
    with ExitStack() as until_listed:
        records = until_listed.enter_context(closing(Found()))
        for fragment in fragments_of(run, stream, checkpoints.of_job(run).values(), means.temp):
            records.add(fragment)
        before = until_listed.enter_context(state_before(run, means, manifest, stream))
        copied = until_listed.enter_context(state_before(run, means, manifest, content_stream(stream)))
        wanted = Parents(
            data=means.data,
            root=root_of(run),
            found=records,
            before=None if _was_copied(manifest, stream) and not damaged else before,
            listed=plan.streams[stream].mode == "full",
        ).after(0)
        while some := list(islice(wanted, AT_ONCE)):
            files = [file for file in (_file(content, one, damaged) for one in some) if file is not None]
            known = copied.known([file.fingerprint for file in files]) if copied else {}
            yield from (file for file in files if file.mend or file.fingerprint not in known)


def _was_copied(manifest: Manifest | None, stream: str) -> bool:
    """Tell whether the previous snapshot has all contents, so that only changed records can have new ones."""
    kept = manifest.streams.get(content_stream(stream)) if manifest else None
    return kept is not None and kept.status == "complete" and not kept.skipped


def _file(content: Content, record: Parent, damaged: AbstractSet[str]) -> File | None:
    fingerprint = content.fingerprint(record.line)
    return File(fingerprint, Raw(record.line), fingerprint in damaged) if fingerprint is not None else None


def _written(run: Run, means: Means, stream: str, files: Iterator[File]) -> Iterator[Batch]:
    """Write files in batches: small ones first, so that few files are copied side by side, too."""
    number = 0
    while some := list(islice(files, FIRST_SIZE if number < FIRST_BATCHES else SIZE)):
        batch = Batch(stream, f"{number:05d}")
        means.temp.put(_key(run, batch), msgspec.json.encode(some))
        yield batch
        number += 1


def _key(run: Run, batch: Batch) -> str:
    return run.workspace(quote(batch.stream, safe=""), f"files-{batch.batch}.json")
