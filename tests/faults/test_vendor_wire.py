"""F47-F49: what comes over the wire that is no answer to what was asked, tried against the whole engine."""

import json
from collections.abc import Iterator

import boto3
import pytest

from chalicelib.config import settings
from tests.backup.reading import kept, manifest_of
from tests.backup.world import World
from tests.connectors.vendor import Vendor as Elsewhere

LINKS, COUPONS = "payment_links", "coupons"


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    """A host that is none of the vendor's, and remembers what it was asked."""
    host = Elsewhere()
    yield host
    host.close()


def notices() -> list[dict[str, str]]:
    """Read what was told on the event bus, off the queue it was led to."""
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="notices")["QueueUrl"]
    told = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"])["detail"] for message in told]


def listen() -> None:
    """Lead the vendor's notices from the bus to a queue."""
    events, sqs = boto3.client("events"), boto3.client("sqs")
    url = sqs.create_queue(QueueName="notices")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    bus, pattern = settings().event_bus, json.dumps({"detail-type": ["vendor.notice"]})
    events.put_rule(Name="notices", EventBusName=bus, EventPattern=pattern)
    events.put_targets(Rule="notices", EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])


@pytest.mark.parametrize(
    ("field", "text"), [("Sunset", "Wed, 01 Jul 2027 00:00:00 GMT"), ("Stripe-Version", "2027-01-01")]
)
def test_f47_what_a_vendor_announces_is_told_and_the_run_goes_on(world: World, field: str, text: str) -> None:
    listen()
    world.choose(LINKS)
    world.vendor.create(LINKS, 150)
    world.vendor.fault("header", path="/v1/payment_links", field=field, text=text, times=0)

    job = world.sync()

    told = notices()
    assert (job.status, {one["notice"].partition(text)[0] for one in told}) == (
        "completed",
        {f"/v1/payment_links: {field} "},
    )
    assert {(one["job_id"], one["platform"]) for one in told} == {(job.job_id, "stripe")}
    assert len({one["id"] for one in told}) == 1
    assert kept(job, LINKS) == world.vendor.records(LINKS)


def test_f48_an_answer_that_never_comes_is_asked_for_again(world: World) -> None:
    world.choose(LINKS)
    world.vendor.create(LINKS, 150)
    world.vendor.fault("timeout", path="/v1/payment_links", seconds=0.2, after=2)

    job = world.sync()

    assert job.status == "completed", manifest_of(job).reasons
    assert kept(job, LINKS) == world.vendor.records(LINKS)


def test_f49_a_redirect_to_another_host_is_not_followed_and_ends_its_stream_only(
    world: World, elsewhere: Elsewhere
) -> None:
    world.choose(LINKS, COUPONS)
    world.vendor.fault("redirect", path="/v1/payment_links", location=f"{elsewhere.url}/v1/payment_links", times=0)

    job = world.sync()

    streams = manifest_of(job).streams
    assert (job.status, streams[LINKS].status, streams[COUPONS].status) == ("partial", "failed", "complete")
    assert "redirect" in str(streams[LINKS].reason)
    assert elsewhere.asked == []
    assert kept(job, COUPONS) == world.vendor.records(COUPONS)
