"""Connecting by OAuth: the start, and where the vendor sends the browser afterwards."""

from dataclasses import replace
from datetime import datetime
from http.cookies import CookieError, SimpleCookie
from typing import Annotated, Self

from chalice.app import Blueprint, Response
from pydantic import AfterValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from chalicelib.api import answers
from chalicelib.api.caller import Caller, Person, Visitor, authenticate, may
from chalicelib.api.connections import ConnectionView
from chalicelib.api.endpoint import endpoint
from chalicelib.api.incoming import Incoming
from chalicelib.api.models import Body, Name, Query, Tenant, View
from chalicelib.config import settings
from chalicelib.domain.returns import is_ours, with_parameters
from chalicelib.errors import AppError, BadRequestError, ForbiddenError
from chalicelib.services import accounts, denials, oauth, platforms, vendors
from chalicelib.services.outside import outside
from chalicelib.store import users
from chalicelib.store.connections import Connection
from chalicelib.store.oauth_states import OAuthState
from chalicelib.store.recording import Deed

routes = Blueprint(__name__)

COOKIE = "listbackup_oauth"
STARTING = "connections:create"


def _ours(url: str) -> str:
    if not is_ours(url, answers.origins()):
        raise ValueError("it must be a page of one of our apps")
    return url


class Start(Body):
    """`connectionId` authorizes that connection again; `returnTo` is the page of the app the browser ends up at."""

    name: Name | None = Field(default=None, examples=["Stripe, Europe"])
    connection_id: str | None = Field(default=None, max_length=64)
    return_to: Annotated[str, Field(max_length=2048), AfterValidator(_ours)] | None = Field(
        default=None, examples=["https://app.listbackup.ai/connections"]
    )
    tenant: Tenant = Field(default_factory=dict)


class StartView(View):
    """Send the browser to `authorizationUrl`; the answer's cookie lets that browser finish."""

    authorization_url: str
    state: str
    expires_at: datetime


class Callback(Query):
    """What the vendor's redirect brings; vendors add parameters of their own, which their connectors know."""

    model_config = ConfigDict(alias_generator=to_camel, extra="allow", frozen=True)

    state: Annotated[str, Field(min_length=1, max_length=256)]
    code: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    error: Annotated[str, Field(max_length=256)] | None = None

    def told(self) -> dict[str, str]:
        """Give all parameters as they came."""
        return {name: str(value) for name, value in self.model_dump(exclude_none=True).items()}


class CallbackView(View):
    connection: ConnectionView

    @classmethod
    def of(cls, connection: Connection) -> Self:
        """Show what was connected."""
        return cls(connection=ConnectionView.of(connection))


@endpoint(
    routes,
    "POST",
    "/integrations/oauth/start/{provider}",
    name="oauth.start",
    allow=STARTING,
    body=Start,
    returns=StartView,
    status=201,
    repeatable=False,
    errors=(404, 409, 429, 502),
)
def start(caller: Caller, provider: str, body: Start, deed: Deed) -> Response:
    """Begin to connect a platform, or to authorize a connection again in place."""
    wish = oauth.Wish(body.name, body.connection_id, body.return_to, body.tenant)
    connector, back = platforms.connector(provider), _redirect_uri(provider)
    vendors.must_have_leave(caller.account.root_account_id, caller.now)
    begun = oauth.begin(connector, outside().custody, wish, deed, redirect_uri=back)
    view = StartView(authorization_url=begun.url, state=begun.state, expires_at=begun.expires_at)
    return answers.answer(Incoming(routes.current_request), 201, view, {"Set-Cookie": _cookie(begun.binding)})


@endpoint(
    routes,
    "GET",
    "/integrations/oauth/callback/{provider}",
    name="oauth.callback",
    on="public",
    query=Callback,
    returns=CallbackView,
    errors=(303, 400, 403, 404, 409, 502, 503),
)
def callback(caller: Visitor, provider: str, query: Callback) -> Response:
    """Finish what was begun: in the browser that holds the start's cookie, or with its user's access token."""
    incoming = Incoming(routes.current_request)
    connector, person = platforms.connector(provider), _person(incoming, caller.now)
    proof = oauth.Proof(_binding(incoming), person.user_id if person else None)
    try:
        state = oauth.claim(provider, query.state, proof, redirect_uri=_redirect_uri(provider), now=caller.now)
    except BadRequestError:
        _record_forgery(person, provider, caller)
        raise
    try:
        if query.code is None:
            raise BadRequestError(f"the platform did not authorize it ({query.error or 'no code'}); start it again")
        deed = Deed(state.account_id, state.user_id, "connections:authorize", caller.correlation_id, caller.now)
        _must_still_be_allowed(state, deed)
        connection = oauth.finish(connector, outside().custody, state, query.told(), deed)
    except AppError as failed:
        return _failed(incoming, state, failed)
    return _finished(incoming, state, connection)


def _must_still_be_allowed(state: OAuthState, deed: Deed) -> None:
    """Ask for the start's permission once more, of who its user is now; raises ForbiddenError."""
    user, memberships = users.with_memberships(state.user_id)
    if user is None or not may(user, memberships, STARTING, state.account_id):
        told = replace(deed, told=accounts.belongs(memberships, state.account_id))
        denials.tell(told, {"platform": state.platform})
        raise ForbiddenError(f"whoever began this may no longer do it ({STARTING}); ask an owner of the account")


def _finished(incoming: Incoming, state: OAuthState, connection: Connection) -> Response:
    if not state.return_to:
        return answers.answer(incoming, 200, CallbackView.of(connection), {"Set-Cookie": _cookie(None)})
    found = {"status": "connected", "connectionId": connection.connection_id}
    return answers.redirect(incoming, with_parameters(state.return_to, found), {"Set-Cookie": _cookie(None)})


def _failed(incoming: Incoming, state: OAuthState, failed: AppError) -> Response:
    refusal = answers.refusal(incoming, failed)
    if not state.return_to:
        return refusal
    code = answers.code_of(failed)
    return answers.redirect(incoming, with_parameters(state.return_to, {"status": "failed", "error": code}))


def _person(incoming: Incoming, now: datetime) -> Person | None:
    """Find out who calls, where they say so; a browser that was redirected does not."""
    return authenticate(incoming, now) if incoming.header("authorization") else None


def _record_forgery(person: Person | None, provider: str, visitor: Visitor) -> None:
    """Leave a refused state in the activity of whoever sent it, where they are known."""
    if person is not None:
        user, asked = person.user, visitor.correlation_id
        deed = accounts.own_deed(user, person.memberships, "connections:authorize", asked, visitor.now)
        denials.tell(deed, {"platform": provider})


def _redirect_uri(provider: str) -> str:
    return f"{settings().oauth_redirect_base.rstrip('/')}/integrations/oauth/callback/{provider}"


def _cookie(binding: str | None) -> str:
    """Write the cookie that only the callback reads: for ten minutes, or (None) to be forgotten."""
    age = int(oauth.LIFETIME.total_seconds()) if binding else 0
    secure = "; Secure" if settings().oauth_redirect_base.startswith("https://") else ""
    return f"{COOKIE}={binding or ''}; Max-Age={age}; Path=/; HttpOnly; SameSite=Lax{secure}"


def _binding(incoming: Incoming) -> str | None:
    try:
        found = SimpleCookie(incoming.first_header("cookie") or "").get(COOKIE)
    except CookieError:
        return None
    return found.value if found else None
