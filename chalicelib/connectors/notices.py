"""What vendors announce in passing, in the headers of good answers: that what was asked for will end or has changed."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from chalicelib.connectors.calls import Request

ENDINGS = ("Deprecation", "Sunset")
LONGEST = 200
AREA_PARTS = 3


def notice_of(request: Request, asked: Mapping[str, str], answered: Mapping[str, str]) -> str | None:
    """Say what an answer announces: an ending (RFC 9745, RFC 8594), or another version than was asked for.

    Of the request only the beginning of its path is told: what follows may be secret.
    """
    told = [f"{name} {answered[name][:LONGEST]}" for name in ENDINGS if name in answered]
    for name, version in asked.items():
        if name.endswith("-Version") and answered.get(name, version) != version:
            told.append(f"{name} {answered[name][:LONGEST]} instead of {version}")
    area = "/".join(urlsplit(request.path).path.split("/")[:AREA_PARTS])
    return f"{area}: {', '.join(told)}" if told else None
