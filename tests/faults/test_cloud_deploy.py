"""F56: a deployment in the middle of a run goes on from what the version before had kept, or leaves it alone."""

import json
from typing import Any

import boto3
import msgspec
import pytest

from chalicelib.archive.fragments import decode_fragment, encode_fragment
from chalicelib.backup.versions import VERSION
from chalicelib.errors import FatalError, RetryableError
from chalicelib.store.checkpoints import Checkpoint
from chalicelib.store.jobs import Job
from chalicelib.store.sources import Source
from processors import runtime
from tests.backup.lambdas import call
from tests.backup.reading import kept, snapshot_of
from tests.backup.world import deploy
from tests.faults.halfway import GOLDEN, PROCESSOR, STAGES, Event, bucket_of, put_back
from tests.faults.recorded import FILES, LINKS, Recorded, recorded

READABLE = [str(version) for version in range(VERSION - 1, VERSION + 1)]
LATER = VERSION + 1


@pytest.fixture
def vendor(running_aws: str) -> Any:
    """The vendor of the recorded jobs, and a deployment without any."""
    deploy()
    runtime.means.cache_clear()
    with recorded() as found:
        yield found


def finished(event: Event) -> Job:
    """Run a job on to its end, as the state machine does."""
    for plan, step in (("plan", "ReadStream"), ("plan-files", "CopyFiles")):
        while not (planned := call(f"listbackup-test-{plan}", event))["done"]:
            for lane in planned["lanes"]:
                call(PROCESSOR, event | lane | {"step": step})
    for step in ("seal", "verify", "close"):
        call(f"listbackup-test-{step}", event)
    job = Job.fetch(account_id=event["account_id"], job_id=event["job_id"])
    assert job is not None
    return job


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("version", READABLE)
def test_f56_a_job_that_the_version_before_began_is_gone_on_with_to_a_verified_snapshot(
    vendor: Recorded, version: str, stage: str
) -> None:
    job = finished(put_back(version, stage, vendor.url))

    source = Source.fetch(account_id=job.account_id, source_id=job.source_id)
    assert (job.status, job.error) == ("completed", None)
    assert snapshot_of(job).verified
    assert source is not None
    assert kept(job, "payment_links") == {link["id"]: json.dumps(link).encode() for link in LINKS}
    assert kept(job, "files").keys() == {file["id"] for file in FILES}
    assert kept(job, "files.content").keys() == {file["id"] for file in FILES}
    assert source.active_job_id is None


@pytest.mark.parametrize("version", READABLE)
def test_f56_no_page_that_the_version_before_had_read_is_asked_for_again(vendor: Recorded, version: str) -> None:
    finished(put_back(version, "reading", vendor.url))

    lists = [path for path in vendor.asked if "/contents" not in path]
    assert [path.partition("starting_after=")[2] for path in lists] == ["plink_099", "plink_199"]


@pytest.mark.parametrize("version", READABLE)
def test_f56_no_file_that_the_version_before_had_copied_is_copied_again(vendor: Recorded, version: str) -> None:
    finished(put_back(version, "copying", vendor.url))

    assert len(vendor.asked) == len(FILES) - 1
    assert all(path.endswith("/contents") for path in vendor.asked)


def test_f56_golden_files_of_this_version_are_there() -> None:
    """Written by `python -m tests.faults.halfway`; those of the version before stay."""
    assert {path.name for path in GOLDEN.iterdir()} >= set(READABLE)


@pytest.mark.parametrize("name", ["plan.json", "files.json"])
def test_f56_what_a_later_version_has_kept_is_left_to_that_version(vendor: Recorded, name: str) -> None:
    event = put_back(str(VERSION), "copying", vendor.url)
    rewrite(event, name, version=LATER, streams="told otherwise", batches="told otherwise")

    with pytest.raises(RetryableError, match=f"is of version {LATER}, this worker knows {VERSION}"):
        call("listbackup-test-plan-files" if name == "files.json" else "listbackup-test-plan", event)


def test_f56_a_slice_that_a_later_version_has_read_on_is_left_to_that_version(vendor: Recorded) -> None:
    event = put_back(str(VERSION), "reading", vendor.url)
    checkpoint = checkpoint_of(event)
    checkpoint.update(actions=[Checkpoint.schema.set(LATER)])

    with pytest.raises(RetryableError, match=f"is of version {LATER}"):
        call(PROCESSOR, event | {"step": "ReadStream", "level": 0, "lane": 0})

    assert vendor.asked == []
    assert checkpoint_of(event).version == checkpoint.version


def test_f56_a_fragment_of_a_later_version_is_never_misread(vendor: Recorded) -> None:
    event = put_back(str(VERSION), "copying", vendor.url)
    s3, bucket = boto3.client("s3"), bucket_of("temp")
    (key,) = [
        entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"] if "/payment_links/" in entry["Key"]
    ]
    fragment = decode_fragment(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    s3.put_object(Bucket=bucket, Key=key, Body=encode_fragment(msgspec.structs.replace(fragment, version=99)))

    with pytest.raises(FatalError, match="version 99"):
        call("listbackup-test-seal", event)


def test_f56_a_plan_that_is_no_plan_is_told_as_such(vendor: Recorded) -> None:
    event = put_back(str(VERSION), "reading", vendor.url)
    rewrite(event, "plan.json", streams=7)

    with pytest.raises(FatalError, match="the plan of this job cannot be read"):
        call("listbackup-test-plan", event)


def rewrite(event: Event, name: str, **fields: Any) -> None:
    s3, key = boto3.client("s3"), f"jobs/{event['account_id']}/{event['job_id']}/{name}"
    found = json.loads(s3.get_object(Bucket=bucket_of("temp"), Key=key)["Body"].read())
    s3.put_object(Bucket=bucket_of("temp"), Key=key, Body=json.dumps(found | fields).encode())


def checkpoint_of(event: Event) -> Checkpoint:
    found = Checkpoint.fetch(account_id=event["account_id"], job_id=event["job_id"], stream="payment_links", slice="00")
    assert found is not None
    return found
