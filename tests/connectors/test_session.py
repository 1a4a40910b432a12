"""What a vendor's session makes of what comes over the wire, and what it does not."""

from datetime import timedelta

import pytest

from chalicelib.connectors import CONNECTORS
from chalicelib.connectors.connector import Request
from chalicelib.connectors.session import Bounds, VendorSession
from chalicelib.errors import (
    FatalError,
    ForbiddenStreamError,
    ReauthorizeError,
    RetryableError,
    SkippableError,
)
from tests.connectors.conftest import Login, Opened, Time
from tests.connectors.vendor import Told, Vendor, gzipped, page, zipped

CUSTOMERS = Request("/v1/customers", params={"limit": 2, "created[gte]": 5, "active": True, "types[]": ["a b", "c"]})
GOOD = {"object": "list", "data": [], "has_more": False}
WHOLE = page(GOOD)


def test_a_request_goes_out_as_it_was_asked(session: VendorSession, vendor: Vendor) -> None:
    answer = session.fetch(CUSTOMERS)

    asked = vendor.asked[0]
    assert (asked.method, asked.path) == ("GET", "/v1/customers")
    assert asked.params == {"limit": ["2"], "created[gte]": ["5"], "active": ["true"], "types[]": ["a b", "c"]}
    assert asked.headers["authorization"] == "Bearer secret-token-0"
    assert asked.headers["stripe-version"] == "2023-08-16"
    assert answer.body == b"{}"


def test_the_answer_carries_the_vendors_own_time(session: VendorSession) -> None:
    assert session.fetch(CUSTOMERS).at.isoformat() == "2026-01-02T03:04:05+00:00"


def test_one_connection_serves_many_requests(session: VendorSession, vendor: Vendor) -> None:
    for _ in range(5):
        session.fetch(CUSTOMERS)

    assert (vendor.connections, session.requests) == (1, 5)


@pytest.mark.parametrize(
    "told",
    [
        WHOLE,
        gzipped(zipped(GOOD)),
        page(GOOD, chunked=True),
        page(GOOD, length=None),
        Told(b'{"name":"caf\xc3\xa9"}'),
    ],
    ids=["plain", "gzip", "chunked", "until the end of the connection", "with letters beyond ASCII"],
)
def test_a_whole_answer_is_taken(session: VendorSession, vendor: Vendor, told: Told) -> None:
    vendor.tell(told)

    assert session.fetch(CUSTOMERS).body.startswith(b"{")
    assert session.requests == 1


BROKEN = {
    "empty": Told(b""),
    "a login page": Told(b"<html>Sign in</html>", headers={"Content-Type": "text/html"}),
    "a login page that claims to be JSON": Told(b"  <!DOCTYPE html>"),
    "shorter than its length": page(GOOD, length=900, cut=True),
    "chunks without an end": page(GOOD, chunked=True, cut=True),
    "gzip cut off, with a consistent length": gzipped(zipped({"data": list(range(9000))})[:-9000]),
    "gzip cut off at its checksum": gzipped(zipped(GOOD)[:-4]),
    "gzip broken": gzipped(b"\x1f\x8b\x08\x00not gzip at all"),
    "an unknown coding": Told(b"{}", headers={"Content-Encoding": "br"}),
    "not UTF-8": Told(b'{"name":"\xff"}'),
    "plain text": Told(b"ok", headers={"Content-Type": "text/plain"}),
    "a 500": Told(b"{}", status=500),
    "a 503": Told(b"down", status=503, headers={"Content-Type": "text/plain"}),
    "a 429": Told(b"{}", status=429),
    "a lock": Told(b"{}", status=409),
    "a cut connection": Told(b"", length=10, cut=True),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_an_answer_that_is_not_whole_is_asked_for_again(session: VendorSession, vendor: Vendor, broken: Told) -> None:
    vendor.tell(broken, broken, WHOLE)

    assert session.fetch(CUSTOMERS).body == WHOLE.body
    assert session.requests == 3


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_an_answer_that_is_never_whole_is_worth_trying_later(
    session: VendorSession, vendor: Vendor, time: Time, broken: Told
) -> None:
    vendor.tell(broken)

    with pytest.raises(RetryableError):
        session.fetch(CUSTOMERS)

    assert session.requests == 5
    assert 0 < sum(time.slept) < 12


def test_f48_a_vendor_that_cannot_be_reached_is_worth_trying_later(session: VendorSession, vendor: Vendor) -> None:
    vendor.close()

    with pytest.raises(RetryableError, match="could not be read"):
        session.fetch(CUSTOMERS)


def test_f33_a_decompression_bomb_is_refused(open_session: Opened, vendor: Vendor) -> None:
    vendor.tell(gzipped(zipped("0" * 5_000_000)))

    with pytest.raises(FatalError, match="payload_too_large"):
        open_session(bounds=Bounds(page_bytes=1_000_000)).fetch(CUSTOMERS)


def test_a_refused_token_is_renewed_once_and_the_request_repeated(
    session: VendorSession, vendor: Vendor, login: Login
) -> None:
    vendor.tell(Told(status=401), WHOLE)

    assert session.fetch(CUSTOMERS).body == WHOLE.body
    assert [asked.headers["authorization"] for asked in vendor.asked] == [
        "Bearer secret-token-0",
        "Bearer secret-token-1",
    ]


def test_a_token_that_is_refused_again_ends_the_connection(
    session: VendorSession, vendor: Vendor, login: Login
) -> None:
    vendor.tell(Told(status=401))

    with pytest.raises(ReauthorizeError):
        session.fetch(CUSTOMERS)

    assert (login.renewed, session.requests) == (1, 2)


@pytest.mark.parametrize(
    ("status", "error"), [(403, ForbiddenStreamError), (404, SkippableError), (410, SkippableError), (402, FatalError)]
)
def test_what_will_not_pass_is_not_repeated(
    session: VendorSession, vendor: Vendor, status: int, error: type[BaseException]
) -> None:
    vendor.tell(Told(status=status))

    with pytest.raises(error):
        session.fetch(CUSTOMERS)

    assert session.requests == 1


def test_refusals_are_paced_as_answers_are(session: VendorSession, vendor: Vendor, time: Time) -> None:
    limit = CONNECTORS["stripe"].limits["default"]
    vendor.tell(*[Told(status=404)] * 300)

    for _ in range(300):
        with pytest.raises(SkippableError):
            session.fetch(CUSTOMERS)

    assert time.passed <= 1.1 * 300 / (limit.requests / limit.seconds)


@pytest.mark.parametrize("told", ["2", "2.0", "Fri, 02 Jan 2026 03:04:07 GMT"], ids=["whole", "fraction", "date"])
def test_the_vendors_wish_to_wait_is_honoured(session: VendorSession, vendor: Vendor, time: Time, told: str) -> None:
    vendor.tell(Told(status=429, headers={"Retry-After": told}), WHOLE)

    session.fetch(CUSTOMERS)

    assert sum(time.slept) == pytest.approx(2.25, abs=0.01)


@pytest.mark.parametrize("minutes", [10, -10])
def test_f25_a_date_to_wait_for_is_read_by_the_vendors_clock(
    session: VendorSession, vendor: Vendor, time: Time, minutes: int
) -> None:
    vendor.tell(Told(status=429, headers={"Retry-After": "Fri, 02 Jan 2026 03:04:07 GMT"}), WHOLE)
    time.wrong_by = timedelta(minutes=minutes)

    session.fetch(CUSTOMERS)

    assert sum(time.slept) == pytest.approx(2.25, abs=0.01)


def test_a_long_wait_is_left_to_the_machine(session: VendorSession, vendor: Vendor, time: Time) -> None:
    vendor.tell(Told(status=429, headers={"Retry-After": "3600"}))

    with pytest.raises(RetryableError) as refused:
        session.fetch(CUSTOMERS)

    assert (refused.value.after_seconds, session.requests, time.slept) == (3600, 1, [])


def test_s40_f49_a_redirect_is_not_followed_with_credentials(session: VendorSession, vendor: Vendor) -> None:
    vendor.tell(Told(status=302, headers={"Location": "https://evil.example/"}))

    with pytest.raises(FatalError, match="redirect"):
        session.fetch(CUSTOMERS)

    assert session.requests == 1


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/v1/customers",
        "https://api.stripe.com.evil.example/",
        "https://api.stripe.com@evil.example/",
    ],
)
def test_s40_f49_a_link_to_another_host_is_not_followed(session: VendorSession, link: str) -> None:
    with pytest.raises(FatalError, match="not one of its hosts"):
        session.fetch(Request(link))

    assert session.requests == 0


def test_a_link_to_the_vendors_own_host_is_followed(session: VendorSession, vendor: Vendor) -> None:
    session.fetch(Request("https://api.stripe.com/v1/customers?starting_after=cus_1"))

    assert vendor.asked[0].param("starting_after") == "cus_1"


def test_an_empty_answer_is_taken_where_one_is_expected(session: VendorSession, vendor: Vendor) -> None:
    vendor.tell(Told(b"", status=204))

    assert session.fetch(Request("/v1/x", "DELETE", bare=True)).body == b""


def test_a_file_comes_in_pieces_and_unchanged(session: VendorSession, vendor: Vendor) -> None:
    contents = bytes(range(256)) * 4000
    vendor.tell(Told(contents, headers={"Content-Type": "application/pdf"}))

    headers, pieces = session.download(Request("/v1/files/f/contents", host="https://files.stripe.com", limit="files"))

    assert b"".join(pieces) == contents
    assert headers["Content-Type"] == "application/pdf"


def test_a_file_that_ends_early_is_not_taken_for_whole(session: VendorSession, vendor: Vendor) -> None:
    vendor.tell(Told(b"half", length=8, cut=True))

    _, pieces = session.download(Request("/v1/files/f/contents", limit="files"))

    with pytest.raises(RetryableError):
        list(pieces)


def test_a_file_that_may_not_be_had_is_passed_over(session: VendorSession, vendor: Vendor) -> None:
    vendor.tell(Told(status=403))

    with pytest.raises(SkippableError):
        session.download(Request("/v1/files/f/contents", limit="files"))


def test_f49_a_files_redirect_is_followed_without_credentials(session: VendorSession, vendor: Vendor) -> None:
    vendor.tell(Told(status=302, headers={"Location": f"{vendor.url}/signed"}), Told(b"contents"))

    _, pieces = session.download(Request("/v1/files/f/contents", limit="files"))

    assert b"".join(pieces) == b"contents"
    assert "authorization" not in vendor.asked[1].headers


ELSEWHERE = ["http://169.254.169.254/latest/meta-data", "//10.0.0.1/x", "https://evil.example/x", "https://[x"]


@pytest.mark.parametrize("place", ELSEWHERE)
def test_s40_a_files_redirect_to_anywhere_else_is_not_followed(
    session: VendorSession, vendor: Vendor, place: str
) -> None:
    vendor.tell(Told(status=302, headers={"Location": place}))

    with pytest.raises(FatalError, match="not followed"):
        session.download(Request("/v1/files/f/contents", limit="files"))

    assert len(vendor.asked) == 1


def test_no_secret_is_in_an_error_or_a_repr(open_session: Opened, vendor: Vendor, login: Login) -> None:
    session = open_session(CONNECTORS["hubspot"])
    request = Request(
        f"/oauth/v1/access-tokens/{login.token}", "POST", headers={"X": login.token}, form={"a": login.token}
    )
    vendor.tell(Told(f'{{"message":"bad {login.token}"}}'.encode(), status=400))

    with pytest.raises(FatalError) as refused:
        session.fetch(request)

    assert login.token not in f"{refused.value!r} {session!r} {request.headers and ''}"
    assert "form" not in repr(request)
    assert "headers" not in repr(request)
