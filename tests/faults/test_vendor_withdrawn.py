"""Streams that a vendor no longer shows: what was chosen is told to be missing, and never left out without a word."""

import pytest
import requests

from tests.backup.reading import kept, manifest_of
from tests.backup.world import World, new_world

CONTACTS, PETS, OF_PETS = "contacts", "custom_2-3453932", "associations_custom_2-3453932_to_contacts"
SCHEMAS = "/crm-object-schemas/v3/schemas"
NEVER = "custom_2-1"


@pytest.fixture
def hubspot(running_aws: str) -> World:
    """One HubSpot account with a type of its own."""
    return new_world(running_aws, "hubspot")


def test_a_chosen_type_that_may_not_be_asked_for_is_told_as_forbidden_and_stays(hubspot: World) -> None:
    hubspot.choose(CONTACTS, OF_PETS)
    first = hubspot.sync()
    hubspot.vendor.fault("status", path=SCHEMAS, status=403, times=0)

    job = hubspot.sync()

    streams = manifest_of(job).streams
    assert (first.status, job.status) == ("completed", "partial")
    assert [streams[name].status for name in (CONTACTS, PETS, OF_PETS)] == ["complete", "forbidden", "forbidden"]
    assert "may not be asked" in (streams[PETS].reason or "")
    assert kept(job, PETS) == kept(first, PETS)
    assert streams[PETS].since == manifest_of(first).streams[PETS].since


def test_what_was_not_seen_meanwhile_is_read_once_it_may_be_again(hubspot: World) -> None:
    hubspot.choose(PETS)
    hubspot.sync()
    hubspot.vendor.fault("status", path=SCHEMAS, status=403, times=0)
    hubspot.vendor.create("pets", 3)
    hubspot.sync()
    hubspot.vendor.forget_faults()
    hubspot.vendor.advance(60)

    job = hubspot.sync()

    assert job.status == "completed"
    assert kept(job, PETS) == hubspot.vendor.records("pets")


@pytest.mark.parametrize(("asked_for", "told"), [(True, "failed"), (False, "forbidden")])
def test_a_first_backup_of_a_chosen_type_that_is_not_there_is_not_green(
    hubspot: World, asked_for: bool, told: str
) -> None:
    hubspot.choose(NEVER)
    if not asked_for:
        hubspot.vendor.fault("status", path=SCHEMAS, status=403, times=0)

    job = hubspot.sync()

    assert job.status == "partial"
    assert {name: one.status for name, one in manifest_of(job).streams.items()} == {NEVER: told}


def delete_type(hubspot: World) -> None:
    """Delete the account's own type, which HubSpot lets one do once its objects are."""
    hubspot.vendor.delete("pets", sorted(hubspot.vendor.records("pets")))
    answer = requests.delete(
        f"{hubspot.vendor.url}/api.hubapi.com{SCHEMAS}/2-3453932",
        headers={"Authorization": f"Bearer {hubspot.vendor.token()['access_token']}"},
        timeout=30,
    )
    assert answer.ok, answer.text


def test_a_type_that_is_deleted_is_gone_with_its_records_and_their_children(running_aws: str) -> None:
    hubspot = new_world(running_aws, "hubspot", pets=20)
    hubspot.choose(CONTACTS, OF_PETS)
    hubspot.sync()
    delete_type(hubspot)

    gone, after = hubspot.sync(), hubspot.sync()

    for job in (gone, after):
        assert [manifest_of(job).streams[name].status for name in (PETS, OF_PETS)] == ["complete", "complete"]
        assert (kept(job, PETS), kept(job, OF_PETS)) == ({}, {})
    assert (PETS, "emptied") in [(it.stream, it.what) for it in manifest_of(gone).anomalies]
    assert manifest_of(after).anomalies == []
