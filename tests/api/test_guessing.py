"""Whoever tries until it fits learns nothing, and has to wait longer and longer."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.attempts import LONGEST_PAUSE
from chalicelib.errors import TooManyRequestsError
from chalicelib.services import attempts
from chalicelib.services.outside import outside
from chalicelib.store.attempts import Attempts
from chalicelib.store.table import Item
from tests.api.conftest import PASSWORD, Someone
from tests.api.gateway import Answer, Gateway

WRONG = "Wrong-horse-7-battery"
NOBODY = "nobody@example.com"
Try = Callable[[Gateway, str], Answer]


def log_in(http: Gateway, email: str, password: str = WRONG) -> Answer:
    return http.post("/auth/login", {"email": email, "password": password})


def confirm(http: Gateway, email: str) -> Answer:
    return http.post("/auth/confirm", {"email": email, "code": "654321"})


def challenge(http: Gateway, email: str) -> Answer:
    body = {"challenge": "SOFTWARE_TOKEN_MFA", "session": "guess" * 8, "answer": "654321"}
    return http.post("/auth/challenge", {"email": email, **body})


def resend(http: Gateway, email: str) -> Answer:
    return http.post("/auth/resend-code", {"email": email})


def forgot(http: Gateway, email: str) -> Answer:
    return http.post("/auth/forgot-password", {"email": email})


def reset(http: Gateway, email: str) -> Answer:
    return http.post("/auth/reset-password", {"email": email, "code": "111111", "password": "Another-horse-8-battery"})


def register(http: Gateway, email: str) -> Answer:
    return http.post("/auth/register", {"email": email, "password": PASSWORD, "name": "Eve"})


TRIES = [log_in, challenge, resend, forgot, reset]
named = pytest.mark.parametrize("attempt", TRIES, ids=lambda attempt: attempt.__name__)


def told(answer: Answer) -> tuple[int, str | None, str | None]:
    said = answer.json.get("error", answer.json)
    return answer.status, answer.code, said["message"]


@contextmanager
def calls() -> Iterator[list[str]]:
    """What is asked of the user pool and of the table meanwhile, in order."""
    asked: list[str] = []

    def note(model: Any, **_: Any) -> None:
        asked.append(model.name)

    events = [outside().identity.client.meta.events, Item.database().client.meta.events]
    for one in events:
        one.register("before-call", note)
    yield asked
    for one in events:
        one.unregister("before-call", note)


@named
def test_s25_the_same_is_asked_for_a_known_address_and_an_unknown_one(
    http: Gateway, ada: Someone, attempt: Try
) -> None:
    with calls() as known:
        answer = attempt(http, ada.email)
    with calls() as unknown:
        same = attempt(http, NOBODY)

    assert known == unknown
    assert len(known) == 3
    assert told(answer) == told(same)


def test_s25_registering_asks_the_same_for_a_known_address_and_a_new_one_until_one_is_looked_at_and_one_written(
    http: Gateway, ada: Someone
) -> None:
    """A known address is looked at where a new one's account is written, after the same calls."""
    with calls() as known:
        register(http, ada.email)
    with calls() as new:
        register(http, "new@example.com")

    assert known[:3] == new[:3] == ["GetItem", "PutItem", "SignUp"]
    assert (known[3:], new[3:]) == (["AdminGetUser"], ["GetItem", "TransactWriteItems"])


@named
def test_s26_twenty_guesses_are_too_many_for_a_known_address_and_an_unknown_one(
    http: Gateway, ada: Someone, attempt: Try
) -> None:
    known = [told(attempt(http, ada.email)) for _ in range(20)]
    unknown = [told(attempt(http, NOBODY)) for _ in range(20)]

    assert known == unknown
    assert {status for status, _, _ in known[:5]} != {429}
    assert {status for status, _, _ in known[5:]} == {429}


def test_s26_codes_to_confirm_and_codes_to_reset_are_counted_together(http: Gateway) -> None:
    assert [resend(http, NOBODY).status for _ in range(3)] == [202] * 3
    assert [forgot(http, NOBODY).status for _ in range(3)] == [202, 202, 429]


@pytest.mark.parametrize(
    ("path", "guess"),
    [
        ("/auth/change-password", {"oldPassword": WRONG, "password": "Another-horse-8-battery"}),
        ("/auth/mfa", {"password": WRONG}),
        ("/auth/mfa/remove", {"password": WRONG}),
    ],
)
def test_s26_twenty_guesses_at_the_password_are_too_many_for_who_is_signed_in(
    http: Gateway, ada: Someone, path: str, guess: dict[str, str]
) -> None:
    guesses = [ada.http.post(path, guess).status for _ in range(20)]

    assert guesses == [422] * 5 + [429] * 15
    assert log_in(http, ada.email, PASSWORD).status == 200


def test_s26_twenty_codes_are_too_many(http: Gateway) -> None:
    assert [confirm(http, NOBODY).status for _ in range(20)] == [400] * 5 + [429] * 15


def test_s26_no_address_is_sent_a_flood_of_codes(http: Gateway, ada: Someone) -> None:
    known, new = ([register(http, email).status for _ in range(20)] for email in (ada.email, "new@example.com"))

    assert known[:4] == new[:4] == [202] * 4
    assert known[5:] == new[5:] == [429] * 15


def test_s26_who_tried_too_often_is_told_how_long_to_wait(http: Gateway) -> None:
    refused = [log_in(http, NOBODY) for _ in range(6)][-1]

    assert (refused.status, refused.code) == (429, "too_many_requests")
    assert 1 <= int(refused.headers["Retry-After"]) <= 30


def test_s26_the_right_password_does_not_count_while_the_address_has_to_wait(http: Gateway, ada: Someone) -> None:
    for _ in range(5):
        log_in(http, ada.email)

    assert log_in(http, ada.email, PASSWORD).status == 429


def test_s26_spelling_an_address_otherwise_is_no_way_around(http: Gateway) -> None:
    spelt = ["Nobody@example.com", " nobody@example.com", "NOBODY@EXAMPLE.COM", NOBODY, "nobody@Example.com "]

    assert [log_in(http, email).status for email in spelt] == [401] * 5
    assert log_in(http, NOBODY).status == 429


def test_s26_others_are_not_held_up(http: Gateway, ada: Someone) -> None:
    for _ in range(6):
        log_in(http, NOBODY)

    assert log_in(http, ada.email, PASSWORD).status == 200


def test_s26_a_login_that_succeeds_begins_anew(http: Gateway, ada: Someone) -> None:
    for _ in range(3):
        assert [log_in(http, ada.email).status for _ in range(4)] == [401] * 4
        assert log_in(http, ada.email, PASSWORD).status == 200


def test_s26_of_two_tries_at_once_one_is_made(table: None) -> None:
    now, events = datetime.now(UTC), Item._get_connection().connection.client.meta.events

    def another(**_: Any) -> None:
        events.unregister("before-call.dynamodb.PutItem", another)
        attempts.count("login", NOBODY, now)

    events.register("before-call.dynamodb.PutItem", another)

    with pytest.raises(TooManyRequestsError):
        attempts.count("login", NOBODY, now)
    assert kept_of(NOBODY).tries == 1


def test_s26_what_was_tried_long_ago_counts_no_more_though_the_table_still_has_it(table: None) -> None:
    now = datetime.now(UTC)
    for _ in range(5):
        attempts.count("login", NOBODY, now)

    later = now + LONGEST_PAUSE * 2
    for _ in range(4):
        attempts.count("login", NOBODY, later)

    assert kept_of(NOBODY).tries == 4


def test_s26_no_address_is_kept_in_clear(http: Gateway) -> None:
    log_in(http, NOBODY)

    (kept,) = Item.scan()
    assert NOBODY not in str(kept.attribute_values)
    assert kept.ttl > datetime.now(UTC).timestamp() + timedelta(minutes=10).total_seconds()


def kept_of(address: str) -> Attempts:
    found = Attempts.fetch(address_hash=hashlib.sha256(address.encode()).hexdigest(), what="login")
    assert found is not None
    return found
