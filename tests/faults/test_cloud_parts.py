"""F2, F3: workers killed around a part of many, with the vendor's own count of what it was asked."""

from collections import Counter
from typing import Any

import boto3

from chalicelib.config import settings
from chalicelib.store.jobs import Job
from tests.backup.reading import manifest_of
from tests.faults.conftest import Mortal
from tests.faults.lambdas import Ended, Machine
from tests.faults.test_kills import the_snapshot_is_the_vendors
from tests.faults.test_lost_answers import First

LINKS, LINKS_PATH = "payment_links", "/v1/payment_links"
PAGES = 4
LARGE = {"text": "x" * 180_000}
"""A record of which a page of a hundred has the 16 MiB that close a part."""


def with_large_pages(mortal: Mortal) -> Job:
    mortal.world.choose(LINKS)
    mortal.world.vendor.create(LINKS, PAGES * 100, metadata=LARGE)
    return mortal.world.request()


def pages_asked(mortal: Mortal, before: int) -> Counter[str]:
    """How often each page was asked for since so many requests; Plan asks for the first one, too, for the time."""
    asked = [one["query"] for one in mortal.world.vendor.asked()[before:] if one["path"].endswith(LINKS_PATH)]
    return Counter(str(query) for query in asked)


def stored(job: Job) -> list[str]:
    found = boto3.client("s3").list_objects_v2(Bucket=settings().data_bucket)["Contents"]
    names = [entry["Key"].rsplit("/", 1)[1] for entry in found if f"/{job.snapshot_id}/{LINKS}/part-" in entry["Key"]]
    return sorted(names)


def parts_of(job: Job) -> list[str]:
    return sorted(part.key.rsplit("/", 1)[1] for part in manifest_of(job).streams[LINKS].parts)


def test_f2_a_part_stored_but_not_noted_is_read_again_once_and_is_in_the_snapshot_once(mortal: Mortal) -> None:
    job, before = with_large_pages(mortal), len(mortal.world.vendor.asked())
    mortal.aws.strike = First("PUT", "part-00-00002")

    mortal.machine().run(job)

    assert mortal.aws.strike.times == 1
    assert parts_of(job) == stored(job)
    assert len(set(parts_of(job))) == len(parts_of(job)) >= PAGES
    again = sum(times - 1 for query, times in pages_asked(mortal, before).items() if "starting_after" in query)
    assert 1 <= again <= 2, "the page of the part, and the one that was under way"
    the_snapshot_is_the_vendors(mortal.world, job, LINKS)


def test_f3_nothing_is_read_again_after_the_last_checkpoint_whenever_seal_is_killed(mortal: Mortal) -> None:
    job, before = with_large_pages(mortal), len(mortal.world.vendor.asked())
    asked: list[int] = []
    mortal.aws.strike = First("PUT", "metadata.json")

    def call(name: str, event: dict[str, Any]) -> Ended:
        if name.endswith("seal"):
            asked.append(len(mortal.world.vendor.asked()))
        return mortal.worker.call(name, event)

    Machine(call).run(job)

    assert len(asked) == 2, "sealed twice, for it was killed once"
    assert len(set(asked)) == 1
    assert [times for query, times in pages_asked(mortal, before).items() if "starting_after" in query] == [1] * PAGES
    assert len(set(parts_of(job))) == len(parts_of(job)) >= PAGES
    the_snapshot_is_the_vendors(mortal.world, job, LINKS)
