"""Runs the sandbox from the command line."""

import argparse
import logging
import signal
import threading
from pathlib import Path

from sandbox.app import Sandbox
from sandbox.clock import parse_moment
from sandbox.settings import SIZES, Settings

log = logging.getLogger("sandbox")


def parse(arguments: list[str] | None = None) -> Settings:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="Play Stripe, HubSpot and Dropbox.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=4580, help="0 takes any free port")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--size", choices=sorted(SIZES), default="small", help="how much data an account starts with")
    parser.add_argument("--dropbox-dir", type=Path, help="a directory that plays every Dropbox account")
    parser.add_argument("--state", type=Path, help="a file that keeps everything across restarts")
    parser.add_argument("--clock", help="where the clock starts, as RFC 3339 or Unix seconds")
    parser.add_argument("--public-url", default="", help="what answers name as the sandbox's address")
    parser.add_argument("--client", action="append", default=[], help="VENDOR=ID:SECRET, instead of the default client")
    parser.add_argument("--redirect-uri", action="append", default=[], help="VENDOR=URI, registered with the client")
    given = parser.parse_args(arguments)
    if given.dropbox_dir and not given.dropbox_dir.is_dir():
        parser.error(f"{given.dropbox_dir} is not a directory")
    start = parse_moment(given.clock) if given.clock else None
    settings = Settings(
        given.host, given.port, given.seed, given.size, start, given.public_url, given.dropbox_dir, given.state
    )
    _set_clients(settings, given.client, given.redirect_uri)
    return settings


def _set_clients(settings: Settings, clients: list[str], redirects: list[str]) -> None:
    for text in clients:
        vendor, _, client = text.partition("=")
        settings.vendors[vendor].client_id, _, settings.vendors[vendor].client_secret = client.partition(":")
    for text in redirects:
        vendor, _, uri = text.partition("=")
        settings.vendors[vendor].redirect_uris.append(uri)


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    sandbox = Sandbox(parse())
    log.info("The sandbox listens on %s", sandbox.start())
    stopped.wait()
    sandbox.stop()


if __name__ == "__main__":
    main()
