"""How vendors are reached: whose certificates are believed, and by way of which proxy."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from chalicelib.connectors.connector import Request
from chalicelib.connectors.wire import Wire
from chalicelib.errors import RetryableError
from tests.connectors.vendor import Told, Vendor, page

PAGE = Request("/v1/customers")
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Forget the machine's own proxies and certificates."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    return monkeypatch


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire(connect_seconds=2, read_seconds=2, head_seconds=2)
    yield wire
    wire.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a certificate for this machine that nobody vouches for, and its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.OID_COMMON_NAME, "here")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(signed.public_bytes(pem) + private)
    return path


@pytest.fixture
def secure_host(certificate: Path) -> Iterator[int]:
    """Serve over TLS; gives the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                accepted, _ = listener.accept()
            except OSError:
                return
            with suppress(OSError), context.wrap_socket(accepted, server_side=True) as connection:
                connection.recv(65536)
                connection.sendall(ANSWER)

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def test_f48_a_certificate_that_nobody_vouches_for_is_refused(wire: Wire, secure_host: int) -> None:
    with pytest.raises(RetryableError, match="PEER_FAILED_VERIFICATION"):
        wire.send(PAGE, f"https://127.0.0.1:{secure_host}/v1/customers", {})


def test_the_environment_may_vouch_for_a_certificate(
    wire: Wire, secure_host: int, certificate: Path, surroundings: pytest.MonkeyPatch
) -> None:
    surroundings.setenv("REQUESTS_CA_BUNDLE", str(certificate))

    assert wire.send(PAGE, f"https://127.0.0.1:{secure_host}/v1/customers", {}).status == 200


def test_f48_a_certificate_of_another_name_is_refused(
    wire: Wire, secure_host: int, certificate: Path, surroundings: pytest.MonkeyPatch
) -> None:
    surroundings.setenv("REQUESTS_CA_BUNDLE", str(certificate))

    with pytest.raises(RetryableError, match="PEER_FAILED_VERIFICATION"):
        wire.send(PAGE, f"https://localhost:{secure_host}/v1/customers", {})


def test_a_proxy_is_told_whole_urls_and_who_asks(wire: Wire, vendor: Vendor, surroundings: pytest.MonkeyPatch) -> None:
    surroundings.setenv("http_proxy", vendor.url.replace("http://", "http://us%40er:pass@"))

    reply = wire.send(PAGE, "http://vendor.example/v1/customers?a=b", {})

    assert (reply.status, vendor.asked[0].params) == (200, {"a": ["b"]})
    assert vendor.asked[0].headers["host"] == "vendor.example"
    assert vendor.asked[0].headers["proxy-authorization"] == "Basic dXNAZXI6cGFzcw=="


def test_a_proxy_has_to_tunnel_what_is_encrypted(wire: Wire, vendor: Vendor, surroundings: pytest.MonkeyPatch) -> None:
    surroundings.setenv("https_proxy", vendor.url)
    vendor.tell(Told(status=502))

    with pytest.raises(RetryableError, match=r"vendor\.example could not be read"):
        wire.send(PAGE, "https://vendor.example/v1/customers", {"Authorization": "secret"})

    assert vendor.asked[0].method == "CONNECT"
    assert "authorization" not in vendor.asked[0].headers


def test_hosts_without_a_proxy_are_asked_directly(wire: Wire, vendor: Vendor, surroundings: pytest.MonkeyPatch) -> None:
    surroundings.setenv("http_proxy", "http://127.0.0.1:9")
    surroundings.setenv("no_proxy", "127.0.0.1")

    assert wire.send(PAGE, f"{vendor.url}/v1/customers", {}).status == 200


def test_a_requests_own_headers_replace_the_common_ones_in_any_case(wire: Wire, vendor: Vendor) -> None:
    asked = Request("/", "POST", headers={"content-type": "text/plain"}, body={"a": 1})

    wire.send(asked, f"{vendor.url}/", {"Accept": "*/*"})

    assert vendor.asked[0].headers["content-type"] == "text/plain"


def test_a_connection_is_used_again_only_where_everything_was_read(wire: Wire, vendor: Vendor) -> None:
    vendor.tell(page({"data": "x" * 9_000_000}))

    for whole in (True, True, False, True):
        reply = wire.send(PAGE, f"{vendor.url}/", {})
        while whole and reply.raw.read():
            pass
        reply.close()

    assert vendor.connections == 2
