"""What a job does with the snapshot before it: builds on it where a seal wrote it, and on nothing where not."""

import boto3
import pytest

from chalicelib.archive.layout import source_root
from chalicelib.config import settings
from chalicelib.errors import DamagedObjectError
from chalicelib.store.jobs import Job
from tests.backup.lambdas import call
from tests.backup.reading import kept, manifest_of, snapshot_of
from tests.backup.world import World


def place(job: Job) -> str:
    return source_root(job.account_id, job.source_id) + snapshot_of(job).manifest


def replace(job: Job, old: bytes, new: bytes) -> None:
    """Write over a job's manifest, as somebody who has got hold of the bucket could."""
    s3, where = boto3.client("s3"), {"Bucket": settings().data_bucket, "Key": place(job)}
    body = s3.get_object(**where)["Body"].read()
    assert old in body
    s3.put_object(**where, Body=body.replace(old, new))


def test_i5_a_forged_manifest_is_not_built_on_and_everything_is_read_anew(world: World) -> None:
    world.choose("customers")
    first = world.sync()
    replace(first, b'"live": ', b'"live": 1')

    second = world.sync()

    manifest = manifest_of(second)
    assert second.status == "partial"
    assert [(it.what, it.detail) for it in manifest.anomalies] == [
        (
            "previous_refused",
            f"{place(first)} does not have the MAC of a manifest sealed there: restore the object's version",
        )
    ]
    assert (manifest.status, manifest.previous) == ("suspect", None)
    assert kept(second, "customers") == world.vendor.records("customers")


def test_i5_a_source_whose_newest_manifest_was_lost_or_forged_is_not_stuck(world: World) -> None:
    world.choose("customers")
    boto3.client("s3").delete_object(Bucket=settings().data_bucket, Key=place(world.sync()))
    second = world.sync()

    third = world.sync()

    assert (second.status, third.status) == ("partial", "completed")
    assert manifest_of(third).streams["customers"].added == 0
    previous = manifest_of(third).previous
    assert previous is not None
    assert previous.snapshot == second.snapshot_id


def test_i5_a_manifest_that_is_replaced_while_the_job_runs_is_not_built_on(world: World) -> None:
    world.choose("customers")
    first = world.sync()
    job = world.request()
    names = ("account_id", "job_id", "source_id", "connection_id", "snapshot_id", "platform")
    event = {name: getattr(job, name) for name in names}
    call("listbackup-test-authorize", event)
    call("listbackup-test-plan", event)

    replace(first, b'"live": ', b'"live": 1')

    with pytest.raises(DamagedObjectError, match="not what the job was planned on"):
        call("listbackup-test-plan-files", event)
