"""What is backed up, how often, and now."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.store.beginnings import begin_job, new_job
from chalicelib.store.connections import Connection
from chalicelib.store.jobs import Job
from chalicelib.store.sources import Source
from tests.api.conftest import Someone, events_of


def kept(ada: Someone, source: dict[str, Any]) -> Source:
    found = Source.fetch(account_id=ada.account_id, source_id=source["sourceId"])
    assert found is not None
    return found


def test_a_source_is_created_together_with_its_first_backup(ada: Someone, source: dict[str, Any]) -> None:
    job = ada.http.get(f"/jobs/{source['activeJobId']}").json

    assert (source["status"], source["platform"]) == ("active", "stripe")
    assert (job["status"], job["queue"], job["requestedBy"]) == ("pending", "sync", ada.user_id)
    assert source["settings"] == {"streams": None, "intervalMinutes": 1440}
    assert source["nextSyncAt"] is not None


def test_a_source_of_chosen_streams_is_backed_up_only_when_asked(ada: Someone, connection_id: str) -> None:
    settings = {"streams": ["customers", "invoices"], "intervalMinutes": None}

    made = ada.http.post("/sources", {"connectionId": connection_id, "name": "Some", "settings": settings})

    assert (made.json["settings"], made.json["nextSyncAt"]) == (settings, None)


def test_streams_the_platform_does_not_have_are_refused(ada: Someone, connection_id: str) -> None:
    body = {"connectionId": connection_id, "name": "Some", "settings": {"streams": ["customers", "contacts"]}}

    refused = ada.http.post("/sources", body)

    assert (refused.status, refused.json["error"]["details"][0]["path"]) == (422, "settings.streams")
    assert ada.http.get("/sources").json["items"] == []


def test_s12_another_tenants_connection_cannot_be_backed_up(ada: Someone, eve: Someone, connection_id: str) -> None:
    refused = eve.http.post("/sources", {"connectionId": connection_id, "name": "Hers"})

    assert (refused.status, refused.code) == (404, "not_found")
    assert [*Source.within(account_id=eve.account_id), *Job.within(account_id=eve.account_id)] == []


def test_a_second_backup_of_a_running_source_is_refused(ada: Someone, source: dict[str, Any]) -> None:
    refused = ada.http.post(f"/sources/{source['sourceId']}/sync")

    assert (refused.status, refused.code) == (409, "conflict")
    assert len(ada.http.get("/jobs").json["items"]) == 1


def test_a_backup_is_asked_for_once_the_source_is_free(ada: Someone, source: dict[str, Any]) -> None:
    ada.http.patch(f"/jobs/{source['activeJobId']}", {"status": "cancelled"})

    asked = ada.http.post(f"/sources/{source['sourceId']}/sync", {"mode": "full"})

    assert (asked.status, asked.json["mode"], asked.json["status"]) == (202, "full", "pending")
    assert kept(ada, source).active_job_id == asked.json["jobId"]
    assert events_of(ada.account_id)[-1].resource_id == asked.json["jobId"]


def test_a_source_whose_connection_needs_its_owner_is_not_backed_up(ada: Someone, source: dict[str, Any]) -> None:
    ada.http.patch(f"/jobs/{source['activeJobId']}", {"status": "cancelled"})
    connection = Connection.fetch(account_id=ada.account_id, connection_id=source["connectionId"])
    assert connection is not None
    connection.update(actions=[Connection.status.set("expired")])

    refused = ada.http.post(f"/sources/{source['sourceId']}/sync")

    assert (refused.status, refused.code) == (409, "conflict")


def test_a_paused_source_is_never_due_and_a_resumed_one_is_again(ada: Someone, source: dict[str, Any]) -> None:
    paused = ada.http.patch(f"/sources/{source['sourceId']}", {"status": "paused"})
    in_index = [one.source_id for one in Source.indexed("index2", due="DUE")]
    resumed = ada.http.patch(f"/sources/{source['sourceId']}", {"status": "active"})

    assert (paused.json["status"], paused.json["nextSyncAt"], in_index) == ("paused", None, [])
    assert resumed.json["nextSyncAt"] is not None
    assert [one.source_id for one in Source.indexed("index2", due="DUE")] == [source["sourceId"]]


def test_what_is_left_out_of_a_change_stays(ada: Someone, source: dict[str, Any]) -> None:
    ada.http.patch(f"/sources/{source['sourceId']}", {"settings": {"streams": ["customers"]}})

    renamed = ada.http.patch(f"/sources/{source['sourceId']}", {"name": "Renamed"}).json
    manual = ada.http.patch(f"/sources/{source['sourceId']}", {"settings": {"intervalMinutes": None}}).json

    assert (renamed["name"], renamed["settings"]) == ("Renamed", {"streams": ["customers"], "intervalMinutes": 1440})
    assert (manual["settings"], manual["nextSyncAt"]) == ({"streams": ["customers"], "intervalMinutes": None}, None)


@pytest.mark.parametrize("minutes", [14, 43201, "60", 60.5, True])
def test_an_interval_out_of_bounds_is_refused(ada: Someone, connection_id: str, minutes: object) -> None:
    body = {"connectionId": connection_id, "name": "Some", "settings": {"intervalMinutes": minutes}}

    refused = ada.http.post("/sources", body)

    assert (refused.status, refused.json["error"]["details"][0]["path"]) == (422, "settings.intervalMinutes")


def test_a_change_is_refused_where_the_source_changed_meanwhile(ada: Someone, source: dict[str, Any]) -> None:
    stale = ada.http.but(if_match='"7"').patch(f"/sources/{source['sourceId']}", {"name": "Renamed"})
    odd = ada.http.but(if_match="*").patch(f"/sources/{source['sourceId']}", {"name": "Renamed"})

    long = ada.http.but(if_match="7" * 5000).patch(f"/sources/{source['sourceId']}", {"name": "Renamed"})

    assert (stale.status, odd.status, long.status) == (409, 400, 400)


def test_a_deleted_source_is_not_backed_up_any_more_but_can_be_seen(ada: Someone, source: dict[str, Any]) -> None:
    deleted = ada.http.delete(f"/sources/{source['sourceId']}")

    assert (deleted.status, deleted.json["status"]) == (200, "deleted")
    assert ada.http.get(f"/jobs/{source['activeJobId']}").json["status"] == "cancelled"
    assert ada.http.post(f"/sources/{source['sourceId']}/sync").status == 409
    assert ada.http.delete(f"/sources/{source['sourceId']}").status == 409
    assert ada.http.get("/sources").json["items"] == []
    assert len(ada.http.get("/sources?status=deleted").json["items"]) == 1


def test_a_source_deleted_meanwhile_gets_no_job(ada: Someone, source: dict[str, Any]) -> None:
    ada.http.patch(f"/sources/{source['sourceId']}", {"settings": {"intervalMinutes": None}})
    ada.http.patch(f"/jobs/{source['activeJobId']}", {"status": "cancelled"})
    read_before, now = kept(ada, source), datetime.now(UTC)
    ada.http.delete(f"/sources/{source['sourceId']}")

    begun = begin_job(new_job(read_before, queue="sync", now=now), read_before, now=now)

    assert not begun
    assert kept(ada, source).active_job_id is None


def test_a_source_is_tested_through_its_connection(ada: Someone, source: dict[str, Any]) -> None:
    assert ada.http.post(f"/sources/{source['sourceId']}/test").json["works"] is True


def test_sources_are_listed_by_connection_and_platform(ada: Someone, source: dict[str, Any]) -> None:
    def found(query: str) -> int:
        return len(ada.http.get(f"/sources?{query}").json["items"])

    assert found(f"connectionId={source['connectionId']}&platform=stripe") == 1
    assert found("platform=dropbox") == found("connectionId=con_other") == found("status=paused") == 0
