"""What the deployed API lets in, and what it does not: tokens, tenants, OAuth, bodies, repeats."""

import base64
import json
from urllib.parse import parse_qs, urlsplit, urlunsplit
from uuid import uuid4

import pytest
import requests

from infra.local.running import Running
from tests.end_to_end.conftest import OpenAccount
from tests.end_to_end.people import PASSWORD, Json, Person, consented
from tests.end_to_end.vendor import Vendor

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("engine")]

UNAUTHENTICATED = (401, "unauthenticated")
BAD_REQUEST = (400, "bad_request")


@pytest.fixture
def stripe(open_account: OpenAccount) -> Vendor:
    return open_account("stripe", coupons=3)


def told(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def bearing(aws: Running, token: str) -> requests.Response:
    return requests.get(f"{aws.api}/sources", headers={"Authorization": f"Bearer {token}"}, timeout=30)


def test_only_an_unchanged_access_token_is_let_in(aws: Running, ada: Person) -> None:
    header, claims, signature = ada.token.split(".")
    owner = json.loads(base64.urlsafe_b64decode(claims + "=="))
    renamed = base64.urlsafe_b64encode(json.dumps({**owner, "sub": str(uuid4())}).encode()).decode().rstrip("=")

    assert ada.get("/sources").status_code == 200
    assert told(requests.get(f"{aws.api}/sources", timeout=30)) == UNAUTHENTICATED
    assert told(bearing(aws, "nonsense")) == UNAUTHENTICATED
    assert told(bearing(aws, f"{header}.{renamed}.{signature}")) == UNAUTHENTICATED
    assert told(bearing(aws, f"{header}.{claims}.{signature[:-8]}AAAAAAAA")) == UNAUTHENTICATED


def test_a_token_of_another_user_pool_is_not_let_in(aws: Running, ada: Person) -> None:
    assert told(bearing(aws, strangers_token(aws, ada.email))) == UNAUTHENTICATED


def test_s4_an_id_token_is_not_let_in(aws: Running, ada: Person) -> None:
    """API Gateway's authorizer need not tell the two kinds apart: the app does."""
    login = requests.post(f"{aws.api}/auth/login", json={"email": ada.email, "password": PASSWORD}, timeout=30)
    tokens = login.json()["tokens"]

    assert bearing(aws, tokens["accessToken"]).status_code == 200
    assert told(bearing(aws, tokens["idToken"])) == UNAUTHENTICATED


def test_nothing_of_another_tenant_is_there(ada: Person, eve: Person, stripe: Vendor) -> None:
    source = ada.add_source(stripe, "coupons")
    snapshot = ada.backed_up(source["job"])
    sources = f"/sources/{source['sourceId']}"
    snapshots = f"{sources}/snapshots/{snapshot['snapshotId']}"
    coupon = stripe.keys("coupons")[0]
    theirs = [
        f"/accounts/{ada.account_id}",
        f"/connections/{source['connectionId']}",
        sources,
        f"/jobs/{source['job']['jobId']}",
        f"{sources}/snapshots",
        snapshots,
        f"{snapshots}/streams/coupons/records",
        f"{snapshots}/streams/coupons/records/{coupon}",
        f"{sources}/streams/coupons/records/{coupon}/history",
        f"{snapshots}/diff?with={snapshot['snapshotId']}",
    ]

    assert {path: ada.get(path).status_code for path in theirs} == dict.fromkeys(theirs, 200)
    assert {path: told(eve.get(path)) for path in theirs} == dict.fromkeys(theirs, (404, "not_found"))
    assert told(eve.post(f"{sources}/sync")) == (404, "not_found")
    assert told(eve.patch(f"/jobs/{source['job']['jobId']}", {"status": "cancelled"})) == (404, "not_found")
    assert told(eve.ask("DELETE", sources)) == (404, "not_found")
    assert told(eve.ask("GET", sources, headers={"X-Account-Context": ada.account_id})) == (403, "forbidden")
    assert eve.items("/sources") == []


def test_an_oauth_state_that_is_forged_or_used_is_refused_and_noted(aws: Running, ada: Person, stripe: Vendor) -> None:
    begun = ada.post("/integrations/oauth/start/stripe", {"name": "Mine"}).json()
    callback = urlsplit(consented(begun["authorizationUrl"], stripe.account))
    given = {name: values[0] for name, values in parse_qs(callback.query).items()}
    path = "/integrations/oauth/callback/stripe"

    forged = ada.get(path, **{**given, "state": "x" * 43})
    first = ada.get(path, **given)
    reused = ada.get(path, **given)

    assert urlunsplit(callback).startswith(f"{ada.api}{path}?")
    assert (told(forged), first.status_code, told(reused)) == (BAD_REQUEST, 200, BAD_REQUEST)
    assert told_of(aws, ada, "connections:authorize") == ["DENIAL", "DENIAL", "EVENT"]
    assert len(ada.items("/connections")) == 1


def test_a_browser_that_did_not_begin_an_authorization_cannot_finish_it(ada: Person, stripe: Vendor) -> None:
    begun = ada.post("/integrations/oauth/start/stripe", {"name": "Mine"}).json()

    finished = requests.get(consented(begun["authorizationUrl"], stripe.account), timeout=30)

    assert told(finished) == BAD_REQUEST
    assert ada.items("/connections") == []


def test_a_field_nobody_knows_is_named(ada: Person) -> None:
    refused = ada.post("/accounts", {"name": "Engines", "owner": "eve"})

    error = refused.json()["error"]
    assert (refused.status_code, [detail["path"] for detail in error["details"]]) == (422, ["owner"])
    assert error["correlationId"] in refused.headers.values()


def test_a_body_that_is_too_large_is_refused(ada: Person) -> None:
    assert told(ada.post("/accounts", {"name": "x" * 300_000})) == (413, "too_large")


def test_the_same_idempotency_key_makes_one_source_and_gives_one_answer(ada: Person, stripe: Vendor) -> None:
    body: Json = {"connectionId": ada.connect(stripe), "name": "Once", "settings": {"streams": ["coupons"]}}
    key = {"Idempotency-Key": str(uuid4())}

    first, second = ada.post("/sources", body, **key), ada.post("/sources", body, **key)
    other = ada.post("/sources", {**body, "name": "Twice"}, **key)

    assert (first.status_code, second.status_code, second.json()) == (201, 201, first.json())
    assert told(other) == (409, "conflict")
    assert [source["sourceId"] for source in ada.items("/sources")] == [first.json()["sourceId"]]


def told_of(aws: Running, person: Person, action: str) -> list[str]:
    """Read from the table what was refused and done of one kind, in the order of its keys."""
    found = aws.engine.client("dynamodb").query(
        TableName=aws.environment()["TABLE"],
        KeyConditionExpression="pk = :activity",
        FilterExpression="#action = :action",
        ExpressionAttributeNames={"#action": "action"},
        ExpressionAttributeValues={
            ":activity": {"S": f"ACCOUNT#{person.account_id}#ACTIVITY"},
            ":action": {"S": action},
        },
    )
    return [item["sk"]["S"].partition("#")[0] for item in found["Items"]]


def strangers_token(aws: Running, email: str) -> str:
    """Sign in to another user pool of the same AWS account, as a user of the same name."""
    cognito = aws.engine.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="elsewhere")["UserPool"]["Id"]
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    client = cognito.create_user_pool_client(UserPoolId=pool, ClientName="app", ExplicitAuthFlows=flows)
    client_id = client["UserPoolClient"]["ClientId"]
    cognito.admin_create_user(UserPoolId=pool, Username=email, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(UserPoolId=pool, Username=email, Password=PASSWORD, Permanent=True)
    given = {"USERNAME": email, "PASSWORD": PASSWORD}
    answer = cognito.initiate_auth(ClientId=client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given)
    return str(answer["AuthenticationResult"]["AccessToken"])
