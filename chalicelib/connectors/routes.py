"""How a host is reached: through the environment's proxies where it names any, trusting the certificates it trusts."""

import os
from pathlib import Path
from urllib.request import getproxies, proxy_bypass

import certifi
import pycurl

from chalicelib.connectors.line import Options

_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def route(scheme: str, netloc: str) -> Options:
    """Give libcurl's options of the way to a host; nothing but the environment's proxies and bundles decides."""
    return [
        (pycurl.PROXY, proxy_for(scheme, netloc) or ""),
        (pycurl.NOPROXY, ""),
        (pycurl.SSLVERSION, pycurl.SSLVERSION_TLSv1_2),
        _trust(),
    ]


def proxy_for(scheme: str, netloc: str) -> str | None:
    """Name the environment's proxy for a host (`HTTPS_PROXY`, `NO_PROXY`, …); None where it is asked directly."""
    proxies = getproxies()
    proxy = proxies.get(scheme) or proxies.get("all")
    if not proxy or proxy_bypass(netloc):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _trust() -> tuple[int, str]:
    bundle = next((os.environ[name] for name in _BUNDLES if os.environ.get(name)), certifi.where())
    return (pycurl.CAPATH if Path(bundle).is_dir() else pycurl.CAINFO, bundle)
