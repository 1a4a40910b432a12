"""What became of each stream of a job: decided from its plan and its slices' checkpoints."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from chalicelib.archive.layout import fragment_key
from chalicelib.archive.manifest import SkippedRef, StreamManifest, StreamStatus
from chalicelib.archive.owed import Settled
from chalicelib.archive.seal_stream import StreamInput
from chalicelib.archive.settle import Sweep
from chalicelib.backup.plan import Before, Refusal, StreamPlan
from chalicelib.backup.previous import Since
from chalicelib.backup.run import Run
from chalicelib.connectors.connector import Stream
from chalicelib.store.checkpoints import Checkpoint

UNFINISHED = "reading stopped before its end"


@dataclass(frozen=True, slots=True)
class Slices:
    """A stream's slices at the end of a job: their checkpoints (None: never begun)."""

    checkpoints: Sequence[Checkpoint | None]

    @property
    def complete(self) -> bool:
        return all(one is not None and _outcome(one, "status") == "complete" for one in self.checkpoints)

    @property
    def listed_all(self) -> bool:
        """Tell whether an incremental reading has turned into a full one, and ended as such."""
        return self.complete and all(_outcome(one, "listed") == "all" for one in self.begun())

    def begun(self) -> list[Checkpoint]:
        return [one for one in self.checkpoints if one is not None]

    def status(self) -> StreamStatus:
        """Tell how far the slices came together."""
        if self.complete:
            return "complete"
        if any(one.parts for one in self.begun()):
            return "partial"
        if any(_outcome(one, "status") == "forbidden" for one in self.begun()):
            return "forbidden"
        return "failed" if self.begun() else "not_started"

    def reason(self) -> str | None:
        """Tell why the slices are not complete: what ended the first of those that are not."""
        if self.complete:
            return None
        told = [_outcome(one, "reason") for one in self.begun()]
        return next((one for one in told if one), UNFINISHED)

    def since(self) -> Any:  # noqa: ANN401  the vendor's position
        """Give where the next incremental reading starts: what the last slice that says so says."""
        return next((one.since for one in reversed(self.begun()) if one.since is not None), None)

    def fragments(self, run: Run, stream: str) -> list[str]:
        """Name the fragments, slice after slice and in the order of their parts."""
        return [
            fragment_key(run.account_id, run.job_id, stream, one.slice, part["number"])
            for one in self.begun()
            for part in one.parts
        ]

    def skipped(self) -> list[SkippedRef]:
        return [SkippedRef(*entry[:3]) for one in self.begun() for entry in one.skipped]

    def left_out(self) -> bool:
        """Tell whether all that is under some parent or group was skipped."""
        return any(entry[3:] == [True] for one in self.begun() for entry in one.skipped)

    def quarantined(self) -> bool:
        """Tell whether there were records whose keys nobody knows."""
        return any(part.get("quarantined") for one in self.begun() for part in one.parts)


def _outcome(checkpoint: Checkpoint, name: str) -> str | None:
    found: Mapping[str, str] = checkpoint.outcome or {}
    return found.get(name)


def stream_input(
    run: Run,
    plan: StreamPlan,
    stream: Stream,
    slices: Slices,
    parent: StreamInput | None,
    before: Before | None,
    until: datetime,
) -> StreamInput:
    """State what a job knows of one stream, and how the snapshot `before` left it.

    `parent` is what it knows of the stream whose children this one's are.
    """
    status, reason = slices.status(), slices.reason()
    if plan.refusal is not None:
        status, reason = plan.refusal.status, plan.refusal.reason
    if status == "complete" and plan.parents != "none" and parent is not None and parent.status != "complete":
        status, reason = "partial", f"{parent.name}, whose children these are, is {parent.status}"
    whole = (plan.mode == "full" or slices.listed_all) and status == "complete"
    rekeyed = _rekeyed(plan, before)
    sweep = sweep_of(plan, stream, slices, whole=whole, rekeyed=rekeyed)
    swept = whole and (sweep != "none" or not stream.deletes.by_listing)
    swept_before = before.swept_at if before else None
    since = Since(
        slices.since(),
        read_at=until,
        swept_at=until if swept else swept_before,
        declared=before.declared if before and rekeyed and sweep != "all" else plan.declared,
    )
    return StreamInput(
        name=plan.name,
        status=status,
        reason=reason,
        key_path=stream.key,
        cursor_path=stream.cursor,
        children_of=stream.children.of if stream.children else None,
        children_keyed=stream.children.keyed if stream.children else False,
        grouped=stream.grouped,
        fragments=slices.fragments(run, plan.name),
        sweep=sweep,
        since=msgspec.to_builtins(since),
        skipped=slices.skipped(),
        settled=_settled(stream, whole=whole),
        by_parents=plan.parents != "none",
        asked_anew=_asked_anew(plan, before),
    )


def _settled(stream: Stream, *, whole: bool) -> Settled:
    """Say what of that which a stream owed has been listed again, whatever became of it now."""
    if not whole:
        return "none"
    return "all" if stream.deletes.listed_whole else "unnamed"


def missing_input(name: str, refusal: Refusal | None, before: StreamManifest | None, until: datetime) -> StreamInput:
    """State of a stream that is not there why it was not read, and stays as it was; or, without a refusal, is gone."""
    return StreamInput(
        name=name,
        status=refusal.status if refusal else "complete",
        reason=refusal.reason if refusal else None,
        key_path=before.key_path if before else "id",
        cursor_path=before.cursor_path if before else None,
        children_of=before.children_of if before else None,
        children_keyed=before.children_keyed if before else False,
        grouped=before.grouped if before else False,
        sweep="none" if refusal else "all",
        settled="none" if refusal else "all",
        since=None if refusal else msgspec.to_builtins(Since(read_at=until, swept_at=until)),
    )


def _asked_anew(plan: StreamPlan, before: Before | None) -> bool:
    """Tell whether the stream was read by another declaration, or with other scopes, than before."""
    kept = before.declared if before else None
    return kept is not None and plan.declared is not None and not kept.is_now(plan.declared)


def _rekeyed(plan: StreamPlan, before: Before | None) -> bool:
    """Tell whether what was kept before is under keys that are made otherwise."""
    kept = before.declared if before else None
    return kept is not None and plan.declared is not None and kept.keys != plan.declared.keys


def sweep_of(plan: StreamPlan, stream: Stream, slices: Slices, *, whole: bool, rekeyed: bool = False) -> Sweep:
    """Say what the reading shows to be gone without anybody's saying so; where it was `rekeyed`, all other keys.

    Of what was not looked into, and of what may be among the records whose keys nobody knows, it shows nothing.
    """
    if plan.refusal is not None or slices.quarantined() or not (stream.deletes.by_listing or rekeyed):
        return "none"
    if whole and not slices.left_out():
        return "all"
    if not stream.deletes.by_listing:
        return "none"
    return "none" if plan.parents == "none" else "parents"
