import gzip
import zlib
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.connectors.decoding import decoded
from chalicelib.errors import FatalError, RetryableError

CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "identity": bytes,
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "Deflate ": zlib.compress,
}


def pieces(body: bytes, size: int) -> Iterator[bytes]:
    return iter([body[at : at + size] for at in range(0, len(body), size)])


@given(st.binary(max_size=5000), st.integers(1, 700), st.sampled_from(sorted(CODINGS)))
def test_every_coding_is_undone_however_the_bytes_arrive(body: bytes, size: int, coding: str) -> None:
    coded = CODINGS[coding](body)

    assert b"".join(decoded(pieces(coded, size), coding, 10_000)) == body


@given(st.binary(max_size=3000), st.sampled_from(["gzip", "Deflate "]), st.data())
def test_a_coded_body_that_was_cut_anywhere_is_noticed(body: bytes, coding: str, data: st.DataObject) -> None:
    coded = CODINGS[coding](body)
    cut = data.draw(st.integers(0, len(coded) - 1))

    with pytest.raises(RetryableError):
        b"".join(decoded(pieces(coded[:cut], 100), coding, 10_000))


def test_members_of_a_gzip_body_follow_one_another() -> None:
    assert b"".join(decoded(iter([gzip.compress(b"one") + gzip.compress(b"two")]), "gzip", 100)) == b"onetwo"


@pytest.mark.parametrize("coding", ["gzip", ""])
def test_f33_too_much_is_refused_before_it_is_in_memory(coding: str) -> None:
    coded = CODINGS[coding](b"\0" * 50_000_000)
    taken: list[int] = []

    with pytest.raises(FatalError, match="payload_too_large"):
        taken.extend(map(len, decoded(pieces(coded, 65_536), coding, 2_000_000)))

    assert sum(taken) <= 2_000_000
