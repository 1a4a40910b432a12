"""How a host is reached: through the environment's proxies where it names any, trusting the certificates it trusts."""

import os
import ssl
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote
from urllib.request import getproxies, proxy_bypass

import certifi
from urllib3 import PoolManager, ProxyManager
from urllib3.util import create_urllib3_context, make_headers, parse_url

_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def proxy_for(scheme: str, netloc: str) -> str | None:
    """Name the environment's proxy for a host (`HTTPS_PROXY`, `NO_PROXY`, …); None where it is asked directly."""
    proxies = getproxies()
    proxy = proxies.get(scheme) or proxies.get("all")
    if not proxy or proxy_bypass(netloc):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def absolute(scheme: str, proxy: str | None) -> bool:
    """Tell whether whole URLs are asked for: a proxy passes plain HTTP on, and tunnels everything else."""
    return proxy is not None and scheme == "http"


def manager_for(proxy: str | None, connections: int) -> PoolManager:
    """Make the pools that keep up to so many connections to each host."""
    if proxy is None:
        return PoolManager(maxsize=connections, ssl_context=_trust())
    login = parse_url(proxy).auth
    headers = make_headers(proxy_basic_auth=unquote(login)) if login else None
    return ProxyManager(proxy, proxy_headers=headers, maxsize=connections, ssl_context=_trust())


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    """Load the certificates once per process: that takes longer than a request."""
    context = create_urllib3_context()
    bundle = next((os.environ[name] for name in _BUNDLES if os.environ.get(name)), certifi.where())
    kind = "capath" if Path(bundle).is_dir() else "cafile"
    context.load_verify_locations(**{kind: bundle})
    return context
