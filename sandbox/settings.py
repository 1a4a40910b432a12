"""What can be set when the sandbox starts; the control API changes most of it later."""

from dataclasses import dataclass, field
from pathlib import Path

SIZES = {"tiny": 0.1, "small": 1.0, "medium": 20.0, "large": 400.0}


@dataclass
class Limit:
    """Allows `requests` in any `seconds` seconds to each account; 0 requests is no limit."""

    requests: int = 0
    seconds: float = 1.0


@dataclass
class VendorSettings:
    client_id: str
    client_secret: str
    redirect_uris: list[str] = field(default_factory=list)  # none: any URI on this machine
    scopes: list[str] = field(default_factory=list)  # what the app may ask for; none: everything
    access_seconds: int = 0  # 0: for ever
    code_seconds: int = 600
    rotate_refresh_tokens: bool = False
    limit: Limit = field(default_factory=Limit)
    search_limit: Limit = field(default_factory=Limit)
    latency: float = 0.0  # seconds before every answer
    index_lag: float = 5.0  # seconds until a search finds a change


def stripe() -> VendorSettings:
    return VendorSettings(
        "ca_sandboxListBackupClient", "sk_test_sandboxListBackupPlatform", code_seconds=300, limit=Limit(100, 1.0)
    )


def hubspot() -> VendorSettings:
    return VendorSettings(
        "5f0c0de0-0000-4000-8000-5a4db0c50001",
        "5f0c0de0-0000-4000-8000-5ec4e7000001",
        access_seconds=1800,
        limit=Limit(110, 10.0),
        search_limit=Limit(4, 1.0),
    )


def dropbox() -> VendorSettings:
    return VendorSettings("sandboxdbxappkey", "sandboxdbxsecret", access_seconds=14_400)


@dataclass
class Settings:
    host: str = "127.0.0.1"
    port: int = 4580
    seed: int = 7
    size: str = "small"
    start: float | None = None  # where the clock starts; None: now
    public_url: str = ""  # what answers name as our address; empty: what the client reached us by
    dropbox_dir: Path | None = None
    state: Path | None = None
    vendors: dict[str, VendorSettings] = field(
        default_factory=lambda: {"stripe": stripe(), "hubspot": hubspot(), "dropbox": dropbox()}
    )
