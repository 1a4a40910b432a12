"""The faults that rules may name, apart from those that need to look into the rows of a page."""

import time
import zlib
from collections.abc import Iterator
from email.utils import formatdate

from sandbox.faults import Hit, fault
from sandbox.messages import Delivery, Response, redirect, to_page

LOGIN_PAGE = """<!DOCTYPE html>
<html><head><title>Sign in</title></head>
<body><form method="post"><label>E-mail <input name="email"></label><button>Sign in</button></form></body></html>
"""
MEBIBYTE = 1024 * 1024


@fault("status")
def status(hit: Hit) -> Response:
    """Answer 429 or a failure of the vendor's."""
    if hit.rule.status == 429:
        return hit.vendor.rate_limited(_retry_after(hit))
    response = hit.vendor.failed(hit.rule.status)
    if hit.rule.retry_after:
        response.headers["Retry-After"] = _retry_after(hit) or ""
    return response


@fault("timeout")
def timeout(hit: Hit) -> Response:
    """Hold the answer back, then hang up without one."""
    return Response(delivery=Delivery.NONE, pause=hit.rule.seconds)


@fault("slow")
def slow(hit: Hit) -> Response:
    """Answer rightly but late."""
    time.sleep(hit.rule.seconds)
    return hit.proceed()


@fault("drip")
def drip(hit: Hit) -> Response:
    """Send sixteen bytes, pause, send sixteen more."""
    return _delivered(hit, Delivery.DRIP)


@fault("cut")
def cut(hit: Hit) -> Response:
    """Reset the connection in the middle of the body."""
    return _delivered(hit, Delivery.CUT)


@fault("short_body")
def short_body(hit: Hit) -> Response:
    """Close after half of what Content-Length promised."""
    return _delivered(hit, Delivery.SHORT)


@fault("truncated_gzip")
def truncated_gzip(hit: Hit) -> Response:
    """Cut the gzip stream in half, with the Content-Length of the half."""
    response = hit.proceed()
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    packed = packer.compress(_bytes(response)) + packer.flush()
    response.body, response.encoded = packed[: len(packed) // 2], True
    response.headers["Content-Encoding"] = "gzip"
    return response


@fault("truncated_json")
def truncated_json(hit: Hit) -> Response:
    """Cut the body in half, with the Content-Length of the half."""
    response = hit.proceed()
    body = _bytes(response)
    response.body = body[: len(body) // 2]
    return response


@fault("html")
def html(hit: Hit) -> Response:  # noqa: ARG001
    """Answer 200 with a login page."""
    return to_page(LOGIN_PAGE)


@fault("empty")
def empty(hit: Hit) -> Response:  # noqa: ARG001
    """Answer 200 with nothing."""
    return Response(200, b"")


@fault("error_body")
def error_body(hit: Hit) -> Response:
    """Answer 200 with the body of a failure."""
    response = hit.vendor.failed(500)
    response.status = 200
    return response


@fault("expired_token")
def expired_token(hit: Hit) -> Response:
    """Say that the access token is over, although it is not."""
    return hit.vendor.unauthorized("expired")


@fault("revoke")
def revoke(hit: Hit) -> Response:
    """Take the account's consents back for good, then go on."""
    for grant in hit.vendor.grants.of_account(hit.vendor.account_of(hit.request)):
        grant.revoked = True
    return hit.proceed()


@fault("remove_scope")
def remove_scope(hit: Hit) -> Response:
    """Take one scope out of the account's consents for good, then go on."""
    for grant in hit.vendor.grants.of_account(hit.vendor.account_of(hit.request)):
        grant.scopes = [scope for scope in grant.scopes if scope != hit.rule.scope]
    return hit.proceed()


@fault("header")
def header(hit: Hit) -> Response:
    """Answer rightly, with the header `field` saying `text`."""
    response = hit.proceed()
    response.headers[hit.rule.field] = hit.rule.text
    return response


@fault("redirect")
def to_foreign_host(hit: Hit) -> Response:
    """Send the client to another host."""
    return redirect(hit.rule.location, 302)


@fault("flip_bytes")
def flip_bytes(hit: Hit) -> Response:
    """Change the contents of a download without changing what is said about them."""
    response = hit.proceed()
    body = bytearray(_bytes(response))
    for at in range(0, len(body), max(1, len(body) // hit.rule.count)):
        body[at] ^= 0xFF
    response.body = bytes(body)
    return response


@fault("changing_file")
def changing_file(hit: Hit) -> Response:
    """Change the record `text` of `collection` while its contents are sent: old at first, new at the end."""
    before = hit.proceed()
    account = hit.vendor.account(hit.vendor.account_of(hit.request))
    account.change(hit.rule.collection, [hit.rule.text], {})
    half = len(_bytes(before)) // 2
    before.body = _bytes(before)[:half] + _bytes(hit.proceed())[half:]
    return before


@fault("bomb")
def bomb(hit: Hit) -> Response:
    """Answer with a small gzip stream of `mebibytes` MiB of spaces around nothing."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    pieces: Iterator[bytes] = (packer.compress(b" " * MEBIBYTE) for _ in range(hit.rule.mebibytes))
    body = b"".join(pieces) + packer.flush()
    return Response(200, body, headers={"Content-Encoding": "gzip"}, encoded=True)


def _delivered(hit: Hit, delivery: Delivery) -> Response:
    response = hit.proceed()
    response.body, response.delivery = _bytes(response), delivery
    response.pause = hit.rule.seconds
    return response


def _bytes(response: Response) -> bytes:
    return response.body if isinstance(response.body, bytes) else b"".join(response.body)


def _retry_after(hit: Hit) -> str | None:
    text = hit.rule.retry_after
    if text.startswith("date:"):
        return formatdate(hit.vendor.clock.now() + float(text.removeprefix("date:")), usegmt=True)
    return text or None
