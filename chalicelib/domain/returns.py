"""Where a browser may be sent back to."""

from collections.abc import Collection
from urllib.parse import urlencode, urlsplit, urlunsplit


def is_ours(url: str, origins: Collection[str]) -> bool:
    """Tell whether a URL is at exactly one of our apps' origins: scheme, name and port, and nothing that hides another.

    Backslashes, control characters and credentials are refused because browsers and parsers read them differently.
    """
    if not url.isascii() or not url.isprintable() or "\\" in url or " " in url:
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return "@" not in parts.netloc and f"{parts.scheme}://{parts.netloc}" in origins


def with_parameters(url: str, parameters: dict[str, str]) -> str:
    """Add parameters to a URL's query."""
    parts = urlsplit(url)
    query = "&".join(part for part in (parts.query, urlencode(parameters)) if part)
    return urlunsplit(parts._replace(query=query))
