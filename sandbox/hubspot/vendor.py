"""HubSpot as a whole: who is asking, how often, and which endpoint answers."""

import re
from collections.abc import Mapping
from typing import ClassVar
from uuid import uuid4

from sandbox.grants import Grant, TokenRefusedError

# Importing them is what registers their routes.
from sandbox.hubspot import (
    around,  # noqa: F401
    associations,  # noqa: F401
    automation,  # noqa: F401
    cms,  # noqa: F401
    conversations,  # noqa: F401
    errors,
    files,
    groups,  # noqa: F401
    labels,  # noqa: F401
    lists,  # noqa: F401
    marketing,  # noqa: F401
    oauth,
    schemas,  # noqa: F401
    scopes,
    search,  # noqa: F401
)
from sandbox.hubspot.account import HubSpotAccount
from sandbox.hubspot.call import Call, routes
from sandbox.hubspot.kinds import KINDS
from sandbox.hubspot.shelves import SHELVES
from sandbox.messages import RefusedError, Request, Response
from sandbox.settings import Limit
from sandbox.spelling import encode
from sandbox.vendor import Envelope, Vendor
from sandbox.webhooks import Notification, Occasion, base64_mac

OBJECTS = "/crm/v3/objects/"
SUBSCRIPTION_ID = 33_445


class HubSpot(Vendor[HubSpotAccount]):
    name: ClassVar[str] = "hubspot"
    hosts: ClassVar[tuple[str, ...]] = ("api.hubapi.com", "app.hubspot.com")
    envelope: ClassVar[Envelope] = Envelope("results", "id", ("paging",))
    default_account: ClassVar[str] = "62515"
    account_names: ClassVar[re.Pattern[str]] = re.compile(r"\d{1,12}")

    def answer(self, request: Request) -> Response:
        response = self._app(request) if request.host == "app.hubspot.com" else self._api(request)
        response.headers["X-HubSpot-Correlation-Id"] = str(uuid4())
        return response

    def _app(self, request: Request) -> Response:
        # The portal's number may stand in the path: /oauth/62515/authorize.
        parts = request.path.strip("/").split("/")
        if parts[0] == "oauth" and parts[-1] == "authorize" and request.method in ("GET", "POST"):
            return oauth.authorize(self, request)
        return errors.failed(404)

    def _api(self, request: Request) -> Response:
        match request.method, request.path.strip("/").split("/"):
            case ("POST", ["oauth", _, "token"]):
                return oauth.token(self, request)
            case ("GET", ["oauth", "v1", "access-tokens", text]):
                return oauth.describe_access(self, text)
            case ("GET", ["oauth", "v1", "refresh-tokens", text]):
                return oauth.describe_refresh(self, text)
            case ("DELETE", ["oauth", "v1", "refresh-tokens", text]):
                return oauth.revoke(self, text)
            case ("POST", ["oauth", _, "token", "revoke"]):
                return oauth.revoke(self, request.form.get("token", ""))
            case ("GET", ["filemanager", "api", "v3", "files", portal, key, "content"]):
                return files.read_signed(self.account(portal), request, key, self.clock.now())
        try:
            grant = self.grants.check(request.bearer, self.clock.now())
        except TokenRefusedError as refused:
            return errors.unauthorized(refused.reason)
        return self._metered(request, grant)

    def _metered(self, request: Request, grant: Grant) -> Response:
        """Count the call; searches have a limit of their own, and do not tell of it."""
        searches = request.path.startswith(OBJECTS) and request.path.endswith("/search")
        if searches and not self.meter.take(f"{grant.account} search", self.settings.search_limit).allowed:
            return errors.rate_limited("SECONDLY")
        verdict = self.meter.take(grant.account, self.settings.limit)
        response = self._routed(request, grant) if verdict.allowed else errors.rate_limited("TEN_SECONDLY_ROLLING")
        if not searches and self.settings.limit.requests:
            response.headers |= _rate_headers(self.settings.limit, verdict.remaining)
        return response

    def _routed(self, request: Request, grant: Grant) -> Response:
        found = routes.find(request.method, request.path)
        if found is None:
            return errors.error(404, "OBJECT_NOT_FOUND", f"no route for {request.method} {request.path}")
        view, params = found
        account = self.account(grant.account)
        with account.lock:
            try:
                return view(Call(request, params, account, grant))
            except RefusedError as refused:
                return refused.response
            except (KeyError, TypeError, ValueError) as error:
                return errors.error(400, "VALIDATION_ERROR", f"Invalid input JSON: {error}")

    def open_account(self, account_id: str, seed: int, sizes: Mapping[str, int]) -> HubSpotAccount:
        defaults = {kind.name: kind.size for kind in KINDS} | {shelf.name: shelf.size for shelf in SHELVES}
        return HubSpotAccount(account_id, seed, self.scaled(defaults, sizes), self.clock, self.settings)

    def rate_limited(self, retry_after: str | None) -> Response:
        return errors.rate_limited("TEN_SECONDLY_ROLLING", retry_after)

    def failed(self, status: int) -> Response:
        return errors.failed(status)

    def unauthorized(self, reason: str) -> Response:
        return errors.unauthorized(reason)

    def lost_place(self) -> Response:
        return errors.invalid("Invalid after").response

    def collection_of(self, path: str) -> str:
        name = (
            path.removeprefix(OBJECTS).partition("/")[0]
            if path.startswith(OBJECTS)
            else path.rsplit("/", maxsplit=1)[-1]
        )
        kind = next((kind for kind in KINDS if name in (kind.name, kind.type_id, kind.singular)), None)
        return kind.name if kind else ""

    def notification(self, occasion: Occasion) -> Notification:
        """Tell of a change of one object, signed in version 3."""
        kind = self.account(occasion.account).kind(occasion.collection or "contacts")
        event = {
            "eventId": occasion.millis,
            "subscriptionId": SUBSCRIPTION_ID,
            "portalId": int(occasion.account or self.default_account),
            "appId": oauth.APP_ID,
            "occurredAt": occasion.millis,
            "subscriptionType": f"{kind.singular if kind else 'contact'}.propertyChange",
            "attemptNumber": 0,
            "objectId": int(occasion.key or 0),
            "propertyName": "email",
            "propertyValue": "",
            "changeSource": "CRM_UI",
        }
        body, stamp = encode([event]), str(occasion.millis)
        signed = base64_mac(occasion.secret, b"POST" + occasion.url.encode() + body + stamp.encode())
        return Notification(body, {"X-HubSpot-Signature-v3": signed, "X-HubSpot-Request-Timestamp": stamp})

    def token_prefix(self) -> str:
        return oauth.token_prefix()

    def all_scopes(self) -> list[str]:
        return sorted(scopes.KNOWN)


def _rate_headers(limit: Limit, remaining: int) -> dict[str, str]:
    return {
        "X-HubSpot-RateLimit-Interval-Milliseconds": str(int(limit.seconds * 1000)),
        "X-HubSpot-RateLimit-Max": str(limit.requests),
        "X-HubSpot-RateLimit-Remaining": str(remaining),
    }
