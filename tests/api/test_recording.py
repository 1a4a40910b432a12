"""A change and its event are written together: both, or neither, whenever the process dies."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from moto import mock_aws

import app
from chalicelib.api.endpoint import ENDPOINTS, Endpoint
from chalicelib.domain.activity import first_break
from chalicelib.store.activity import ChainHead, Event
from chalicelib.store.allowances import Allowance
from chalicelib.store.attempts import Attempts
from chalicelib.store.connections import Connection
from chalicelib.store.jobs import Job
from chalicelib.store.oauth_states import OAuthState
from chalicelib.store.recording import facts_of
from chalicelib.store.sources import Source
from chalicelib.store.table import Item
from sandbox.app import Sandbox
from tests.api.changes import CHANGES, OTHERS, Stage, a_connection
from tests.api.conftest import connected, new_pool, register_with, signed_up
from tests.api.gateway import Gateway
from tests.faults.calls import KilledError, killed_at, seen

CHANGING = [one for one in ENDPOINTS if one.changes]
MAKE_SOMETHING_NEW = {"accounts.create", "account.create-sub-account", "connections.create", "oauth.start"}
KILLABLE = {**CHANGES, **OTHERS}
MOST_CALLS = 60
State = dict[tuple[str, str], Item]


@pytest.fixture(scope="module")
def lasting_stage(sandbox: Sandbox) -> Iterator[Stage]:
    """One deployment for all of these tests."""
    with mock_aws():
        Item.create_table(billing_mode="PAY_PER_REQUEST", wait=True)
        with new_pool():
            http = Gateway(app.app)
            register_with(sandbox)
            ada = signed_up(http, "ada@example.com")
            at_home = replace(ada, http=ada.http.but(x_account_context=ada.account_id))
            yield Stage(http, at_home, sandbox, connected(ada))


@pytest.fixture
def stage(lasting_stage: Stage) -> Iterator[Stage]:
    """The deployment, and afterwards the table as it was."""
    kept = {(item.pk, item.sk): item for item in Item.scan()}
    yield lasting_stage
    for item in Item.scan():
        if (item.pk, item.sk) not in kept:
            item.delete()
    for item in kept.values():
        item.save()


@pytest.mark.parametrize("declared", CHANGING, ids=lambda one: one.name)
def test_a_change_leaves_one_event_that_says_what_was_done_to_what_in_which_request(
    stage: Stage, declared: Endpoint
) -> None:
    change = CHANGES[declared.name](stage)

    answer = change.send(f"{declared.name}-once")

    assert answer.status in (200, 201, 202), answer.text
    assert [(one.action, one.outcome, one.user_id, one.resource_id) for one in events(f"{declared.name}-once")] == [
        (declared.allow, "done", stage.ada.user_id, change.resource_id(answer))
    ]


@pytest.mark.parametrize(
    "declared", [one for one in CHANGING if one.name not in MAKE_SOMETHING_NEW], ids=lambda one: one.name
)
def test_a_change_that_somebody_was_ahead_of_leaves_no_event(stage: Stage, declared: Endpoint) -> None:
    change, ahead = CHANGES[declared.name](stage), Ahead()

    with seen("before-call", ahead):
        answer = change.send(f"{declared.name}-late")

    assert ahead.went
    assert (answer.status, answer.code) == (409, "conflict")
    assert events(f"{declared.name}-late") == []


@pytest.mark.parametrize(
    "declared", [one for one in CHANGING if one.method in ("PATCH", "DELETE")], ids=lambda one: one.name
)
def test_a_change_meant_for_another_version_changes_nothing(stage: Stage, declared: Endpoint) -> None:
    change = CHANGES[declared.name](stage)
    stale, before = replace(change, http=change.http.but(if_match="999")), state()

    answer = stale.send(f"{declared.name}-stale")

    assert (answer.status, answer.code) == (409, "conflict")
    agree(before, state(), [])


@pytest.mark.parametrize("name", KILLABLE)
def test_a_process_that_dies_leaves_a_change_with_its_event_or_neither(stage: Stage, name: str) -> None:
    for number in range(MOST_CALLS):
        change, request = KILLABLE[name](stage), f"{name}-{number}".replace(" ", "-")
        before = state()
        try:
            with killed_at(number):
                answer = change.send(request)
        except KilledError:
            agree(before, state(), events(request))
            continue
        break

    assert answer.status < 400, answer.text
    assert number >= 3
    agree(before, state(), events(request))
    every_chain_holds()


def test_a_change_costs_the_table_one_read_and_one_transaction_beside_what_it_asks_for(stage: Stage) -> None:
    asked: list[str] = []

    with seen("before-call", lambda name, _: asked.append(name)):
        stage.ada.http.patch("/account", {"name": "Renamed"})

    assert asked == ["Query", "BatchGetItem", "GetItem", "TransactWriteItems"]


def test_a_connection_that_gets_a_source_while_it_is_deleted_is_not_deleted(stage: Stage) -> None:
    connection_id, late = a_connection(stage).connection_id, Late(stage)
    late.body = {"connectionId": connection_id, "name": "Late"}

    with seen("before-call", late):
        refused = stage.ada.http.delete(f"/connections/{connection_id}")

    assert (late.status, refused.status) == (201, 409)
    assert stage.ada.http.get(f"/connections/{connection_id}").json["status"] == "active"


class Late:
    """Somebody who makes a source just before the next transaction."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.status = stage, 0
        self.body: dict[str, str] = {}

    def __call__(self, name: str, _: dict[str, Any]) -> None:
        if name == "TransactWriteItems" and not self.status:
            self.status = -1
            self.status = self.stage.ada.http.post("/sources", self.body).status


class Ahead:
    """Somebody else, who is done with every object just before a transaction arrives."""

    went = False

    def __call__(self, name: str, _: dict[str, Any]) -> None:
        if name == "TransactWriteItems" and not self.went:
            self.went = True
            for item in state().values():
                item.update(actions=[Item.version.add(1), *self._more(item)])

    def _more(self, item: Item) -> list[Any]:
        match item:
            case Source():
                return [Source.active_job_id.set("job_other")]
            case Connection():
                return [Connection.status.set("revoked")]
            case Job():
                return [Job.status.set("completed")]
            case _:
                return []


def state() -> State:
    """Everything but activity, and the counts of what was asked for."""
    aside = (Event, ChainHead, Attempts, Allowance)
    return {(item.pk, item.sk): item for item in Item.scan() if not isinstance(item, aside)}


def events(correlation_id: str) -> list[Event]:
    found = [event for event in Event.scan() if event.correlation_id == correlation_id]
    return sorted(found, key=lambda event: event.position)


def agree(before: State, after: State, told: list[Event]) -> None:
    """What has changed is told of, and nothing is told of that has not happened."""
    changed = {key for key, item in after.items() if key not in before or not same(before[key], item)}
    gone = {key for key, item in before.items() if key not in after and not isinstance(item, OAuthState)}
    about = {event.resource_id for event in told}

    assert bool(changed | gone) == bool(told), (changed | gone, about)
    for key in changed:
        item = after[key]
        if isinstance(item, (Source, Job)) and status(before.get(key)) != status(item):
            assert about & {item.source_id, getattr(item, "job_id", None)}


def same(one: Item, other: Item) -> bool:
    return bool(one.serialize() == other.serialize())


def status(item: Any) -> str | None:
    return item.status if item else None


def every_chain_holds() -> None:
    chains: dict[str, list[Event]] = {}
    for event in sorted(Event.scan(), key=lambda event: event.position):
        chains.setdefault(event.account_id, []).append(event)
    for account_id, chain in chains.items():
        head = ChainHead.fetch(account_id=account_id)
        assert [event.sequence for event in chain] == list(range(1, len(chain) + 1))
        assert first_break((event.previous_hash, event.hash, facts_of(event)) for event in chain) is None
        assert head is not None
        assert (head.sequence, head.hash) == (len(chain), chain[-1].hash)
