import hashlib
import hmac
import json
import threading
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.sandbox.conftest import DropboxVendor, Vendor


@dataclass(frozen=True)
class App:
    """An app that keeps what it is told."""

    url: str
    told: list[tuple[Message, bytes]]


@pytest.fixture
def app() -> Iterator[App]:
    told: list[tuple[Message, bytes]] = []

    class Told(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append((self.headers, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Told) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield App(f"http://127.0.0.1:{server.server_port}/hooks?x=1", told)
        server.shutdown()
        thread.join()


def mac(secret: str, text: bytes) -> hmac.HMAC:
    return hmac.new(secret.encode(), text, hashlib.sha256)


def test_stripe_signs_its_newest_event(stripe: Vendor, app: App) -> None:
    stripe.post("/v1/customers", data={"name": "Ann"})

    assert stripe.control("notify", {"url": app.url, "secret": "whsec_1"}) == {"status": 204}

    headers, body = app.told[0]
    moment, signature = (part.partition("=")[2] for part in headers["Stripe-Signature"].split(","))
    assert signature == mac("whsec_1", f"{moment}.".encode() + body).hexdigest()
    assert json.loads(body)["type"] == "customer.created"


def test_hubspot_signs_method_address_body_and_time(hubspot: Vendor, app: App) -> None:
    hubspot.control("notify", {"url": app.url, "secret": "s", "collection": "deals", "key": "251"})

    headers, body = app.told[0]
    signed = b"POST" + app.url.encode() + body + headers["X-HubSpot-Request-Timestamp"].encode()
    assert headers["X-HubSpot-Signature-v3"] == b64encode(mac("s", signed).digest()).decode()
    assert (json.loads(body)[0]["subscriptionType"], json.loads(body)[0]["objectId"]) == ("deal.propertyChange", 251)


def test_dropbox_names_the_account_only(dropbox: DropboxVendor, app: App) -> None:
    dropbox.control("notify", {"url": app.url})

    headers, body = app.told[0]
    assert headers["X-Dropbox-Signature"] == mac("sandboxdbxsecret", body).hexdigest()
    assert json.loads(body)["list_folder"]["accounts"] == ["dbid:AAHSandboxListBackupDefaultAccount00"]
