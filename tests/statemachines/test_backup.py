"""The state machine's own file, executed by moto, with the real handlers and the sandbox's vendors."""

import json
from datetime import UTC, datetime
from hashlib import sha256

import boto3

from chalicelib.config import settings
from chalicelib.store.beginnings import begin_job, new_job
from tests.backup.reading import kept, snapshot_of
from tests.backup.world import World


def test_a_first_backup_keeps_what_the_vendor_has(world: World) -> None:
    world.choose("customers", "invoices", "invoice_lines")

    job = world.sync()

    assert (job.status, job.error) == ("completed", None)
    assert snapshot_of(job).verified
    for stream, collection in {"customers": "customers", "invoices": "invoices"}.items():
        assert kept(job, stream) == world.vendor.records(collection)
    assert world.source().active_job_id is None
    assert world.source().last_snapshot_id == job.snapshot_id


def test_files_are_copied_once_per_content_and_kept_under_their_hash(world: World) -> None:
    world.choose("files")

    first, second = world.sync(), world.sync("full")

    copied = [json.loads(line) for line in kept(first, "files.content").values()]
    assert (first.status, second.status) == ("completed", "completed")
    assert len(copied) == len(world.vendor.records("files")) > 0
    for one in copied:
        body = boto3.client("s3").get_object(Bucket=settings().data_bucket, Key=one["blob"])["Body"].read()
        assert (sha256(body).hexdigest(), len(body)) == (one["sha256"], one["size_bytes"])
        assert one["blob"] == f"accounts/{world.account_id}/blobs/{one['sha256'][:2]}/{one['sha256']}"
    downloads = [request for request in world.vendor.asked() if request["path"].endswith("/contents")]
    assert len(downloads) == len(copied)


def test_a_job_whose_connection_needs_its_owner_fails_and_frees_its_source(world: World) -> None:
    world.vendor.post("revoke", {})

    job = world.sync()

    assert [job.status, world.source().active_job_id] == ["failed", None]
    assert job.error["type"] == "ReauthorizeError"
    assert world.executions().status(job.job_id) == "FAILED"


def test_a_second_job_cannot_begin_while_one_runs(world: World) -> None:
    world.choose("coupons")
    first = world.request()
    source, now = world.source(), datetime.now(UTC)

    assert not begin_job(new_job(source, queue="sync", now=now), source, now=now)

    world.start(first)
    assert world.finished(first).status == "completed"
    assert world.sync().status == "completed"
