"""Seal a job's snapshot: state what became of every stream, write the manifest, then list the snapshot."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
from pynamodb.exceptions import PutError

from chalicelib.archive.layout import snapshot_directory
from chalicelib.archive.manifest import Anomaly, Manifest, Sealed
from chalicelib.archive.seal import SealOrder, seal
from chalicelib.archive.seal_stream import StreamInput
from chalicelib.backup import checkpoints, files, planning
from chalicelib.backup.means import Means
from chalicelib.backup.outcome import Slices, missing_input, stream_input
from chalicelib.backup.plan import Plan
from chalicelib.backup.previous import before as before_of
from chalicelib.backup.previous import sealed_before
from chalicelib.backup.run import Run
from chalicelib.ids import created_at
from chalicelib.store.checkpoints import Checkpoint
from chalicelib.store.snapshots import Snapshot
from chalicelib.telemetry import count

REFUSED = "previous_refused"

MOST_TOLD = 100
LONGEST_REASON = 500

Found = Mapping[tuple[str, str], Checkpoint]


def seal_snapshot(run: Run, means: Means) -> None:
    """Seal the snapshot, once; a repeat after any crash finds what the first has done.

    Raises CancelledError where the job has ended, FatalError where what was read does not add up.
    """
    checkpoints.running(run)
    sealed = seal(
        _order(run, means),
        objects=means.data,
        workspace=means.temp,
        macs=means.macs,
        cache=means.cache,
        scratch=Path(tempfile.gettempdir(), "seal"),
        now=means.clock.now(),
    )
    _list(run, sealed, means)


def _order(run: Run, means: Means) -> SealOrder:
    plan, taken_at = planning.load(run, means), created_at(run.snapshot_id)
    previous = sealed_before(run, plan.previous, means.data)
    return SealOrder(
        account=run.account_id,
        source=run.source_id,
        connection=run.connection_id,
        platform=run.platform,
        job=run.job_id,
        snapshot=run.snapshot_id,
        directory=snapshot_directory(taken_at, run.snapshot_id),
        taken_at=taken_at,
        streams=list(_inputs(run, means, plan, previous.manifest if previous else None)),
        previous=previous,
        anomalies=[Anomaly("", REFUSED, plan.refused)] if plan.refused else [],
    )


def _inputs(run: Run, means: Means, plan: Plan, before: Manifest | None) -> Iterator[StreamInput]:
    found, connector = checkpoints.of_job(run), means.connector(run.platform)
    batches, inputs = files.load(run, means), dict[str, StreamInput]()
    for name, mine in plan.streams.items():
        stream = connector.stream(name)
        slices = Slices([found.get((name, one.name)) for one in mine.slices])
        parent = inputs.get(stream.children.of) if stream.children else None
        left = before_of(before, name)
        inputs[name] = stream_input(run, mine, stream, slices, parent, left, plan.until)
        yield inputs[name]
        if stream.content is not None:
            yield _contents(run, inputs[name], found, [one.batch for one in batches if one.stream == name])
    kept = before.streams if before else {}
    for name, refusal in plan.missing.items():
        yield missing_input(name, refusal, kept.get(name), plan.until)
        if (contents := files.content_stream(name)) in kept:
            yield replace(missing_input(contents, refusal, kept[contents], plan.until), sweep="none")


def _contents(run: Run, of: StreamInput, found: Found, batches: Sequence[str]) -> StreamInput:
    """State what was copied of the files behind a stream; contents are never deleted."""
    name = files.content_stream(of.name)
    slices = Slices([found.get((name, batch)) for batch in batches])
    status = slices.status() if of.status == "complete" else of.status
    return StreamInput(
        name=name,
        status=status,
        reason=slices.reason() or of.reason,
        key_path=files.KEY,
        fragments=slices.fragments(run, name),
        skipped=slices.skipped(),
        settled="all" if status == "complete" else "none",  # each job tries all again that one before has skipped
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
        "reasons": first_of(manifest.reasons),
        "anomalies": msgspec.to_builtins(manifest.anomalies[:MOST_TOLD]),
        "taken_at": manifest.taken_at,
        "previous_id": manifest.previous.snapshot if manifest.previous else None,
        "manifest": manifest.key,
        "manifest_sha256": sealed.sha256,
        "records": manifest.totals.live,
        "stored_bytes": manifest.totals.stored_bytes,
    }


def first_of(reasons: Sequence[str]) -> list[str]:
    """Tell the first of many reasons, and how many more there are."""
    more = len(reasons) - MOST_TOLD
    short = [reason[:LONGEST_REASON] for reason in reasons[:MOST_TOLD]]
    return short if more <= 0 else [*short, f"{more} more reasons are in the manifest"]
