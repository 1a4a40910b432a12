"""Dropbox as a whole: who is asking, how often, and which endpoint answers."""

import re
import secrets
from collections.abc import Iterator, Mapping
from typing import ClassVar

# Importing them is what registers their routes.
from sandbox.dropbox import (
    batches,  # noqa: F401
    contents,  # noqa: F401
    errors,
    listing,
    moving,  # noqa: F401
    oauth,
    people,  # noqa: F401
    sharing,  # noqa: F401
)
from sandbox.dropbox.account import DropboxAccount
from sandbox.dropbox.call import Call, routes
from sandbox.grants import TokenRefusedError
from sandbox.messages import BadBodyError, RefusedError, Request, Response
from sandbox.spelling import encode
from sandbox.vendor import Envelope, Vendor
from sandbox.webhooks import Notification, Occasion, hex_mac

SIZES = {"entries": 300, "shared_folders": 4, "shared_links": 12, "file_requests": 5}
CONTENT_ROUTES = (
    "files/download", "files/export", "files/upload", "files/upload_session/start", "files/upload_session/append_v2",
    "files/upload_session/finish",
)  # fmt: skip
API, CONTENT, NOTIFY = "api.dropboxapi.com", "content.dropboxapi.com", "notify.dropboxapi.com"


class Dropbox(Vendor[DropboxAccount]):
    name: ClassVar[str] = "dropbox"
    hosts: ClassVar[tuple[str, ...]] = (API, CONTENT, NOTIFY, "www.dropbox.com")
    envelope: ClassVar[Envelope] = Envelope("entries", "id", ("has_more", "cursor"))
    default_account: ClassVar[str] = "dbid:AAHSandboxListBackupDefaultAccount00"
    account_names: ClassVar[re.Pattern[str]] = re.compile(r"dbid:[\w-]{1,64}")

    def answer(self, request: Request) -> Response:
        try:
            response = self._answer(request)
        except BadBodyError as error:
            text = f'Error in call to API function "{request.path}": request body: could not decode input as JSON'
            response = Response(400, f"{text}: {error}".encode(), "text/plain; charset=utf-8")
        except RefusedError as refused:
            response = refused.response
        response.headers["X-Dropbox-Request-Id"] = secrets.token_hex(16)
        return response

    def _answer(self, request: Request) -> Response:
        match request.host, request.method, request.path:
            case ("www.dropbox.com", "GET" | "POST", "/oauth2/authorize"):
                return oauth.authorize(self, request)
            case (_, "POST", "/oauth2/token" | "/1/oauth2/token"):
                return oauth.token(self, request)
            case ("notify.dropboxapi.com", "POST", "/2/files/list_folder/longpoll"):
                return listing.longpoll_of(request, self._drives())
        if request.host == CONTENT and request.path.startswith("/apitl/1/"):
            return self._linked(request)
        return self._api(request)

    def _api(self, request: Request) -> Response:
        route = request.path.removeprefix("/2/")
        try:
            grant = self.grants.check(request.bearer, self.clock.now())
        except TokenRefusedError as refused:
            return errors.unauthorized(refused.reason)
        verdict = self.meter.take(grant.account, self.settings.limit)
        if not verdict.allowed:
            return errors.rate_limited(str(int(verdict.retry_after) + 1))
        found = routes.find(request.method, request.path)
        right_host = CONTENT if route in CONTENT_ROUTES else API
        if found is None or request.host != right_host:
            return Response(404, f'Unknown API function: "{route}"'.encode(), "text/plain; charset=utf-8")
        account = self.account(grant.account)
        with account.lock:
            return found[0](Call(request, route, account, grant, self.grants, self.clock.now()))

    def _linked(self, request: Request) -> Response:
        """Serve a temporary link, which carries its own right."""
        token, _, key = request.path.removeprefix("/apitl/1/").partition("/")
        try:
            account = self.account(self.grants.check(token, self.clock.now()).account)
        except TokenRefusedError:
            return Response(410, b"", "text/plain")
        with account.lock:
            account.sync()
            node = account.find(key)
            return Response(404, b"", "text/plain") if node is None else Response(
                200, node.contents(), "application/octet-stream"
            )  # fmt: skip

    def _drives(self) -> Iterator[DropboxAccount]:
        return iter(list(self.accounts.values()))

    def open_account(self, account_id: str, seed: int, sizes: Mapping[str, int]) -> DropboxAccount:
        scaled = self.scaled(SIZES, sizes)
        return DropboxAccount(account_id, seed, scaled, self.clock, self.shared.dropbox_dir)

    def rate_limited(self, retry_after: str | None) -> Response:
        return errors.rate_limited(retry_after)

    def failed(self, status: int) -> Response:
        return errors.failed(status)

    def unauthorized(self, reason: str) -> Response:
        return errors.unauthorized(reason)

    def lost_place(self) -> Response:
        return errors.conflict("reset").response

    def collection_of(self, path: str) -> str:
        return "entries" if "/files/list_folder" in path else ""

    def notification(self, occasion: Occasion) -> Notification:
        """Tell that something changed in an account, and not what."""
        account = occasion.account or self.default_account
        body = encode({"list_folder": {"accounts": [account]}, "delta": {"users": [oauth.user_id(account)]}})
        return Notification(body, {"X-Dropbox-Signature": hex_mac(occasion.secret, body)})

    def token_prefix(self) -> str:
        return oauth.TOKEN_PREFIX

    def all_scopes(self) -> list[str]:
        return list(oauth.SCOPES)
