from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Thread
from typing import Any

import pytest
from werkzeug import Request, Response
from werkzeug.serving import make_server

from benchmarks.provider.config import Knobs
from benchmarks.provider.vendor import Vendor

NEWEST = 1_780_000_000
ServerOf = Callable[[Callable[[Request], Response]], AbstractContextManager[str]]


@pytest.fixture
def vendor() -> Callable[..., Vendor]:
    def made(records: int = 250, **knobs: Any) -> Vendor:
        return Vendor(Knobs({"charges": records}, NEWEST, **knobs))

    return made


@pytest.fixture
def httpserver_of() -> ServerOf:
    @contextmanager
    def serving(answer: Callable[[Request], Response]) -> Iterator[str]:
        server = make_server("127.0.0.1", 0, Request.application(answer), threaded=True)
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()

    return serving
