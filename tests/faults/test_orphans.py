"""F2: what a killed worker stored and never noted, where the vendor's data is other data when it is read again."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
import zstandard

from chalicelib.config import settings
from chalicelib.store.jobs import Job
from tests.backup.reading import manifest_of
from tests.faults.conftest import Mortal
from tests.faults.lambdas import Ended, Machine
from tests.faults.test_cloud_parts import LINKS, parts_of, stored, with_large_pages
from tests.faults.test_kills import the_snapshot_is_the_vendors
from tests.faults.test_lost_answers import First

OTHER = {"text": "y" * 180_000}
FIRST, SECOND, THIRD = (f"part-00-{number:05d}.jsonl.zst" for number in (1, 2, 3))
BY_NAME = ("metadata.json", "checksums.txt", "index.sqlite.zst")
"""The objects of a snapshot that refer to parts."""


@dataclass
class Bereft:
    """Calls a worker; once it is killed, `left` is all that is stored, and the vendor's data changes."""

    mortal: Mortal
    change: Callable[[dict[str, bytes]], None]
    left: dict[str, bytes] = field(default_factory=dict)

    def call(self, name: str, event: dict[str, Any]) -> Ended:
        ended = self.mortal.worker.call(name, event)
        if "killed" in ended:
            assert not self.left, "one kill is enough"
            self.left = objects()
            self.change(self.left)
        return ended


def objects() -> dict[str, bytes]:
    """Give all objects of the archive and of the jobs' workspaces by key."""
    s3, found = boto3.client("s3"), {}
    for bucket in (settings().data_bucket, settings().temp_bucket):
        for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
            found[entry["Key"]] = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
    return found


def named(name: str, among: dict[str, bytes]) -> bytes:
    (found,) = (body for key, body in among.items() if key.endswith(f"/{name}"))
    return found


def unpacked(body: bytes) -> bytes:
    return zstandard.ZstdDecompressor().stream_reader(body, read_across_frames=True).read()


def keys_in(part: bytes) -> list[str]:
    return [json.loads(line)["id"] for line in unpacked(part).splitlines()]


def referring_to(part: str, job: Job) -> list[str]:
    """List the objects of a job's snapshot that name a part."""
    bodies = {name: named(name, of_snapshot(job)) for name in BY_NAME}
    bodies["index.sqlite.zst"] = unpacked(bodies["index.sqlite.zst"])
    return [name for name, body in bodies.items() if part.encode() in body]


def of_snapshot(job: Job) -> dict[str, bytes]:
    return {key: body for key, body in objects().items() if f"/{job.snapshot_id}/" in key}


@pytest.mark.parametrize("last", [SECOND, "00002.fragment"])
def test_f2_a_part_stored_but_not_noted_is_let_be_where_the_vendor_has_other_data_by_then(
    mortal: Mortal, last: str
) -> None:
    def change(left: dict[str, bytes]) -> None:
        gone, *changed = keys_in(named(SECOND, left))
        mortal.world.vendor.change(LINKS, changed[::2], metadata=OTHER)
        mortal.world.vendor.delete(LINKS, [gone])

    job, bereft = with_large_pages(mortal), Bereft(mortal, change)
    mortal.aws.strike = First("PUT", last)

    Machine(bereft.call).run(job)

    assert named(SECOND, of_snapshot(job)) == named(SECOND, bereft.left), "nobody writes over the orphan"
    assert parts_of(job)[:2] == [FIRST, THIRD], "the repeat's part has the next free number"
    assert stored(job) == sorted([SECOND, *parts_of(job)])
    assert referring_to(THIRD, job) == referring_to(FIRST, job) == list(BY_NAME)
    assert referring_to(SECOND, job) == []
    the_snapshot_is_the_vendors(mortal.world, job, LINKS)


def test_f2_a_fragment_stored_but_not_noted_is_let_be_where_the_vendor_has_other_data_by_then(mortal: Mortal) -> None:
    mortal.world.choose(LINKS)
    mortal.world.vendor.create(LINKS, 3)
    mortal.machine().run(mortal.world.request())
    key, *_ = mortal.world.vendor.records(LINKS)
    job = mortal.world.request(mode="full")
    bereft = Bereft(mortal, lambda _: mortal.world.vendor.change(LINKS, [key], metadata=OTHER))
    orphan = f"{job.job_id}/{LINKS}/00/00001.fragment"
    mortal.aws.strike = First("PUT", orphan)

    Machine(bereft.call).run(job)

    assert FIRST not in {key.rsplit("/", 1)[1] for key in bereft.left if job.snapshot_id in key}, "nothing was new"
    assert named(orphan, objects()) == named(orphan, bereft.left), "nobody writes over the orphan"
    assert parts_of(job) == [SECOND]
    assert (manifest_of(job).streams[LINKS].changed, manifest_of(job).streams[LINKS].added) == (1, 0)
    assert referring_to(FIRST, job) == []
    the_snapshot_is_the_vendors(mortal.world, job, LINKS)


def test_f2_the_children_of_records_in_an_orphan_alone_are_not_asked_for(mortal: Mortal) -> None:
    mortal.world.choose(LINKS, "payment_link_line_items")
    mortal.world.vendor.create(LINKS, 3)
    gone, *others = mortal.world.vendor.records(LINKS)
    before, job = len(mortal.world.vendor.asked()), mortal.world.request()
    bereft = Bereft(mortal, lambda _: mortal.world.vendor.delete(LINKS, [gone]))
    mortal.aws.strike = First("PUT", f"{LINKS}/00/00001.fragment")

    Machine(bereft.call).run(job)

    paths = [one["path"] for one in mortal.world.vendor.asked()[before:]]
    asked = {path.split("/")[-2] for path in paths if path.endswith("/line_items")}
    assert gone in keys_in(named(FIRST, bereft.left))
    assert asked == set(others)
    the_snapshot_is_the_vendors(mortal.world, job, LINKS)
