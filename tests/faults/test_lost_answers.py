"""F16, F18, F20, F22: effects whose answers never came, and bytes that are not what they were."""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from chalicelib.archive.layout import source_root
from chalicelib.config import settings
from chalicelib.store.connections import Connection
from chalicelib.store.jobs import Job
from tests.backup.lambdas import call
from tests.backup.reading import kept, manifest_of, snapshot_of
from tests.backup.world import World
from tests.faults.conftest import Mortal
from tests.faults.lambdas import Ended, Machine
from tests.faults.test_kills import the_snapshot_is_the_vendors

LINKS = "payment_links"


class First:
    """Says yes to the first call of a kind, once."""

    def __init__(self, method: str, part: str) -> None:
        self._method, self._part, self.times = method, part, 0

    def __call__(self, method: str, what: str) -> bool:
        matches = self.times == 0 and method == self._method and self._part in what
        self.times += matches
        return matches


def test_f18_a_part_whose_answer_from_s3_was_lost_is_stored_once(mortal: Mortal) -> None:
    mortal.world.choose(LINKS)
    mortal.aws.lose = First("PUT", "part-00-00001")
    job = mortal.world.request()

    mortal.machine().run(job)

    assert mortal.aws.lose.times == 1
    assert [part.key.rsplit("/", 1)[1] for part in manifest_of(job).streams[LINKS].parts] == ["part-00-00001.jsonl.zst"]
    the_snapshot_is_the_vendors(mortal.world, job, LINKS)


def test_f16_a_checkpoint_whose_answer_was_lost_is_gone_on_from(mortal: Mortal) -> None:
    mortal.world.choose(LINKS)
    updates = First("POST", "UpdateItem")
    mortal.aws.lose = lambda method, what: mortal.vendor.calls != [] and updates(method, what)
    job = mortal.world.request()

    mortal.machine().run(job)

    assert updates.times == 1
    the_snapshot_is_the_vendors(mortal.world, job, LINKS)


def test_f22_a_refresh_that_was_answered_but_never_stored_is_made_again(mortal_dropbox: Mortal) -> None:
    world = mortal_dropbox.world
    world.choose("shared_links")
    world.end_token()
    killed = First("POST", "/oauth2/token")
    mortal_dropbox.vendor.strike = killed
    job = world.request()

    Machine(patient(mortal_dropbox, world)).run(job)

    connection = connection_of(world)
    assert [killed.times, connection.status, connection.refresh_until] == [1, "active", None]
    the_snapshot_is_the_vendors(world, job)


def patient(mortal: Mortal, world: World) -> Any:
    """Call a worker; after a refusal for want of the refresh lease, as if the lease's time had passed."""

    def call_again(name: str, event: dict[str, Any]) -> Ended:
        ended = mortal.worker.call(name, event)
        if ended.get("error") == "RetryableError":
            ago = datetime.now(UTC) - timedelta(seconds=1)
            connection_of(world).update(actions=[Connection.refresh_until.set(ago)])
        return ended

    return call_again


def connection_of(world: World) -> Connection:
    found = Connection.fetch(account_id=world.account_id, connection_id=world.connection.connection_id)
    assert found is not None
    return found


def test_f20_f4_a_part_damaged_before_verify_is_found_and_the_next_run_builds_on_what_was_good(world: World) -> None:
    world.choose(LINKS)
    first, job = world.sync(), None
    world.vendor.create(LINKS, 5)
    job = world.request()

    status = Machine(lambda name, event: _with_damage(name, event, job)).run(job)
    mended = world.sync()

    assert (status, snapshot_of(job).verified, snapshot_of(job).status) == ("partial", False, "suspect")
    previous = manifest_of(mended).previous
    assert previous is not None
    assert previous.snapshot == first.snapshot_id
    assert mended.status == "completed", manifest_of(mended).reasons
    assert kept(mended, LINKS) == world.vendor.records(LINKS)


def _with_damage(name: str, event: dict[str, Any], job: Job) -> Ended:
    if not name.endswith("verify"):
        return {"result": call(name, event)}
    part = manifest_of(job).streams[LINKS].parts[0]
    key = source_root(job.account_id, job.source_id) + part.key
    boto3.client("s3").put_object(Bucket=settings().data_bucket, Key=key, Body=b"\0" * part.size_bytes)
    try:
        call(name, event)
    except Exception as failed:  # noqa: BLE001  as the state machine catches it
        cause = {"Error": type(failed).__name__, "Cause": str(failed)}
        return {"result": call("listbackup-test-close", event | {"failure": cause})}
    raise AssertionError("verify found nothing")
