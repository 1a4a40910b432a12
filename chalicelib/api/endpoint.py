"""The one way to declare an endpoint: what it takes, what it answers, who may call it, whose deed it is.

From the same declaration come the route, its authorizer, every check on the way in, the answer's shape, and its place
in the OpenAPI document.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal, TypeVar

from chalice.app import Blueprint, Response

from chalicelib.api import answers, repeats
from chalicelib.api.caller import (
    AUTHORIZER,
    Caller,
    Keys,
    Person,
    Visitor,
    account_keys,
    acting,
    allowed,
    at,
    authenticate,
    context_keys,
)
from chalicelib.api.incoming import Incoming
from chalicelib.api.models import Body, Nothing, Query, View
from chalicelib.aws.failures import is_of_aws, is_transient
from chalicelib.errors import AppError, FaultError, ForbiddenError, NotFoundError, RetryableError
from chalicelib.services import accounts, denials
from chalicelib.store.memberships import Membership
from chalicelib.store.recording import Deed
from chalicelib.store.table import Item
from chalicelib.store.users import User
from chalicelib.telemetry import logger, metrics, place_met

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Outcome = View | Response | None
Act = Callable[..., Outcome]
F = TypeVar("F", bound=Act)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One declared endpoint.

    `on`: "public" needs no token; "self" is about the user; "context" acts in the account of X-Account-Context;
    anything else is the path parameter that names the account.
    """

    name: str
    method: Method
    path: str
    act: Act
    summary: str
    on: str
    allow: str | None
    body: type[Body] | None
    query: type[Query] | None
    returns: type[View]
    status: int
    reads: type[Item] | None
    repeatable: bool
    errors: tuple[int, ...]

    @property
    def changes(self) -> bool:
        return self.method != "GET" and self.allow is not None


ENDPOINTS: list[Endpoint] = []
_PREFLIGHTS: set[tuple[int, str]] = set()


def endpoint(
    routes: Blueprint,
    method: Method,
    path: str,
    *,
    name: str,
    allow: str | None = None,
    on: str = "context",
    body: type[Body] | None = None,
    query: type[Query] | None = None,
    returns: type[View] = Nothing,
    status: int = 200,
    reads: type[Item] | None = None,
    repeatable: bool = True,
    errors: tuple[int, ...] = (),
) -> Callable[[F], F]:
    """Declare an endpoint; `name` is its operation's in the OpenAPI document, `allow` the permission it needs.

    The function gets `caller` (a Visitor, Person or Caller by `on`), its path parameters, and `body` and `query` where
    they are declared; `reads` is an item that the path names, read together with the account and given as `found`; a
    change is also given the `deed`, to be recorded with what it writes. A POST that is `repeatable` gives the same
    answer to the same Idempotency-Key.
    """

    def declare(act: F) -> F:
        declared = Endpoint(
            name=name,
            method=method,
            path=path,
            act=act,
            summary=(act.__doc__ or "").strip().partition("\n")[0],
            on=on,
            allow=allow,
            body=body,
            query=query,
            returns=returns,
            status=status,
            reads=reads,
            repeatable=repeatable and method == "POST" and on != "public",
            errors=errors,
        )
        ENDPOINTS.append(declared)
        _route(routes, declared)
        return act

    return declare


def _route(routes: Blueprint, declared: Endpoint) -> None:
    authorizer = {} if declared.on == "public" else {"authorizer": AUTHORIZER}
    view = _view(partial(_respond, routes, declared), declared.name)
    routes.route(declared.path, methods=[declared.method], content_types=[], name=declared.name, **authorizer)(view)
    if (id(routes), declared.path) not in _PREFLIGHTS:
        _PREFLIGHTS.add((id(routes), declared.path))
        asks = _view(lambda **_: answers.preflight(Incoming(routes.current_request)), f"{declared.name}.preflight")
        routes.route(declared.path, methods=["OPTIONS"], content_types=[], name=f"{declared.name}.preflight")(asks)


def _view(function: Callable[..., Response], name: str) -> Callable[..., Response]:
    """Give Chalice a function with a name of its own."""

    def view(**parameters: str) -> Response:
        return function(**parameters)

    view.__name__ = name
    return view


def _respond(routes: Blueprint, declared: Endpoint, **_encoded: str) -> Response:
    """Answer one request, whatever happens."""
    incoming, now = Incoming(routes.current_request), datetime.now(UTC)
    logger.append_keys(correlation_id=incoming.correlation_id, operation=declared.name)
    try:
        return _answered(declared, incoming, now)
    except AppError as error:
        logger.info("refused", error=type(error).__name__)
        metrics.add_metric(name=type(error).__name__, unit="Count", value=1)
        return answers.refusal(incoming, error)
    except Exception as fault:  # noqa: BLE001  logged and answered as what it is, a fault of ours
        return answers.refusal(incoming, _told(fault))


def _told(fault: Exception) -> AppError:
    """Log what nobody expected, and give what the caller may know; only AWS's own words go into the log."""
    if is_transient(fault):
        logger.warning("AWS did not answer as it should", error=type(fault).__name__)
        return RetryableError("something this depends on is busy; try again")
    said = {"said": str(fault)} if is_of_aws(fault) else {}
    logger.error("an answer failed", extra=place_met(fault) | said)
    return FaultError(f"the answer met {type(fault).__name__}; its log tells where")


def _answered(declared: Endpoint, incoming: Incoming, now: datetime) -> Response:
    if declared.on == "public":
        return _performed(declared, incoming, Visitor(now, incoming.correlation_id))
    person = authenticate(incoming, now, lambda user, held: _keys(declared, user, held, incoming))
    logger.append_keys(user_id=person.user_id)
    with _denials(declared, incoming, person):
        caller = _placed(declared, person, incoming)
    with _denials(declared, incoming, caller):
        allowed(caller, str(declared.allow))
        return _performed(declared, incoming, caller)


@contextmanager
def _denials(declared: Endpoint, incoming: Incoming, person: Person) -> Iterator[None]:
    """Leave what is forbidden in the activity of the account it was tried in, or else of the caller's own."""
    try:
        yield
    except ForbiddenError:
        denials.tell(_deed(declared, person), _attempt(incoming))
        raise


def _keys(declared: Endpoint, user: User, memberships: Sequence[Membership], incoming: Incoming) -> Keys:
    """Say what to read together with the caller: the account the request is about, and the object in it."""
    if declared.on == "self":
        return ()
    if declared.on == "context":
        return context_keys(user, memberships, incoming, declared.reads)
    return account_keys(incoming.path_parameters()[declared.on], memberships)


def _placed(declared: Endpoint, person: Person, incoming: Incoming) -> Person:
    if declared.on == "self":
        return person
    if declared.on == "context":
        return acting(person, incoming, declared.reads)
    return at(person, incoming.path_parameters()[declared.on], incoming)


def _performed(declared: Endpoint, incoming: Incoming, caller: Visitor) -> Response:
    given = _arguments(declared, incoming)
    if declared.reads and isinstance(caller, Caller):
        given["found"] = _found(caller.found)
    if declared.changes and isinstance(caller, Person):
        given["deed"] = _deed(declared, caller)
    if not (declared.repeatable and isinstance(caller, Person)):
        return _done(declared, incoming, caller, given)
    return repeats.once(declared.name, caller, incoming, lambda: _done(declared, incoming, caller, given))


def _done(declared: Endpoint, incoming: Incoming, caller: Visitor, given: Mapping[str, Any]) -> Response:
    outcome = declared.act(caller, **given)
    if isinstance(outcome, Response):
        return outcome
    return answers.answer(incoming, declared.status, outcome or Nothing())


def _arguments(declared: Endpoint, incoming: Incoming) -> dict[str, Any]:
    given: dict[str, Any] = dict(incoming.path_parameters())
    query = incoming.query(declared.query)
    if query is not None:
        given["query"] = query
    if declared.body is not None:
        given["body"] = incoming.body(declared.body)
    return given


def _found(item: Item | None) -> Item:
    if item is None:
        raise NotFoundError("there is no such object")
    return item


def _deed(declared: Endpoint, person: Person) -> Deed:
    if isinstance(person, Caller):
        return Deed(person.account_id, person.user_id, str(declared.allow), person.correlation_id, person.now)
    return accounts.own_deed(person.user, person.memberships, str(declared.allow), person.correlation_id, person.now)


def _attempt(incoming: Incoming) -> dict[str, Any]:
    """Tell what was tried; a parameter that is no id may be a record's key, which is content."""
    ids = {name: value for name, value in incoming.path_parameters().items() if name.endswith("_id")}
    return {
        "route": f"{incoming.method} {incoming.route}",
        "parameters": ids,
        "accountContext": (incoming.first_header("x-account-context") or "")[:64],
    }
