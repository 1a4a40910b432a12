"""Reading snapshots back, the way anybody can who has the objects: manifest, chain of indexes, lines."""

import tempfile
from pathlib import Path

import boto3

from chalicelib.archive.cache import IndexCache
from chalicelib.archive.layout import source_root
from chalicelib.archive.lines import strip
from chalicelib.archive.manifest import Manifest, decode_manifest
from chalicelib.archive.records import read_records
from chalicelib.archive.state import State
from chalicelib.aws.objects import S3Objects
from chalicelib.config import settings
from chalicelib.store.jobs import Job
from chalicelib.store.snapshots import Snapshot


def snapshot_of(job: Job) -> Snapshot:
    """Give the list entry of the snapshot that a job made."""
    found = Snapshot.fetch(account_id=job.account_id, source_id=job.source_id, snapshot_id=job.snapshot_id)
    assert found is not None, f"{job.status}: {job.error}"
    return found


def manifest_of(job: Job) -> Manifest:
    key = source_root(job.account_id, job.source_id) + snapshot_of(job).manifest
    return decode_manifest(_data().get(key)).manifest


def kept(job: Job, stream: str) -> dict[str, bytes]:
    """Give the vendor's bytes of every live record of a stream as of a job's snapshot, by key."""
    manifest, root, data = manifest_of(job), source_root(job.account_id, job.source_id), _data()
    state_of = manifest.streams[stream]
    with tempfile.TemporaryDirectory() as directory:
        state = State.open(data, IndexCache(Path(directory)), root, state_of.chain)
        lines = {found.version.key: found.line for found in read_records(data, root, list(state.scan()))}
        state.close()
    if state_of.children_of is None or state_of.children_keyed:
        return lines
    return {key: strip(line)[1] for key, line in lines.items()}


def _data() -> S3Objects:
    return S3Objects(boto3.client("s3"), settings().data_bucket)
