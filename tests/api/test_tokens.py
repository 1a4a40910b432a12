"""Only an access token of our own pool and app, now, opens a door."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from moto.utilities.utils import load_resource

from chalicelib.ids import new_id
from chalicelib.services import auth
from chalicelib.store.ended_sessions import EndedSession
from chalicelib.store.recording import Deed
from chalicelib.store.table import Item
from chalicelib.store.users import User
from tests.api.conftest import Pool, Someone, claims_of, logged_in, new_client, sign
from tests.api.gateway import Answer, Gateway
from tests.faults.calls import seen

HOUR = 3600


def refused(http: Gateway, token: str) -> bool:
    answer = http.but(authorization=f"Bearer {token}").get("/auth/profile")
    return (answer.status, answer.code) == (401, "unauthenticated")


def changed(someone: Someone, **claims: Any) -> str:
    return sign({**claims_of(someone.tokens["accessToken"]), **claims})


@pytest.mark.parametrize("header", [None, "", "Basic YTpi", "Bearer", "Bearer ", "Bearer x", "Bearer a.b.c"])
def test_s1_no_or_another_authorization_is_refused(http: Gateway, header: str | None) -> None:
    answer = http.but(authorization=header).get("/auth/profile")

    assert (answer.status, answer.code) == (401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_like_the_pools_own_is_accepted(ada: Someone) -> None:
    assert not refused(ada.http, changed(ada))


def test_s2_an_unsigned_token_is_refused(ada: Someone) -> None:
    body = base64.urlsafe_b64encode(json.dumps(claims_of(ada.tokens["accessToken"])).encode()).decode().rstrip("=")
    head = base64.urlsafe_b64encode(b'{"alg":"none","kid":"dummy"}').decode().rstrip("=")

    assert refused(ada.http, f"{head}.{body}.")


def test_s2_a_token_signed_with_the_public_key_as_a_secret_is_refused(ada: Someone) -> None:
    public = json.dumps(load_resource("cognitoidp/resources/jwks-public.json")).encode()
    forged = jwt.encode(
        {"alg": "HS256", "kid": "dummy"}, claims_of(ada.tokens["accessToken"]), OctKey.import_key(public)
    )

    assert refused(ada.http, forged)


def test_s2_a_token_that_brings_its_own_key_is_refused(ada: Someone) -> None:
    own = RSAKey.generate_key(2048, auto_kid=True)
    claims = claims_of(ada.tokens["accessToken"])
    header = {"alg": "RS256", "kid": "dummy", "jwk": own.as_dict(private=False), "jku": "https://evil.test/keys"}

    assert refused(ada.http, jwt.encode(header, claims, own))


def test_a_token_under_an_unknown_key_is_refused(ada: Someone) -> None:
    assert refused(ada.http, sign(claims_of(ada.tokens["accessToken"]), kid="another"))


def test_s3_another_pools_token_is_refused(ada: Someone) -> None:
    assert refused(ada.http, changed(ada, iss="https://cognito-idp.us-east-1.amazonaws.com/us-east-1_other"))


def test_s4_an_id_token_is_refused(ada: Someone) -> None:
    assert refused(ada.http, ada.tokens["idToken"])


def test_s5_a_token_of_another_app_is_refused(ada: Someone, pool: Pool) -> None:
    assert refused(ada.http, changed(ada, client_id=new_client(pool.pool_id)))


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 1},
        {"nbf": 4_000_000_000},
        {"iat": 4_000_000_000},
        {"exp": "soon"},
        {"exp": None},
        {"sub": "ada"},
        {"sub": 7},
    ],
)
def test_s6_a_token_out_of_its_time_or_out_of_shape_is_refused(ada: Someone, claims: dict[str, Any]) -> None:
    assert refused(ada.http, changed(ada, **claims))


def test_s7_a_token_is_refused_after_its_session_was_ended(ada: Someone) -> None:
    ada.http.post("/auth/logout", {"refreshToken": ada.tokens["refreshToken"]})

    assert refused(ada.http, ada.tokens["accessToken"])
    assert ada.http.post("/auth/refresh", {"refreshToken": ada.tokens["refreshToken"]}).status == 401


def test_s7_another_session_goes_on_after_one_was_ended(http: Gateway, ada: Someone) -> None:
    other = logged_in(http, ada.email)

    ada.http.post("/auth/logout")

    assert other.http.get("/auth/profile").status == 200


def test_s7_every_session_is_ended_by_logging_out_everywhere(http: Gateway, ada: Someone) -> None:
    other = changed(ada, origin_jti="another", auth_time=1_700_000_000, iat=1_700_000_000)
    soon = int(datetime.now(UTC).timestamp()) + 30
    refreshed_since = changed(ada, origin_jti="another", auth_time=1_700_000_000, iat=soon)

    ada.http.post("/auth/logout", {"everywhere": True})

    assert refused(http, other)
    assert refused(http, refreshed_since)
    assert refused(http, ada.tokens["accessToken"])
    assert http.post("/auth/refresh", {"refreshToken": ada.tokens["refreshToken"]}).status == 401


def test_s7_logging_out_everywhere_with_a_refresh_token_ends_the_other_sessions_too(
    http: Gateway, ada: Someone
) -> None:
    other = logged_in(http, ada.email)

    answer = ada.http.post("/auth/logout", {"everywhere": True, "refreshToken": ada.tokens["refreshToken"]})

    assert answer.status == 200
    assert refused(http, ada.tokens["accessToken"])
    assert {refreshed(http, one).status for one in (ada, other)} == {401}


def test_s7_a_session_that_the_pool_has_ended_already_is_ended_here_too(
    pool: Pool, http: Gateway, ada: Someone
) -> None:
    boto3.client("cognito-idp").global_sign_out(AccessToken=ada.tokens["accessToken"])

    assert ada.http.post("/auth/logout", {"everywhere": True}).status == 200
    assert refused(http, ada.tokens["accessToken"])


def test_s7_a_session_ended_without_its_refresh_token_stays_ended_as_long_as_that_lives(
    http: Gateway, ada: Someone
) -> None:
    ada.http.post("/auth/logout")
    log_out_again(ada, datetime.now(UTC) + timedelta(days=29))

    tokens = refreshed(http, ada).json
    assert refused(http, tokens["accessToken"])


def test_s7_a_session_is_ended_though_its_user_is_changed_at_the_same_moment(ada: Someone) -> None:
    def rename(name: str, _: dict[str, Any]) -> None:
        if name == "TransactWriteItems":
            user_of(ada).update(actions=[User.name.set("Ada Lovelace"), User.version.add(1)])

    with seen("before-call", rename):
        answer = ada.http.post("/auth/logout", {"everywhere": True})

    assert answer.status == 200
    assert refused(ada.http, ada.tokens["accessToken"])
    assert user_of(ada).name == "Ada Lovelace"


def test_s7_no_number_of_ended_sessions_makes_a_users_own_reads_larger(ada: Someone) -> None:
    before = len(list(Item.query(f"USER#{ada.user_id}")))
    ended = [end_another(user_of(ada), ada.account_id, datetime.now(UTC)) for _ in range(50)]

    assert len(list(Item.query(f"USER#{ada.user_id}"))) == before
    assert len(str(user_of(ada).serialize())) < 1000
    assert all(refused(ada.http, changed(ada, origin_jti=session)) for session in ended[::10])
    assert not refused(ada.http, ada.tokens["accessToken"])


def test_an_ended_session_is_forgotten_when_it_could_have_no_token_left(ada: Someone) -> None:
    now = datetime.now(UTC)
    session = end_another(user_of(ada), ada.account_id, now)

    kept = EndedSession.fetch(user_id=ada.user_id, session=session)

    assert kept is not None
    assert kept.ttl == int((now + auth.SESSIONS_LAST).timestamp())


def user_of(someone: Someone) -> User:
    user = User.fetch(user_id=someone.user_id)
    assert user is not None
    return user


def log_out_again(someone: Someone, now: datetime) -> None:
    """End another session of the same user."""
    end_another(user_of(someone), someone.account_id, now)


def end_another(user: User, account_id: str, now: datetime) -> str:
    """End a session of a user; its name."""
    session = new_id("session", now)
    deed = Deed(account_id, user.user_id, "profile:end-session", "request-2", now)
    auth.end_session(user, session, deed, everywhere=False)
    return session


def refreshed(http: Gateway, someone: Someone) -> Answer:
    return http.post("/auth/refresh", {"refreshToken": someone.tokens["refreshToken"]})


def test_s7_a_suspended_user_is_refused(http: Gateway, ada: Someone) -> None:
    user_of(ada).update(actions=[User.status.set("suspended")])

    assert ada.http.get("/sources").status == 403
    assert http.post("/auth/login", {"email": ada.email, "password": "Correct-horse-7-battery"}).status == 401


def test_s9_two_authorizations_are_refused(ada: Someone) -> None:
    token = f"Bearer {ada.tokens['accessToken']}"

    answer = ada.http.but(authorization=[token, "Bearer another"]).get("/auth/profile")

    assert (answer.status, answer.code) == (400, "bad_request")


def test_s9_a_token_in_the_query_is_no_token(http: Gateway, ada: Someone) -> None:
    assert http.get(f"/auth/profile?access_token={ada.tokens['accessToken']}").status == 401


def test_a_user_the_pool_knows_and_we_do_not_is_refused(pool: Pool, http: Gateway) -> None:
    cognito = boto3.client("cognito-idp")
    cognito.sign_up(ClientId=pool.client_id, Username="new@example.com", Password="Correct-horse-7-battery")
    cognito.admin_confirm_sign_up(UserPoolId=pool.pool_id, Username="new@example.com")
    tokens = cognito.initiate_auth(
        ClientId=pool.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "new@example.com", "PASSWORD": "Correct-horse-7-battery"},
    )["AuthenticationResult"]

    assert refused(http, tokens["AccessToken"])


BELIEVED_ELSEWHERE = {
    "custom:tenant": "{}", "custom:role": "owner", "custom:accountId": "{}", "cognito:groups": ["admin", "owner"],
    "cognito:username": "somebody", "username": "somebody", "email": "eve@example.org", "email_verified": True,
    "scope": "aws.cognito.signin.user.admin listbackup/admin", "role": "owner", "accountId": "{}", "permissions": ["*"],
}  # fmt: skip


def test_s28_no_claim_but_whose_token_it_is_and_for_what_is_believed(ada: Someone, eve: Someone) -> None:
    claims = {name: eve.account_id if value == "{}" else value for name, value in BELIEVED_ELSEWHERE.items()}
    http = ada.http.but(authorization=f"Bearer {changed(ada, **claims)}")

    assert http.get("/auth/profile").json == ada.http.get("/auth/profile").json
    assert http.get(f"/accounts/{eve.account_id}").status == 404
    assert http.but(x_account_context=eve.account_id).get("/sources").status == 403


def test_s28_what_a_user_writes_about_themselves_in_the_pool_changes_nothing(http: Gateway, ada: Someone) -> None:
    boto3.client("cognito-idp").update_user_attributes(
        AccessToken=ada.tokens["accessToken"], UserAttributes=[{"Name": "name", "Value": "Eve"}]
    )

    assert logged_in(http, ada.email).http.get("/auth/profile").json["name"] == "Ada"
