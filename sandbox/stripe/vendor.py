"""Stripe as a whole: who is asking, may they, how often, and which room answers."""

import hashlib
import re
import secrets
from collections.abc import Mapping
from typing import ClassVar

from sandbox.grants import Grant, TokenRefusedError
from sandbox.messages import Request, Response

# Importing own_account, reversals, steps and tax is what registers their routes.
from sandbox.stripe import contents, endpoints, errors, expansion, oauth, own_account, reversals, steps, tax  # noqa: F401
from sandbox.stripe.account import StripeAccount
from sandbox.stripe.catalog import RESOURCES
from sandbox.stripe.endpoints import Call
from sandbox.stripe.shapes import VERSION
from sandbox.vendor import Envelope, UnknownError, Vendor
from sandbox.webhooks import Notification, Occasion, hex_mac

ROOMS = {"api.stripe.com": endpoints.routes, "files.stripe.com": contents.routes}


class Stripe(Vendor[StripeAccount]):
    name: ClassVar[str] = "stripe"
    hosts: ClassVar[tuple[str, ...]] = ("api.stripe.com", "connect.stripe.com", "files.stripe.com")
    envelope: ClassVar[Envelope] = Envelope("data", "id", ("has_more",))
    default_account: ClassVar[str] = "acct_1SandboxListBackup"
    account_names: ClassVar[re.Pattern[str]] = re.compile(r"acct_\w{1,64}")

    def answer(self, request: Request) -> Response:
        response = self._connect(request) if request.host == "connect.stripe.com" else self._api(request)
        response.headers["Request-Id"] = f"req_{secrets.token_hex(7)}"
        response.headers["Stripe-Version"] = request.headers.get("stripe-version", VERSION)
        return response

    def _connect(self, request: Request) -> Response:
        match request.method, request.path.removeprefix("/express"):
            case ("GET" | "POST", "/oauth/authorize" | "/oauth/v2/authorize"):
                return oauth.authorize(self, request)
            case ("POST", "/oauth/token"):
                return oauth.token(self, request)
            case ("POST", "/oauth/deauthorize"):
                return oauth.deauthorize(self, request)
        return errors.unknown_url(request.method, request.path)

    def _api(self, request: Request) -> Response:
        allowed = self._identify(request)
        if isinstance(allowed, Response):
            return allowed
        verdict = self.meter.take(allowed.account, self.settings.limit)
        if not verdict.allowed:
            return errors.rate_limited(None)
        if request.method != "GET" and allowed.scopes == ["read_only"]:
            return errors.read_only()
        found = ROOMS[request.host].find(request.method, request.path)
        if found is None:
            return errors.unknown_url(request.method, request.path)
        view, params = found
        account = self.account(allowed.account)
        call = Call(request, params, account, allowed)
        with account.lock:
            wished = expansion.wished(request.form_pairs if request.method == "POST" else request.pairs)
            response = self._once(call, view) if request.method == "POST" else view(call)
            return expansion.expanded(account, response, wished) if wished and response.status == 200 else response

    def _once(self, call: Call, view: endpoints.View) -> Response:
        """Answer a repeated Idempotency-Key with the first answer."""
        key, request = call.request.headers.get("idempotency-key", ""), call.request
        print_ = hashlib.sha256(request.path.encode() + b"\0" + request.body).hexdigest()
        if key in call.account.idempotent:
            first, status, body = call.account.idempotent[key]
            if first != print_:
                message = "Keys for idempotent requests can only be used with the same parameters."
                return errors.error(400, "idempotency_error", message)
            return Response(status, body, headers={"Idempotent-Replayed": "true"})
        response = view(call)
        if key and isinstance(response.body, bytes):
            call.account.idempotent[key] = (print_, response.status, response.body)
        return response

    def _identify(self, request: Request) -> Grant | Response:
        """Find the consent behind a token, or behind the platform's key and a Stripe-Account header."""
        key, named = oauth.key_of(request), request.headers.get("stripe-account", "")
        if key == self.settings.client_secret:
            grants = self.grants.of_account(named)
            return grants[-1] if grants else errors.forbidden(named)
        try:
            grant = self.grants.check(key, self.clock.now())
        except TokenRefusedError as refused:
            return errors.unauthorized(refused.reason, key)
        return grant if named in ("", grant.account) else errors.forbidden(named)

    def account_of(self, request: Request) -> str:
        return request.headers.get("stripe-account", "") or super().account_of(request)

    def open_account(self, account_id: str, seed: int, sizes: Mapping[str, int]) -> StripeAccount:
        defaults = {resource.name: resource.size for resource in RESOURCES}
        return StripeAccount(account_id, seed, self.scaled(defaults, sizes), self.clock)

    def rate_limited(self, retry_after: str | None) -> Response:
        return errors.rate_limited(retry_after)

    def failed(self, status: int) -> Response:
        return errors.failed(status)

    def unauthorized(self, reason: str) -> Response:
        return errors.unauthorized(reason, oauth.TOKEN_PREFIX + "sandbox")

    def lost_place(self) -> Response:
        return errors.invalid("No such object", param="starting_after", code="resource_missing").response

    def collection_of(self, path: str) -> str:
        return next((resource.name for resource in RESOURCES if path == f"/v1/{resource.path}"), "")

    def notification(self, occasion: Occasion) -> Notification:
        """Send the newest event, with the account it came from."""
        account = self.account(occasion.account)
        if not len(account.events):
            raise UnknownError("no event to tell of")
        body, moment = account.events.at(account.events.end - 1).body, occasion.millis // 1000
        signature = hex_mac(occasion.secret, f"{moment}.".encode() + body)
        return Notification(body, {"Stripe-Signature": f"t={moment},v1={signature}"})

    def token_prefix(self) -> str:
        return oauth.TOKEN_PREFIX

    def all_scopes(self) -> list[str]:
        return ["read_write"]
