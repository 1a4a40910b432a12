"""Seal a job's snapshot: state what became of every stream, write the manifest, then list the snapshot."""

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from pynamodb.exceptions import PutError

from chalicelib.archive.layout import snapshot_directory
from chalicelib.archive.manifest import Anomaly, Manifest, Sealed, StreamManifest
from chalicelib.archive.seal import SealOrder, seal
from chalicelib.archive.seal_stream import StreamInput
from chalicelib.backup import checkpoints, files, planning
from chalicelib.backup.means import Means
from chalicelib.backup.outcome import Slices, stream_input
from chalicelib.backup.plan import Plan
from chalicelib.backup.previous import sealed_before, since_of
from chalicelib.backup.run import Run, SliceName
from chalicelib.ids import created_at
from chalicelib.store.checkpoints import Checkpoint
from chalicelib.store.snapshots import Snapshot
from chalicelib.telemetry import count

REFUSED = "previous_refused"

Found = Mapping[tuple[str, str], Checkpoint]


class Report(msgspec.Struct, frozen=True):
    """What the state machine tells of one lane or batch: nothing where its worker ended by itself."""

    slices: tuple[SliceName, ...] = ()
    stream: str | None = None
    batch: str | None = None
    error: str | None = None


class SealTask(Run, frozen=True, kw_only=True):
    """A run whose streams have all been read, as far as they could be."""

    reads: tuple[tuple[Report, ...], ...] = ()
    copies: tuple[Report, ...] = ()

    def errors(self) -> dict[str, list[str]]:
        """Give the errors that ended workers, by stream."""
        found: dict[str, list[str]] = defaultdict(list)
        for report in [*(one for level in self.reads for one in level), *self.copies]:
            streams = {one.stream for one in report.slices}
            if report.stream is not None:
                streams.add(files.content_stream(report.stream))
            for name in streams if report.error else ():
                found[name].append(f"its worker ended with {report.error}; see the job's execution")
        return found


def seal_snapshot(task: SealTask, means: Means) -> None:
    """Seal the snapshot, once; a repeat after any crash finds what the first has done.

    Raises CancelledError where the job has ended, FatalError where what was read does not add up.
    """
    checkpoints.running(task)
    sealed = seal(
        _order(task, means),
        objects=means.data,
        workspace=means.temp,
        macs=means.macs,
        cache=means.cache,
        scratch=Path(tempfile.gettempdir(), "seal"),
        now=means.clock.now(),
    )
    _list(task, sealed, means)


def _order(task: SealTask, means: Means) -> SealOrder:
    plan, taken_at = planning.load(task, means), created_at(task.snapshot_id)
    previous = sealed_before(task, plan.previous, means.data)
    return SealOrder(
        account=task.account_id,
        source=task.source_id,
        connection=task.connection_id,
        platform=task.platform,
        job=task.job_id,
        snapshot=task.snapshot_id,
        directory=snapshot_directory(taken_at, task.snapshot_id),
        taken_at=taken_at,
        streams=list(_inputs(task, means, plan, previous.manifest if previous else None)),
        previous=previous,
        anomalies=[Anomaly("", REFUSED, plan.refused)] if plan.refused else [],
    )


def _inputs(task: SealTask, means: Means, plan: Plan, before: Manifest | None) -> Iterator[StreamInput]:
    found, errors, connector = checkpoints.of_job(task), task.errors(), means.connector(task.platform)
    batches, inputs = files.load(task, means), dict[str, StreamInput]()
    for name, mine in plan.streams.items():
        stream = connector.stream(name)
        slices = Slices([found.get((name, one.name)) for one in mine.slices], errors.get(name, ()))
        parent = inputs.get(stream.children.of) if stream.children else None
        kept = before.streams.get(name) if before else None
        swept_before = since_of(kept.since).swept_at if kept else None
        inputs[name] = stream_input(task, mine, stream, slices, parent, swept_before, plan.until)
        yield inputs[name]
        if stream.content is not None:
            yield _contents(task, inputs[name], found, [one.batch for one in batches if one.stream == name], errors)


def _contents(
    run: Run, of: StreamInput, found: Found, batches: Sequence[str], errors: Mapping[str, Sequence[str]]
) -> StreamInput:
    """State what was copied of the files behind a stream; contents are never deleted."""
    name = files.content_stream(of.name)
    slices = Slices([found.get((name, batch)) for batch in batches], errors.get(name, ()))
    return StreamInput(
        name=name,
        status=slices.status() if of.status == "complete" else of.status,
        reason=slices.reason() or of.reason,
        key_path=files.KEY,
        fragments=slices.fragments(run, name),
        skipped=slices.skipped(),
    )


def _list(run: Run, sealed: Sealed, means: Means) -> None:
    """Write the snapshot's list entry; one that is there already is this very snapshot's."""
    try:
        Snapshot.new(now=means.clock.now(), **_fields(run, sealed)).create()
    except PutError as taken:
        if taken.cause_response_code != "ConditionalCheckFailedException":
            raise
        return
    unfinished = [one for one in sealed.manifest.streams.values() if one.status not in ("complete", "not_selected")]
    count("StreamsFailed", len(unfinished))


def _fields(run: Run, sealed: Sealed) -> dict[str, Any]:
    manifest = sealed.manifest
    return {
        "account_id": run.account_id,
        "source_id": run.source_id,
        "snapshot_id": run.snapshot_id,
        "job_id": run.job_id,
        "platform": run.platform,
        "status": manifest.status,
        "reasons": list(manifest.reasons),
        "anomalies": msgspec.to_builtins(manifest.anomalies),
        "taken_at": manifest.taken_at,
        "previous_id": manifest.previous.snapshot if manifest.previous else None,
        "manifest": manifest.key,
        "manifest_sha256": sealed.sha256,
        "records": manifest.totals.live,
        "stored_bytes": manifest.totals.stored_bytes,
        "streams": {name: _counts(stream) for name, stream in manifest.streams.items()},
    }


def _counts(stream: StreamManifest) -> dict[str, Any]:
    return {name: getattr(stream, name) for name in ("status", "live", "added", "changed", "deleted")}
