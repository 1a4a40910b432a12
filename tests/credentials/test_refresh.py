"""One refresher at a time; new tokens are stored before they are used."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import responses
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.update import Action

from chalicelib.aws import clients
from chalicelib.connectors.connector import Fetch, Identity, OAuth
from chalicelib.credentials import exchange
from chalicelib.credentials.custody import Client, Custody
from chalicelib.credentials.refresh import LEASE, Refresher
from chalicelib.credentials.tokens import Tokens, issued
from chalicelib.errors import ReauthorizeError, RetryableError
from chalicelib.store.activity import Event
from chalicelib.store.connections import Connection
from tests.connectors.acme import ACME

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TOKEN_URL = "https://vendor.test/token"


def identify(_fetch: Fetch, _answer: Mapping[str, Any]) -> Identity:
    return Identity("vendor-account")


AUTH = OAuth("https://vendor.test/authorize", TOKEN_URL, ("read",), identify)
VENDOR = replace(ACME, auth=AUTH)


class SecretsInMemory(dict[str, str]):
    def read(self, name: str) -> str | None:
        return self.get(name)

    def write(self, name: str, value: str) -> None:
        self[name] = value

    def remove(self, name: str) -> None:
        self.pop(name, None)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def custody() -> Custody:
    return Custody(SecretsInMemory())


@pytest.fixture
def connection(table: None) -> Connection:
    made = Connection.new(
        now=NOON, account_id="acc_1", connection_id="con_1", user_id="usr_1", platform="vendor", name="Vendor"
    )
    made.create()
    return made


@pytest.fixture
def refresher(custody: Custody, connection: Connection, clock: Clock) -> Refresher:
    return Refresher(custody, VENDOR, Client("id", "secret"), connection, clock)


def tokens(name: str, *, lasting: timedelta, refresh: str | None = "refresh-1") -> Tokens:
    answer = {"access_token": name, "refresh_token": refresh, "expires_in": int(lasting.total_seconds())}
    return issued("vendor", answer, scopes=("read",), now=NOON)


def keep(custody: Custody, kept: Tokens) -> None:
    custody.store("acc_1", "con_1", kept)


def the_vendor_answers(status: int, body: dict[str, Any]) -> None:
    responses.post(TOKEN_URL, status=status, json=body)


def test_tokens_that_live_long_enough_are_used_as_they_are(refresher: Refresher, custody: Custody) -> None:
    keep(custody, tokens("old", lasting=timedelta(hours=1)))

    assert refresher.fresh().access_token == "old"


@responses.activate
def test_tokens_about_to_end_are_refreshed_and_the_new_ones_stored(refresher: Refresher, custody: Custody) -> None:
    keep(custody, tokens("old", lasting=timedelta(minutes=10)))
    the_vendor_answers(200, {"access_token": "new", "refresh_token": "refresh-2", "expires_in": 3600})

    fresh = refresher.fresh()

    assert (fresh.access_token, custody.read("acc_1", "con_1")) == ("new", fresh)
    assert custody.read("acc_1", "con_1").refresh_token == "refresh-2"


@responses.activate
def test_a_vendor_that_sends_no_new_refresh_token_keeps_the_old_one(refresher: Refresher, custody: Custody) -> None:
    keep(custody, tokens("old", lasting=timedelta(seconds=1)))
    the_vendor_answers(200, {"access_token": "new", "expires_in": 3600})

    assert refresher.fresh().refresh_token == "refresh-1"


@responses.activate
@pytest.mark.parametrize("minutes", [10, -10], ids=["fast", "slow"])
def test_f25_a_token_that_ends_soon_is_refreshed_though_the_clock_is_wrong(
    refresher: Refresher, custody: Custody, clock: Clock, minutes: int
) -> None:
    keep(custody, tokens("old", lasting=timedelta(minutes=4)))
    clock.now = NOON + timedelta(minutes=minutes)
    the_vendor_answers(200, {"access_token": "new", "refresh_token": "refresh-2", "expires_in": 3600})

    assert refresher.fresh().access_token == "new"


@responses.activate
@pytest.mark.parametrize("taken_over", [False, True])
def test_f26_a_lease_is_given_back_though_the_clock_was_set_back_but_not_one_that_another_has_taken(
    refresher: Refresher, custody: Custody, connection: Connection, clock: Clock, taken_over: bool
) -> None:
    keep(custody, tokens("old", lasting=timedelta(minutes=4)))
    another: list[Action] = [Connection.refresh_until.set(NOON + LEASE), Connection.refresh_fence.add(1)]

    def answer(_request: object) -> tuple[int, dict[str, str], str]:
        clock.now = NOON - timedelta(hours=1)
        if taken_over:
            fetched().update(actions=another)
        return 200, {}, json.dumps({"access_token": "new", "refresh_token": "refresh-2", "expires_in": 3600})

    responses.add_callback(responses.POST, TOKEN_URL, answer)

    refresher.fresh()

    assert (fetched().refresh_until is not None) == taken_over


def fetched() -> Connection:
    found = Connection.fetch(account_id="acc_1", connection_id="con_1")
    assert found is not None
    return found


def another_takes_the_lease() -> None:
    fetched().update(actions=[Connection.refresh_until.set(NOON + LEASE), Connection.refresh_fence.add(1)])


@responses.activate
def test_f21_a_worker_that_lost_its_lease_does_not_write_its_tokens_over_the_newer_ones(
    refresher: Refresher, custody: Custody
) -> None:
    keep(custody, tokens("old", lasting=timedelta(seconds=1)))

    def answered_late(_request: object) -> tuple[int, dict[str, str], str]:
        another_takes_the_lease()
        keep(custody, tokens("theirs", lasting=timedelta(hours=1), refresh="refresh-3"))
        return 200, {}, json.dumps({"access_token": "late", "refresh_token": "refresh-2", "expires_in": 3600})

    responses.add_callback(responses.POST, TOKEN_URL, answered_late)

    assert refresher.fresh().access_token == "theirs"
    assert custody.read("acc_1", "con_1").refresh_token == "refresh-3"


@responses.activate
def test_f21_a_worker_that_lost_its_lease_does_not_present_the_refresh_token_again(
    refresher: Refresher, custody: Custody
) -> None:
    keep(custody, tokens("old", lasting=timedelta(seconds=1)))

    def failed_late(_request: object) -> tuple[int, dict[str, str], str]:
        another_takes_the_lease()
        return 503, {}, "{}"

    responses.add_callback(responses.POST, TOKEN_URL, failed_late)

    with pytest.raises(RetryableError):
        refresher.fresh()

    assert len(responses.calls) == 1


@responses.activate
def test_f21_nobody_can_take_the_lease_while_new_tokens_are_being_stored(connection: Connection, clock: Clock) -> None:
    secrets = Watched()
    custody = Custody(secrets)
    keep(custody, tokens("old", lasting=timedelta(seconds=1)))

    def slowly(_request: object) -> tuple[int, dict[str, str], str]:
        clock.now += LEASE - timedelta(seconds=1)
        return 200, {}, json.dumps({"access_token": "new", "refresh_token": "refresh-2", "expires_in": 3600})

    responses.add_callback(responses.POST, TOKEN_URL, slowly)

    Refresher(custody, VENDOR, Client("id", "secret"), connection, clock).fresh()

    assert secrets.leased_until == clock.now + LEASE


class Watched(SecretsInMemory):
    """Secrets that remember until when the connection was leased as they were written."""

    leased_until: datetime | None = None

    def write(self, name: str, value: str) -> None:
        self.leased_until = fetched().refresh_until
        super().write(name, value)


@responses.activate
def test_new_tokens_are_stored_though_dynamodb_cannot_say_whose_the_lease_is(
    refresher: Refresher, custody: Custody
) -> None:
    keep(custody, tokens("old", lasting=timedelta(seconds=1)))

    def in_an_outage(_request: object) -> tuple[int, dict[str, str], str]:
        Connection.delete_table()
        return 200, {}, json.dumps({"access_token": "new", "refresh_token": "refresh-2", "expires_in": 3600})

    responses.add_callback(responses.POST, TOKEN_URL, in_an_outage)

    with pytest.raises(UpdateError):
        refresher.fresh()

    assert custody.read("acc_1", "con_1").refresh_token == "refresh-2"


def test_a_lease_outlasts_the_longest_time_that_a_step_may_take() -> None:
    patience: Any = clients.PATIENCE
    of_secrets = patience.retries["total_max_attempts"] * (patience.connect_timeout + patience.read_timeout)
    of_the_vendor = 2 * exchange.TIMEOUT_SECONDS

    assert timedelta(seconds=of_secrets + of_the_vendor) < LEASE


@responses.activate
def test_f21_a_worker_that_finds_a_refresh_under_way_goes_on_with_the_living_token(
    refresher: Refresher, custody: Custody, connection: Connection
) -> None:
    keep(custody, tokens("old", lasting=timedelta(minutes=10)))
    connection.update(actions=[Connection.refresh_until.set(NOON + LEASE)])

    assert refresher.fresh().access_token == "old"
    assert len(responses.calls) == 0


@responses.activate
def test_f21_a_worker_with_an_ended_token_waits_for_the_refresh_under_way(
    refresher: Refresher, custody: Custody, connection: Connection
) -> None:
    keep(custody, tokens("old", lasting=timedelta(seconds=5)))
    connection.update(actions=[Connection.refresh_until.set(NOON + LEASE)])

    with pytest.raises(RetryableError) as waiting:
        refresher.fresh()

    assert waiting.value.after_seconds == 5
    assert len(responses.calls) == 0


@responses.activate
def test_f1_a_lease_whose_holder_died_runs_out(
    refresher: Refresher, custody: Custody, connection: Connection, clock: Clock
) -> None:
    keep(custody, tokens("old", lasting=timedelta(seconds=1)))
    connection.update(actions=[Connection.refresh_until.set(NOON + LEASE)])
    the_vendor_answers(200, {"access_token": "new", "expires_in": 3600})
    clock.now = NOON + LEASE + timedelta(seconds=1)

    assert refresher.fresh().access_token == "new"


@responses.activate
def test_the_lease_is_released_after_a_refresh(refresher: Refresher, custody: Custody) -> None:
    keep(custody, tokens("old", lasting=timedelta(seconds=1)))
    the_vendor_answers(200, {"access_token": "new", "expires_in": 3600})

    refresher.fresh()

    kept = Connection.fetch(account_id="acc_1", connection_id="con_1")
    assert kept is not None
    assert kept.refresh_until is None


@responses.activate
def test_f21_a_refusal_that_another_workers_refresh_explains_kills_nothing(
    refresher: Refresher, custody: Custody
) -> None:
    keep(custody, tokens("old", lasting=timedelta(seconds=1)))

    def another_was_faster(_request: Any) -> tuple[int, dict[str, str], str]:
        keep(custody, tokens("theirs", lasting=timedelta(hours=1), refresh="refresh-2"))
        return 400, {}, json.dumps({"error": "invalid_grant"})

    responses.add_callback(responses.POST, TOKEN_URL, another_was_faster, content_type="application/json")

    assert refresher.fresh().access_token == "theirs"


@responses.activate
def test_f23_a_refused_refresh_expires_the_connection(refresher: Refresher, custody: Custody) -> None:
    keep(custody, tokens("old", lasting=timedelta(seconds=1)))
    the_vendor_answers(400, {"error": "invalid_grant"})

    with pytest.raises(ReauthorizeError, match="authorize the connection again"):
        refresher.fresh()

    kept = Connection.fetch(account_id="acc_1", connection_id="con_1")
    assert kept is not None
    assert [kept.status, kept.refresh_until] == ["expired", None]
    (event,) = Event.within(account_id="acc_1")
    assert [event.action, event.user_id, event.resource_id] == ["connections:expire", None, "con_1"]


@responses.activate
def test_a_connection_that_is_deleted_while_its_refresh_is_refused_stays_deleted(
    refresher: Refresher, custody: Custody, connection: Connection
) -> None:
    keep(custody, tokens("old", lasting=timedelta(seconds=1)))

    def deleted_meanwhile(_request: Any) -> tuple[int, dict[str, str], str]:
        connection.delete()
        return 400, {}, json.dumps({"error": "invalid_grant"})

    responses.add_callback(responses.POST, TOKEN_URL, deleted_meanwhile, content_type="application/json")

    with pytest.raises(ReauthorizeError):
        refresher.fresh()

    assert Connection.fetch(account_id="acc_1", connection_id="con_1") is None


def test_a_connection_that_is_deleted_is_not_refreshed(
    refresher: Refresher, custody: Custody, connection: Connection
) -> None:
    keep(custody, tokens("old", lasting=timedelta(seconds=1)))
    connection.delete()

    with pytest.raises(RetryableError):
        refresher.fresh()

    assert Connection.fetch(account_id="acc_1", connection_id="con_1") is None


@responses.activate
def test_a_token_endpoint_that_fails_is_asked_three_times(refresher: Refresher, custody: Custody) -> None:
    keep(custody, tokens("old", lasting=timedelta(seconds=1)))
    the_vendor_answers(503, {"error": "temporarily_unavailable"})

    with pytest.raises(RetryableError):
        refresher.fresh()

    assert len(responses.calls) == 3


@responses.activate
def test_a_token_the_vendor_rejects_is_refreshed_though_it_should_live(refresher: Refresher, custody: Custody) -> None:
    old = tokens("old", lasting=timedelta(hours=1))
    keep(custody, old)
    the_vendor_answers(200, {"access_token": "new", "expires_in": 3600})

    assert refresher.fresh(rejected=old).access_token == "new"


def test_a_rejected_token_that_cannot_be_refreshed_expires_the_connection(
    refresher: Refresher, custody: Custody
) -> None:
    old = tokens("old", lasting=timedelta(seconds=1), refresh=None)
    keep(custody, old)

    with pytest.raises(ReauthorizeError):
        refresher.fresh(rejected=old)


def test_tokens_never_show_in_a_repr(custody: Custody) -> None:
    kept = tokens("canary-access", lasting=timedelta(seconds=1), refresh="canary-refresh")

    assert "canary" not in repr(kept)
    assert "canary" not in repr(Client("id", "canary-secret"))
