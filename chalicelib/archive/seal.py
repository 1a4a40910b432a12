"""Sealing: from a job's fragments to indexes, deletions files, checksums and, last of all, the manifest."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from chalicelib.archive.anomalies import anomalies_of
from chalicelib.archive.cache import IndexCache
from chalicelib.archive.deletions import deleted_keys
from chalicelib.archive.layout import CHECKSUMS, MANIFEST, source_root
from chalicelib.archive.macs import Macs, put_mac, read_genuine
from chalicelib.archive.manifest import (
    Anomaly,
    Manifest,
    Ref,
    Sealed,
    SkippedRef,
    SnapshotStatus,
    StreamManifest,
    contradictions,
    decode_manifest,
    encode_manifest,
    sum_up,
)
from chalicelib.archive.objects import Objects
from chalicelib.archive.owed import owed_by
from chalicelib.archive.parts import Body
from chalicelib.archive.publish import Publisher
from chalicelib.archive.seal_stream import Lost, SealedStream, Site, StreamInput, seal_stream
from chalicelib.errors import FatalError, MissingObjectError


@dataclass(frozen=True, slots=True)
class SealOrder:
    """What a job gathered, ready to be sealed. Among `streams` parents come before their children.

    `anomalies` are what the job itself met; those of the streams are found while sealing.
    """

    account: str
    source: str
    connection: str
    platform: str
    job: str
    snapshot: str
    directory: str
    taken_at: datetime
    streams: Sequence[StreamInput]
    previous: Sealed | None = None
    anomalies: Sequence[Anomaly] = ()

    @property
    def root(self) -> str:
        return source_root(self.account, self.source)

    @property
    def key(self) -> str:
        """Where the manifest will be, below the root."""
        return f"{self.directory}/{MANIFEST}"


def seal(
    order: SealOrder,
    *,
    objects: Objects,
    workspace: Objects,
    macs: Macs,
    cache: IndexCache,
    scratch: Path,
    now: datetime,
) -> Sealed:
    """Seal a snapshot, once: a repeat after any crash ends with the same manifest, and one already there is returned.

    `workspace` is the temp bucket; `scratch` a directory with room for the indexes of any one stream. Raises FatalError
    rather than write a manifest that does not add up, DamagedObjectError where another manifest than a sealed one is in
    its place.
    """
    place = order.root + order.key
    with suppress(MissingObjectError):
        return read_genuine(objects, macs, place)
    scratch.mkdir(parents=True, exist_ok=True)
    site = Site(objects, workspace, cache, scratch, order.root, order.directory, order.snapshot, order.taken_at)
    streams = _seal_streams(order, site)
    text = checksums_text(order.directory, streams)
    checksums = Publisher(objects, order.root).text(order.directory, CHECKSUMS, text)
    manifest = _state(order, streams, checksums, now)
    wrong = contradictions(manifest)
    if wrong:
        raise FatalError(f"the snapshot does not add up ({'; '.join(wrong)}): nothing was sealed; report this")
    body = put_mac(encode_manifest(manifest), place, macs)
    written = objects.put_once(place, body, sha256=sha256(body).hexdigest())
    return decode_manifest(body) if written else read_genuine(objects, macs, place)


def read_sealed(objects: Objects, root: str, key: str) -> Sealed | None:
    """Read a manifest; None where the snapshot is not sealed."""
    try:
        return decode_manifest(objects.get(root + key))
    except MissingObjectError:
        return None


def _seal_streams(order: SealOrder, site: Site) -> dict[str, StreamManifest]:
    before = order.previous.manifest.streams if order.previous else {}
    parents = {given.children_of for given in order.streams}
    streams: dict[str, StreamManifest] = {}
    deletions: dict[str, Body | None] = {}
    for given in order.streams:
        lost = deletions.get(given.children_of or "")
        unread = streams[given.children_of].skipped if given.children_of in streams else []
        stream = partial(_sealed, site, given, before.get(given.name), lost, unread)
        sealed = site.cache.with_room(stream, f"the index of {given.name}")
        streams[given.name] = sealed.manifest
        if given.name in parents:
            deletions[given.name] = sealed.deletions
    return {name: _carried(stream) for name, stream in before.items() if name not in streams} | streams


def _sealed(
    site: Site, given: StreamInput, before: StreamManifest | None, lost: Body | None, unread: Sequence[SkippedRef]
) -> SealedStream:
    """Seal one stream; nothing of it stays on the disk."""
    with TemporaryDirectory(dir=site.scratch) as own:
        return seal_stream(replace(site, scratch=Path(own)), given, before, Lost(deleted_keys(lost), unread))


def _carried(stream: StreamManifest) -> StreamManifest:
    """State a stream that the job was not to read: it is as it was, stays readable, and owes what it owed."""
    return StreamManifest(
        status="not_selected",
        reason="the source's settings leave this stream out",
        key_path=stream.key_path,
        cursor_path=stream.cursor_path,
        children_of=stream.children_of,
        children_keyed=stream.children_keyed,
        grouped=stream.grouped,
        since=stream.since,
        live=stream.live,
        previous_live=stream.live,
        skipped=owed_by(stream),
        chain=stream.chain,
    )


def checksums_text(directory: str, streams: Mapping[str, StreamManifest]) -> bytes:
    """Write the SHA-256 of every object of a snapshot as `sha256sum -c` reads it in the snapshot's directory."""
    refs = sorted((ref for stream in streams.values() for ref in stream.own_objects()), key=lambda ref: ref.key)
    return "".join(f"{ref.sha256}  {ref.key.removeprefix(f'{directory}/')}\n" for ref in refs).encode()


def _state(order: SealOrder, streams: dict[str, StreamManifest], checksums: Ref, now: datetime) -> Manifest:
    full = {given.name for given in order.streams if given.sweep == "all"}
    anew = {given.name for given in order.streams if given.asked_anew}
    found = [
        it
        for name, stream in streams.items()
        for it in anomalies_of(name, stream, listed=name in full, asked_anew=name in anew)
    ]
    anomalies = [*order.anomalies, *found]
    reasons = [reason for name, stream in streams.items() for reason in _reasons(name, stream)]
    return Manifest(
        snapshot=order.snapshot,
        directory=order.directory,
        job=order.job,
        account=order.account,
        source=order.source,
        connection=order.connection,
        platform=order.platform,
        taken_at=order.taken_at,
        sealed_at=now,
        status=_status(reasons, anomalies),
        reasons=reasons,
        anomalies=anomalies,
        previous=order.previous.as_previous() if order.previous else None,
        checksums=checksums,
        totals=sum_up(streams, checksums),
        streams=streams,
    )


def _reasons(name: str, stream: StreamManifest) -> list[str]:
    """Say why a stream keeps its snapshot from being complete."""
    reasons: list[str] = []
    if stream.status == "not_selected":
        return reasons
    if stream.status != "complete":
        reasons.append(f"{name} is {stream.status}" + (f": {stream.reason}" if stream.reason else ""))
    if stream.quarantined:
        reasons.append(f"{name}: {stream.quarantined} records have no usable key; they are kept in its quarantine")
    if left := [one for one in stream.skipped if one.there]:
        reasons.append(f"{name}: {len(left)} are there that could not be had ({left[0].reason})")
    return reasons


def _status(reasons: Sequence[str], anomalies: Sequence[Anomaly]) -> SnapshotStatus:
    if reasons:
        return "partial"
    return "suspect" if anomalies else "complete"
