"""People who use a running deployment, over HTTP and nothing else."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from infra.local.running import Running
from tests.end_to_end.vendor import Vendor
from tests.end_to_end.waiting import until

PASSWORD = "Correct-horse-7-battery"
TIMEOUT_SECONDS = 60
ENDED = {"completed", "partial", "failed", "cancelled"}
Json = dict[str, Any]


@dataclass(frozen=True)
class Person:
    """A signed-in user, and the account they act in."""

    api: str
    email: str
    user_id: str
    account_id: str
    token: str = field(repr=False)

    def ask(self, method: str, path: str, **sent: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}", **sent.pop("headers", {})}
        return requests.request(method, self.api + path, headers=headers, timeout=TIMEOUT_SECONDS, **sent)

    def get(self, path: str, **query: Any) -> requests.Response:
        return self.ask("GET", path, params=query)

    def post(self, path: str, body: Any = None, **headers: str) -> requests.Response:
        return self.ask("POST", path, json={} if body is None else body, headers=headers)

    def patch(self, path: str, body: Any) -> requests.Response:
        return self.ask("PATCH", path, json=body)

    def shown(self, path: str, **query: Any) -> Json:
        """Give an answer that must be there."""
        answer = self.get(path, **query)
        assert answer.ok, answer.text
        found: Json = answer.json()
        return found

    def items(self, path: str, **query: Any) -> list[Json]:
        """List all the items of a paged list."""
        found: list[Json] = []
        cursor: dict[str, str] = {}
        while True:
            page = self.shown(path, limit=200, **query, **cursor)
            found += page["items"]
            if not page["nextCursor"]:
                return found
            cursor = {"cursor": page["nextCursor"]}

    def connect(self, vendor: Vendor) -> str:
        """Connect a vendor's account by OAuth; gives the connection's id."""
        begun = self.post(f"/integrations/oauth/start/{vendor.name}", {"name": vendor.account})
        assert begun.status_code == 201, begun.text
        finished = requests.get(
            consented(begun.json()["authorizationUrl"], vendor.account),
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=TIMEOUT_SECONDS,
        )
        assert finished.status_code == 200, finished.text
        return str(finished.json()["connection"]["connectionId"])

    def add_source(self, vendor: Vendor, *streams: str) -> Json:
        """Connect an account and back up these streams of it (all, if none is named); the first job has begun."""
        settings = {"streams": list(streams) or None, "intervalMinutes": None}
        body = {"connectionId": self.connect(vendor), "name": vendor.account, "settings": settings}
        made = self.post("/sources", body)
        assert made.status_code == 201, made.text
        source: Json = made.json()
        return source

    def sync(self, source: Json, mode: str = "incremental") -> Json:
        """Ask for a backup; gives its job."""
        asked = self.post(f"/sources/{source['sourceId']}/sync", {"mode": mode})
        assert asked.status_code == 202, asked.text
        job: Json = asked.json()
        return job

    def job(self, job: Json) -> Json:
        return self.shown(f"/jobs/{job['jobId']}")

    def ended(self, job: Json, seconds: float = 90) -> Json:
        """Wait for a job's end."""
        return until(
            f"job {job['jobId']} ends", lambda: self.job(job), lambda found: found["status"] in ENDED, seconds=seconds
        )

    def backed_up(self, job: Json) -> Json:
        """Wait for a job that must end well, and give its snapshot."""
        ended = self.ended(job)
        snapshot = self.snapshot(ended)
        assert ended["status"] == "completed", (ended["error"], snapshot["reasons"], ended["progress"])
        assert snapshot["verified"]
        return snapshot

    def snapshot(self, job: Json) -> Json:
        return self.shown(f"/sources/{job['sourceId']}/snapshots/{job['snapshotId']}")

    def records(self, snapshot: Json, stream: str) -> list[Json]:
        """Browse all a stream's records as of a snapshot."""
        return self.items(
            f"/sources/{snapshot['sourceId']}/snapshots/{snapshot['snapshotId']}/streams/{stream}/records"
        )

    def source(self, source: Json) -> Json:
        return self.shown(f"/sources/{source['sourceId']}")


def sign_up(aws: Running, name: str) -> Person:
    """Register, confirm with the mailed code, and log in."""
    email = f"{name}@example.com"
    steps: dict[str, Callable[[], Json]] = {
        "register": lambda: {"email": email, "password": PASSWORD, "name": name},
        "confirm": lambda: {"email": email, "code": aws.code_for(email)},
    }
    for path, body in steps.items():
        answer = requests.post(f"{aws.api}/auth/{path}", json=body(), timeout=TIMEOUT_SECONDS)
        assert answer.ok, answer.text
    return log_in(aws, email)


def log_in(aws: Running, email: str) -> Person:
    """Log in with the one password that everybody has here."""
    given = {"email": email, "password": PASSWORD}
    answer = requests.post(f"{aws.api}/auth/login", json=given, timeout=TIMEOUT_SECONDS)
    assert answer.ok, answer.text
    login = answer.json()
    account = login["accounts"][0]["accountId"]
    return Person(aws.api, email, login["user"]["userId"], account, login["tokens"]["accessToken"])


def consented(authorization_url: str, account: str, decision: str = "approve") -> str:
    """Decide on the vendor's consent page as its user does; gives where it sends the browser back to."""
    page = urlsplit(authorization_url)
    form = {**dict(parse_qsl(page.query)), "decision": decision, "account": account}
    url = page._replace(query="").geturl()
    answer = requests.post(url, data=form, allow_redirects=False, timeout=TIMEOUT_SECONDS)
    assert "Location" in answer.headers, answer.text
    return answer.headers["Location"]
