"""A request for every change there is, each one about objects of its own."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from chalicelib.ids import new_id
from chalicelib.services.outside import outside
from chalicelib.store.accounts import Account
from chalicelib.store.beginnings import begin_job, new_job
from chalicelib.store.connections import Connection
from chalicelib.store.jobs import Job
from chalicelib.store.sources import Source
from sandbox.app import Sandbox
from tests.api.conftest import PASSWORD, RESET_CODE, Someone, a_key, consent, logged_in, signed_up
from tests.api.gateway import Answer, Gateway


@dataclass(frozen=True)
class Stage:
    """Ada, whose login at the vendor works, and whoever has no account yet."""

    http: Gateway
    ada: Someone
    vendors: Sandbox
    connection_id: str

    @property
    def owned(self) -> dict[str, Any]:
        return {"now": datetime.now(UTC), "account_id": self.ada.account_id, "user_id": self.ada.user_id}


@dataclass(frozen=True)
class Change:
    """A request and what it is about: an id, or the field of the answer that has it; `by` whom, if not Ada."""

    http: Gateway
    method: str
    path: str
    body: Any = None
    about: str | None = None
    by: str | None = None

    def send(self, correlation_id: str) -> Answer:
        return self.http.but(x_correlation_id=correlation_id).send(self.method, self.path, self.body)

    def resource_id(self, answer: Answer) -> str | None:
        return answer.json.get(self.about, self.about) if self.about else None


def a_connection(stage: Stage) -> Connection:
    """Another connection with the login that works."""
    connection_id = new_id("con", datetime.now(UTC))
    custody = outside().custody
    custody.store(stage.ada.account_id, connection_id, custody.read(stage.ada.account_id, stage.connection_id))
    fields: dict[str, Any] = {
        "connection_id": connection_id,
        "platform": "stripe",
        "name": "Stripe",
        "auth_type": "api_key",
    }
    made = Connection.new(**stage.owned, **fields)
    made.create()
    return made


def a_source(stage: Stage, connection: Connection | None = None) -> Source:
    used = connection or a_connection(stage)
    ids: dict[str, Any] = {"source_id": new_id("src", datetime.now(UTC)), "connection_id": used.connection_id}
    made = Source.new(**stage.owned, **ids, platform="stripe", name="S")
    made.create()
    return made


def a_job(stage: Stage, source: Source) -> Job:
    """A job under way on a source."""
    now = datetime.now(UTC)
    made = new_job(source, queue="sync", now=now)
    assert begin_job(made, source, now=now)
    return made


def a_sub_account(stage: Stage) -> str:
    account_id, root = new_id("acc", datetime.now(UTC)), stage.ada.account_id
    path = f"/{root}/{account_id}/"
    fields = {"root_account_id": root, "parent_account_id": root, "owner_user_id": stage.ada.user_id, "path": path}
    Account.new(now=datetime.now(UTC), account_id=account_id, **fields, name="Sub", level=1).create()
    return account_id


def _create_account(stage: Stage) -> Change:
    return Change(stage.ada.http, "POST", "/accounts", {"name": "B"}, "accountId")


def _update_account(stage: Stage) -> Change:
    account_id = a_sub_account(stage)
    return Change(stage.ada.http, "PATCH", f"/accounts/{account_id}", {"name": "C"}, account_id)


def _create_sub_account(stage: Stage) -> Change:
    path = f"/accounts/{stage.ada.account_id}/sub-accounts"
    return Change(stage.ada.http, "POST", path, {"name": "D"}, "accountId")


def _switch(stage: Stage) -> Change:
    account_id = a_sub_account(stage)
    return Change(stage.ada.http, "POST", "/account/switch-context", {"accountId": account_id}, account_id)


def _update_current(stage: Stage) -> Change:
    name = new_id("name", datetime.now(UTC))
    return Change(
        stage.ada.http.but(x_account_context=a_sub_account(stage)), "PATCH", "/account", {"name": name}, "accountId"
    )


def _log_out(stage: Stage) -> Change:
    again = logged_in(stage.http, stage.ada.email)
    return Change(again.http, "POST", "/auth/logout", {"refreshToken": again.tokens["refreshToken"]})


def _change_password(stage: Stage) -> Change:
    someone = signed_up(stage.http, f"{new_id('new', datetime.now(UTC)).lower()}@example.com")
    body = {"oldPassword": PASSWORD, "password": PASSWORD + "2"}
    return Change(someone.http, "POST", "/auth/change-password", body, by=someone.user_id)


def _begin_mfa(stage: Stage) -> Change:
    someone = signed_up(stage.http, f"{new_id('new', datetime.now(UTC)).lower()}@example.com")
    return Change(someone.http, "POST", "/auth/mfa", {"password": PASSWORD}, by=someone.user_id)


def _verify_mfa(stage: Stage) -> Change:
    begun = _begin_mfa(stage)
    begun.send("request-before")
    return replace(begun, path="/auth/mfa/verify", body={"code": "123456"})


def _remove_mfa(stage: Stage) -> Change:
    begun = _verify_mfa(stage)
    begun.send("request-before")
    return replace(begun, path="/auth/mfa/remove", body={"password": PASSWORD})


def _connect_by_key(stage: Stage) -> Change:
    key = a_key(stage.vendors, f"acct_{new_id('key', datetime.now(UTC))}")
    return Change(stage.ada.http, "POST", "/connections", {"platform": "stripe", "apiKey": key}, "connectionId")


def _on_connection(method: str, tail: str, body: Any = None) -> Callable[[Stage], Change]:
    def change(stage: Stage) -> Change:
        found = a_connection(stage).connection_id
        return Change(stage.ada.http, method, f"/connections/{found}{tail}", body, found)

    return change


def _on_source(method: str, tail: str, body: Any = None, about: str | None = None) -> Callable[[Stage], Change]:
    def change(stage: Stage) -> Change:
        found = a_source(stage).source_id
        return Change(stage.ada.http, method, f"/sources/{found}{tail}", body, about or found)

    return change


def _cancel(stage: Stage) -> Change:
    job_id = a_job(stage, a_source(stage)).job_id
    return Change(stage.ada.http, "PATCH", f"/jobs/{job_id}", {"status": "cancelled"}, job_id)


def _start_oauth(stage: Stage) -> Change:
    return Change(stage.ada.http, "POST", "/integrations/oauth/start/stripe", {}, "stripe")


def _create_source(stage: Stage) -> Change:
    body = {"connectionId": a_connection(stage).connection_id, "name": "All"}
    return Change(stage.ada.http, "POST", "/sources", body, "sourceId")


CHANGES: dict[str, Callable[[Stage], Change]] = {
    "accounts.create": _create_account,
    "accounts.update": _update_account,
    "account.create-sub-account": _create_sub_account,
    "account.switch-context": _switch,
    "account.update": _update_current,
    "auth.begin-mfa": _begin_mfa,
    "auth.change-password": _change_password,
    "auth.logout": _log_out,
    "auth.remove-mfa": _remove_mfa,
    "auth.verify-mfa": _verify_mfa,
    "connections.create": _connect_by_key,
    "connections.update": _on_connection("PATCH", "", {"name": "Europe"}),
    "connections.delete": _on_connection("DELETE", ""),
    "connections.test": _on_connection("POST", "/test", {}),
    "jobs.update": _cancel,
    "oauth.start": _start_oauth,
    "sources.create": _create_source,
    "sources.update": _on_source("PATCH", "", {"name": "Renamed"}),
    "sources.delete": _on_source("DELETE", ""),
    "sources.sync": _on_source("POST", "/sync", {}, "jobId"),
    "sources.test": _on_source("POST", "/test", {}),
}


def finish_oauth(stage: Stage) -> Change:
    """Come back from the vendor."""
    begun = stage.ada.http.post("/integrations/oauth/start/stripe").json
    return Change(stage.ada.http, "GET", consent(begun["authorizationUrl"], account=new_id("acct", datetime.now(UTC))))


def register(stage: Stage) -> Change:
    body = {"email": f"{new_id('new', datetime.now(UTC)).lower()}@example.com", "password": PASSWORD, "name": "New"}
    return Change(stage.http, "POST", "/auth/register", body)


def reset_password(stage: Stage) -> Change:
    someone = signed_up(stage.http, f"{new_id('new', datetime.now(UTC)).lower()}@example.com")
    stage.http.post("/auth/forgot-password", {"email": someone.email})
    body = {"email": someone.email, "code": RESET_CODE, "password": PASSWORD + "2"}
    return Change(stage.http, "POST", "/auth/reset-password", body)


def delete_running_source(stage: Stage) -> Change:
    source = a_source(stage)
    a_job(stage, source)
    return Change(stage.ada.http, "DELETE", f"/sources/{source.source_id}")


def delete_used_connection(stage: Stage) -> Change:
    """Delete a connection together with two sources, one of them being backed up."""
    connection = a_connection(stage)
    a_job(stage, a_source(stage, connection))
    a_source(stage, connection)
    return Change(stage.ada.http, "DELETE", f"/connections/{connection.connection_id}?cascade=true")


OTHERS: dict[str, Callable[[Stage], Change]] = {
    "oauth.callback": finish_oauth,
    "auth.register": register,
    "auth.reset-password": reset_password,
    "a running source": delete_running_source,
    "a connection in use": delete_used_connection,
}
