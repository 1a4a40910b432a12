"""What was asked for, how far it has come, and stopping it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.ids import new_id
from chalicelib.store.checkpoints import Checkpoint
from chalicelib.store.jobs import Job
from chalicelib.store.sources import Source
from tests.api.conftest import Someone

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def job(ada: Someone, number: int, source_id: str = "src_1", status: str = "completed") -> str:
    made = new_id("job", NOON + timedelta(minutes=number))
    ids = {"source_id": source_id, "connection_id": "con_1", "snapshot_id": "snp_1", "platform": "stripe"}
    Job.new(now=NOON, account_id=ada.account_id, job_id=made, status=status, **ids).create()
    return made


def pages(ada: Someone, query: str) -> list[list[str]]:
    found: list[list[str]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = ada.http.get(f"/jobs?{query}{f'&cursor={cursor}' if cursor else ''}").json
        found.append([item["jobId"] for item in page["items"]])
        cursor = page["nextCursor"]
    return found


def test_jobs_are_listed_page_by_page_newest_first(ada: Someone) -> None:
    made = [job(ada, number) for number in range(5)]

    assert pages(ada, "limit=2") == [made[:2:-1], made[2:0:-1], made[:1]]


def test_a_sources_jobs_are_listed_page_by_page(ada: Someone) -> None:
    made = [job(ada, number, f"src_{number % 2}") for number in range(6)]

    assert pages(ada, "limit=2&sourceId=src_1") == [[made[5], made[3]], [made[1]]]


def test_jobs_are_listed_by_status_across_pages(ada: Someone) -> None:
    made = [job(ada, number, status="failed" if number % 3 == 0 else "completed") for number in range(7)]

    assert pages(ada, "limit=2&status=failed") == [[made[6], made[3]], [made[0]]]


def test_a_jobs_progress_is_summed_per_stream(ada: Someone) -> None:
    made = job(ada, 1, status="running")
    where = {"account_id": ada.account_id, "job_id": made, "stream": "customers"}
    part = {"name": "part-00-00001.jsonl.zst", "sha256": "0", "size_bytes": 10, "records": 5, "fragment": "f"}
    Checkpoint.new(now=NOON, **where, slice="00", parts=[part], records=5, seen=2, requests=1, done=True).create()
    Checkpoint.new(now=NOON, **where, slice="01", parts=[part, part], records=9, requests=3).create()

    progress = ada.http.get(f"/jobs/{made}").json["progress"]

    assert progress == [
        {
            "stream": "customers", "records": 14, "seen": 2, "parts": 3, "storedBytes": 30, "requests": 4,
            "skipped": 0, "done": False, "problems": [],
        }
    ]  # fmt: skip


def test_cancelling_a_job_frees_its_source_at_once(ada: Someone, source: dict[str, Any]) -> None:
    cancelled = ada.http.patch(f"/jobs/{source['activeJobId']}", {"status": "cancelled"})

    freed = Source.fetch(account_id=ada.account_id, source_id=source["sourceId"])
    assert (cancelled.status, cancelled.json["status"]) == (200, "cancelled")
    assert freed is not None
    assert freed.active_job_id is None


def test_a_job_that_has_ended_cannot_be_cancelled(ada: Someone) -> None:
    refused = ada.http.patch(f"/jobs/{job(ada, 1)}", {"status": "cancelled"})

    assert (refused.status, refused.code) == (409, "conflict")


def test_a_job_cannot_be_declared_done(ada: Someone, source: dict[str, Any]) -> None:
    assert ada.http.patch(f"/jobs/{source['activeJobId']}", {"status": "completed"}).status == 422


def test_s16_a_cursor_serves_neither_another_tenant_nor_another_list(ada: Someone, eve: Someone) -> None:
    for number in range(3):
        job(ada, number)
    cursor = ada.http.get("/jobs?limit=1").json["nextCursor"]
    edited = cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB")

    asked = {
        "same": ada.http.get(f"/jobs?limit=2&cursor={cursor}").status,
        "another tenant": eve.http.get(f"/jobs?limit=1&cursor={cursor}").status,
        "another filter": ada.http.get(f"/jobs?limit=1&status=failed&cursor={cursor}").status,
        "another list": ada.http.get(f"/sources?limit=1&cursor={cursor}").status,
        "edited": ada.http.get(f"/jobs?limit=1&cursor={edited}").status,
        "made up": ada.http.get("/jobs?limit=1&cursor=%C3%A9%00").status,
    }

    assert asked.pop("same") == 200
    assert set(asked.values()) == {400}


def test_a_limit_out_of_bounds_is_refused(ada: Someone) -> None:
    assert {ada.http.get(f"/jobs?limit={limit}").status for limit in ("0", "201", "-1", "x", "1.5", "")} == {422}
