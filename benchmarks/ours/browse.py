"""Use the API as a frontend would: register, log in, browse a snapshot. Prints JSON.

`python -m benchmarks.ours.browse pages ACCOUNT SOURCE SNAPSHOT STREAM PAGES` gives the milliseconds of each page, `…
count ACCOUNT SOURCE` the calls to AWS behind one authenticated read, counted in front of the local AWS. Every request
goes through the shipped app. The deployment's user pool is made here.
"""

import json
import os
import random
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import boto3
from chalice.test import Client

from benchmarks.ours.counting import Counted, counting

EMAIL, PASSWORD = "bench@example.com", "Correct-horse-7-battery"
PAGE = 100
WARM = 5


@dataclass
class Api:
    """The app, called as API Gateway would."""

    client: Client
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})

    def post(self, path: str, body: Mapping[str, Any]) -> Any:  # noqa: ANN401 (JSON)
        """Send a body, and give the answer's."""
        return self._answered(self.client.http.post(path, headers=self.headers, body=json.dumps(body)))

    def get(self, path: str) -> Any:  # noqa: ANN401 (JSON)
        """Read."""
        return self._answered(self.client.http.get(path, headers=self.headers))

    def _answered(self, answer: Any) -> Any:  # noqa: ANN401 (Chalice's response; JSON)
        if answer.status_code >= 300:
            raise RuntimeError(f"the API answered {answer.status_code}: {answer.body!r}")
        return json.loads(answer.body) if answer.body else None


def pool() -> dict[str, str]:
    """Make the deployment's user pool; give the settings that name it."""
    cognito = boto3.client("cognito-idp")
    made = cognito.create_user_pool(PoolName="bench", UsernameAttributes=["email"], AutoVerifiedAttributes=["email"])
    pool_id = made["UserPool"]["Id"]
    client = cognito.create_user_pool_client(
        UserPoolId=pool_id,
        ClientName="bench",
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    )
    return {"USER_POOL_ID": pool_id, "USER_POOL_CLIENT_ID": client["UserPoolClient"]["ClientId"]}


def logged_in(api: Api, account_id: str) -> None:
    """Register and log in, and enter the account as its owner."""
    from chalicelib.store.accounts import Account
    from chalicelib.store.memberships import Membership

    api.post("/auth/register", {"email": EMAIL, "password": PASSWORD, "name": "Bench"})
    api.post("/auth/confirm", {"email": EMAIL, "code": "123456"})
    login = api.post("/auth/login", {"email": EMAIL, "password": PASSWORD})
    now, user = datetime.now(UTC), login["user"]["userId"]
    Account.new(
        now=now, account_id=account_id, root_account_id=account_id, owner_user_id=user, name="Bench",
        path=f"/{account_id}/",
    ).save()  # fmt: skip
    Membership.new(now=now, user_id=user, account_id=account_id, role="owner").save()
    api.headers |= {
        "Authorization": f"Bearer {login['tokens']['accessToken']}",
        "X-Account-Context": account_id,
    }


def browsed(api: Api, stream: str, pages: int) -> list[float]:
    """Read pages from all over the stream: walk a little, then jump; give milliseconds, without the first few."""
    chance, took, prefix, cursor = random.Random(1), [], "", None
    for number in range(pages + WARM):
        if number % 4 == 0 or cursor is None:
            prefix, cursor = f"cus_{chance.randrange(256):02x}", None
        place = f"prefix={prefix}" + (f"&cursor={cursor}" if cursor else "")
        began = time.perf_counter()
        page = api.get(f"{stream}?limit={PAGE}&{place}")
        took.append((time.perf_counter() - began) * 1000)
        cursor = page.get("nextCursor")
        if not page["items"]:
            raise RuntimeError(f"the page {place} of the stream is empty")
    return took[WARM:]


def main(what: str, account_id: str, source_id: str, *place: str) -> Any:  # noqa: ANN401 (JSON)
    """Log in; then time pages of a stream, or count the calls behind one read of the source."""
    os.environ |= pool()
    with counting(os.environ["AWS_ENDPOINT_URL"]) as counted:
        if what == "count":
            os.environ["AWS_ENDPOINT_URL"] = counted.endpoint
        from app import app

        with Client(app) as client:
            api, source = Api(client), f"/sources/{source_id}"
            logged_in(api, account_id)
            if what == "count":
                return counted_read(api, counted, source)
            snapshot_id, stream, pages = place
            return browsed(api, f"{source}/snapshots/{snapshot_id}/streams/{stream}/records", int(pages))


def counted_read(api: Api, counted: Counted, source: str) -> dict[str, int]:
    """Count the calls of one authenticated read, warm."""
    api.get(source)
    counted.calls.clear()
    api.get(source)
    return dict(counted.names())


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
