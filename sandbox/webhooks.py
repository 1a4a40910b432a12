"""Sends signed notifications to an app, when the control API asks for one."""

import hashlib
import hmac
from base64 import b64encode
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 10  # after which vendors give up too


@dataclass(frozen=True)
class Notification:
    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True)
class Occasion:
    """What a notification is about, and where it goes."""

    url: str
    secret: str
    account: str
    collection: str
    key: str
    millis: int


def hex_mac(secret: str, text: bytes) -> str:
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


def base64_mac(secret: str, text: bytes) -> str:
    return b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()


def send(url: str, notification: Notification) -> int:
    """Post a notification and return the app's status. Raises OSError where nobody answers."""
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.netloc, timeout=TIMEOUT_SECONDS)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        headers = {"Content-Type": "application/json", **notification.headers}
        connection.request("POST", target or "/", notification.body, headers)
        return connection.getresponse().status
    finally:
        connection.close()
