"""Setting a new password: by a mailed code, or by the old one; either ends what the old one began."""

from typing import Any

import pytest

from chalicelib.store import answers
from chalicelib.store.table import Item
from tests.api.conftest import PASSWORD, RESET_CODE, Someone, claims_of, events_of, logged_in, sign
from tests.api.gateway import Answer, Gateway
from tests.faults.calls import Answered, seen

NEW = "Another-horse-8-battery"
NOBODY = "nobody@example.com"


def log_in(http: Gateway, email: str, password: str) -> int:
    return http.post("/auth/login", {"email": email, "password": password}).status


def forgot(http: Gateway, email: str) -> Answer:
    return http.post("/auth/forgot-password", {"email": email})


def reset(http: Gateway, email: str, code: str = RESET_CODE, password: str = NEW) -> Answer:
    return http.post("/auth/reset-password", {"email": email, "code": code, "password": password})


def change(someone: Someone, old: str = PASSWORD, new: str = NEW) -> Answer:
    return someone.http.post("/auth/change-password", {"oldPassword": old, "password": new})


def refresh(http: Gateway, someone: Someone) -> int:
    return http.post("/auth/refresh", {"refreshToken": someone.tokens["refreshToken"]}).status


def signed_in_before(someone: Someone) -> str:
    """A token of another sign-in of theirs, some seconds ago."""
    claims = claims_of(someone.tokens["accessToken"])
    return sign({**claims, "origin_jti": "another", "auth_time": claims["auth_time"] - 5})


def told(answer: Answer) -> tuple[int, Any]:
    error = answer.json.get("error", {})
    return answer.status, {**answer.json, "error": {**error, "correlationId": None}}


def refusing(operation: str, code: str) -> Any:
    """The pool, when it refuses an operation."""

    def refuse(name: str, _: dict[str, Any]) -> Any:
        error = {"Code": code, "Message": "Attempt limit exceeded, please try after some time."}
        return (Answered(), {"Error": error, "ResponseMetadata": {}}) if name == operation else None

    return seen("before-call", refuse)


def test_who_forgot_a_password_sets_another_with_a_mailed_code(http: Gateway, ada: Someone) -> None:
    asked, done = forgot(http, ada.email), reset(http, ada.email)

    assert (asked.status, asked.json["status"], done.status) == (202, "code_sent", 200)
    assert (log_in(http, ada.email, PASSWORD), log_in(http, ada.email, NEW)) == (401, 200)


def test_s7_a_reset_password_ends_every_session(http: Gateway, ada: Someone) -> None:
    other = logged_in(http, ada.email)
    before = signed_in_before(ada)

    forgot(http, ada.email)
    reset(http, ada.email)

    assert [refresh(http, one) for one in (ada, other)] == [401, 401]
    assert http.but(authorization=f"Bearer {before}").get("/auth/profile").status == 401


def test_a_reset_password_is_in_the_activity(http: Gateway, ada: Someone) -> None:
    forgot(http, ada.email)
    reset(http.but(x_correlation_id="request-1"), ada.email)

    event = events_of(ada.account_id)[-1]
    assert (event.action, event.user_id, event.correlation_id) == ("profile:reset-password", ada.user_id, "request-1")


def test_who_forgot_a_password_need_not_wait_for_what_they_tried_before(http: Gateway, ada: Someone) -> None:
    assert [log_in(http, ada.email, "Wrong-horse-7-battery") for _ in range(6)][-1] == 429

    forgot(http, ada.email)
    reset(http, ada.email)

    assert log_in(http, ada.email, NEW) == 200


def test_a_code_counts_once(http: Gateway, ada: Someone) -> None:
    forgot(http, ada.email)
    reset(http, ada.email)

    again = reset(http, ada.email, password="Yet-another-9-horse")

    assert (again.status, again.code) == (400, "bad_request")


def test_s25_a_code_is_promised_to_a_known_address_and_an_unknown_one_alike(http: Gateway, ada: Someone) -> None:
    assert told(forgot(http, ada.email)) == told(forgot(http, NOBODY))


def test_s25_a_wrong_code_for_a_known_address_is_as_wrong_as_any_for_an_unknown_one(
    http: Gateway, ada: Someone
) -> None:
    forgot(http, ada.email)

    assert told(reset(http, ada.email, "111111")) == told(reset(http, NOBODY, "111111"))
    assert log_in(http, ada.email, PASSWORD) == 200


@pytest.mark.parametrize(
    "code",
    [
        "LimitExceededException",
        "NotAuthorizedException",
        "InvalidParameterException",
        "UserNotConfirmedException",
        "CodeDeliveryFailureException",
    ],
)
def test_s25_what_the_pool_refuses_for_a_known_address_alone_is_not_told(
    http: Gateway, ada: Someone, code: str
) -> None:
    with refusing("ForgotPassword", code):
        asked = told(forgot(http, ada.email))
    with refusing("ConfirmForgotPassword", code):
        guessed = told(reset(http, ada.email, "111111"))

    assert (asked, guessed) == (told(forgot(http, NOBODY)), told(reset(http, NOBODY, "111111")))


def test_a_weak_new_password_is_refused_before_anyone_is_asked(http: Gateway, ada: Someone) -> None:
    answers = [reset(http, ada.email, password="short-1A"), change(ada, new="short-1A")]

    assert [(one.status, one.json["error"]["details"][0]["path"]) for one in answers] == [(422, "password")] * 2


def test_a_password_that_was_ones_own_before_is_refused_with_the_reason(http: Gateway, ada: Someone) -> None:
    with refusing("ChangePassword", "PasswordHistoryPolicyViolationException"):
        answer = change(ada)

    assert answer.json["error"]["details"] == [{"path": "password", "message": "it was yours before; choose another"}]


def test_who_knows_the_old_password_sets_another(http: Gateway, ada: Someone) -> None:
    done = change(ada)

    assert done.status == 200
    assert (log_in(http, ada.email, PASSWORD), log_in(http, ada.email, NEW)) == (401, 200)


def test_s7_a_changed_password_ends_every_session_the_changing_one_too(http: Gateway, ada: Someone) -> None:
    other = logged_in(http, ada.email)
    before = signed_in_before(other)

    change(ada)

    assert [refresh(http, one) for one in (ada, other)] == [401, 401]
    assert http.but(authorization=f"Bearer {before}").get("/auth/profile").status == 401
    assert ada.http.get("/auth/profile").status == 401


def test_a_wrong_old_password_changes_nothing_and_ends_nothing(http: Gateway, ada: Someone) -> None:
    answer = change(ada, old="Wrong-horse-7-battery")

    assert (answer.status, answer.json["error"]["details"][0]["path"]) == (422, "oldPassword")
    assert ada.http.get("/auth/profile").status == 200
    assert log_in(http, ada.email, PASSWORD) == 200


def test_an_idempotency_key_keeps_no_trace_of_a_password(http: Gateway, ada: Someone) -> None:
    ada.http.but(idempotency_key="key-1").post("/auth/change-password", {"oldPassword": PASSWORD, "password": NEW})

    assert [item for item in Item.scan() if isinstance(item, answers.Answer)] == []
