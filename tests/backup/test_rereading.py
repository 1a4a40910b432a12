"""File contents are read again: new ones at once, old ones as they come round; damage is mended, or told till it is."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from chalicelib.archive.layout import source_root
from chalicelib.config import settings
from chalicelib.domain.rotation import CIRCLE
from chalicelib.errors import DamagedObjectError
from chalicelib.store.jobs import Job
from tests.backup.lambdas import call
from tests.backup.reading import kept, manifest_of, snapshot_of
from tests.backup.world import World

WAITED = timedelta(days=31)


@pytest.fixture
def source_of_files(world: World) -> World:
    """A source whose files are all kept, in a bucket that keeps versions, as a deployment's does."""
    boto3.client("s3").put_bucket_versioning(
        Bucket=settings().data_bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    world.choose("files")
    assert world.sync().status == "completed"
    return world


def contents(job: Job) -> list[dict[str, Any]]:
    return [json.loads(line) for line in kept(job, "files.content").values()]


def covered(job: Job) -> dict[str, Any]:
    return dict(snapshot_of(job).contents)


def damage(blob: str) -> None:
    boto3.client("s3").put_object(Bucket=settings().data_bucket, Key=blob, Body=b"rot", ChecksumAlgorithm="SHA256")


def body_of(blob: str) -> bytes:
    body: bytes = boto3.client("s3").get_object(Bucket=settings().data_bucket, Key=blob)["Body"].read()
    return body


def time_passes(world: World) -> None:
    """Let the newest snapshot be older than the time in which all contents come round."""
    snapshot_of(world.jobs[-1]).change(now=datetime.now(UTC), taken_at=datetime.now(UTC) - WAITED)


def test_what_a_snapshot_has_stored_is_read_again_at_once(source_of_files: World) -> None:
    (first,) = source_of_files.jobs

    sizes = [content["size_bytes"] for content in contents(first)]
    assert (covered(first)["objects"], covered(first)["size_bytes"]) == (len(sizes), sum(sizes))
    assert (covered(first)["unread"], covered(first)["damaged"]) == (0, [])


def test_old_contents_are_read_again_as_they_come_round(source_of_files: World) -> None:
    at_once = source_of_files.sync()
    time_passes(source_of_files)

    later = source_of_files.sync()

    assert covered(at_once)["objects"] == 0
    assert covered(later)["objects"] == len(contents(later)) > 0
    assert covered(later)["behind"] == 0


def test_f20_a_damaged_content_makes_the_snapshot_suspect_and_names_the_object(source_of_files: World) -> None:
    blob = contents(source_of_files.jobs[0])[0]["blob"]
    damage(blob)
    time_passes(source_of_files)

    job = source_of_files.sync()

    snapshot = snapshot_of(job)
    assert (job.status, snapshot.status, snapshot.verified) == ("partial", "suspect", False)
    assert snapshot.anomalies == [
        {
            "stream": "",
            "what": "damaged_content",
            "detail": f"{blob}: its bytes do not have the SHA-256 of its name",
        }
    ]
    assert source_of_files.source().last_snapshot_id == job.snapshot_id


@pytest.mark.parametrize("lost", [False, True], ids=["damaged", "lost"])
def test_f20_the_next_job_copies_a_damaged_content_anew_and_the_bucket_keeps_the_damaged_one(
    source_of_files: World, lost: bool
) -> None:
    blob, s3 = contents(source_of_files.jobs[0])[0]["blob"], boto3.client("s3")
    good = body_of(blob)
    damage(blob)
    if lost:
        s3.delete_object(Bucket=settings().data_bucket, Key=blob)
    time_passes(source_of_files)
    found = source_of_files.sync()

    mended = source_of_files.sync()

    assert (found.status, mended.status) == ("partial", "completed")
    assert body_of(blob) == good
    versions = s3.list_object_versions(Bucket=settings().data_bucket, Prefix=blob)["Versions"]
    assert len(versions) == 3
    assert snapshot_of(mended).verified
    assert covered(mended)["damaged"] == []
    stream = manifest_of(mended).streams["files.content"]
    assert (stream.added, stream.changed, stream.unchanged) == (0, 0, 1)


def test_f20_a_damaged_content_that_the_vendor_no_longer_has_is_told_until_its_object_is_restored(
    source_of_files: World,
) -> None:
    content, s3 = contents(source_of_files.jobs[0])[0], boto3.client("s3")
    (good,) = s3.list_object_versions(Bucket=settings().data_bucket, Prefix=content["blob"])["Versions"]
    damage(content["blob"])
    source_of_files.vendor.delete("files", list(source_of_files.vendor.records("files")))
    time_passes(source_of_files)

    found, again = source_of_files.sync(), source_of_files.sync()
    version = {"Bucket": settings().data_bucket, "Key": content["blob"], "VersionId": good["VersionId"]}
    s3.copy_object(Bucket=settings().data_bucket, Key=content["blob"], CopySource=version)
    restored = source_of_files.sync()

    assert [job.status for job in (found, again, restored)] == ["partial", "partial", "completed"]
    assert covered(again)["damaged"] == [["files.content", content["key"]]]


def test_f20_a_damaged_part_that_lists_contents_is_told_until_it_is_restored(source_of_files: World) -> None:
    (part,) = manifest_of(source_of_files.jobs[0]).streams["files.content"].parts
    key = source_root(source_of_files.account_id, source_of_files.source_id) + part.key
    good = body_of(key)
    time_passes(source_of_files)
    boto3.client("s3").put_object(Bucket=settings().data_bucket, Key=key, Body=bytes(len(good)))

    found, again = source_of_files.sync(), source_of_files.sync()
    boto3.client("s3").put_object(Bucket=settings().data_bucket, Key=key, Body=good)
    restored = source_of_files.sync()

    assert [job.status for job in (found, again, restored)] == ["partial", "partial", "completed"]
    assert all(key in anomaly["detail"] for anomaly in snapshot_of(again).anomalies)


def test_f5_damage_that_there_is_no_time_to_look_at_again_is_not_forgotten(source_of_files: World) -> None:
    content = contents(source_of_files.jobs[0])[0]
    damage(content["blob"])
    source_of_files.vendor.delete("files", list(source_of_files.vendor.records("files")))
    time_passes(source_of_files)
    source_of_files.sync()

    hurried = sealed(source_of_files)
    with pytest.raises(DamagedObjectError, match="no time to read it again"):
        call("listbackup-test-verify", hurried, seconds=60)

    assert covered(source_of_files.jobs[-1])["damaged"] == [["files.content", content["key"]]]


def sealed(world: World) -> dict[str, Any]:
    """Run a job up to its seal; give the event for its next step."""
    job = world.request()
    names = ("account_id", "job_id", "source_id", "connection_id", "snapshot_id", "platform")
    event = {name: getattr(job, name) for name in names}
    for step in ("authorize", "plan", "plan-files", "seal"):
        call(f"listbackup-test-{step}", event)
    return event


def test_f5_what_there_is_no_time_for_is_left_to_the_next_snapshots(source_of_files: World) -> None:
    first = source_of_files.jobs[0]
    time_passes(source_of_files)
    hurried = sealed(source_of_files)

    call("listbackup-test-verify", hurried, seconds=60)

    job = source_of_files.jobs[-1]
    assert snapshot_of(job).verified
    assert (covered(job)["objects"], covered(job)["width"] + covered(job)["behind"]) == (0, CIRCLE)
    call("listbackup-test-close", hurried)
    caught_up = covered(source_of_files.sync())
    assert (caught_up["objects"], caught_up["behind"]) == (len(contents(first)), 0)
