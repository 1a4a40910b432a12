"""Where a browser may be sent back to."""

from urllib.parse import parse_qs, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.returns import is_ours, with_parameters

OURS = {"https://app.test"}


@given(st.text(max_size=40))
def test_s33_whatever_follows_the_origin_decides_nothing_about_the_host(rest: str) -> None:
    url = f"https://app.test{rest}"

    assert not is_ours(url, OURS) or (urlsplit(url).scheme, urlsplit(url).netloc) == ("https", "app.test")


def test_a_page_of_ours_is_ours() -> None:
    assert all(is_ours(f"https://app.test{rest}", OURS) for rest in ("", "/", "/a?b=c", "?b", "#d"))


def test_a_page_of_others_is_not() -> None:
    others = ["https://app.test.evil/", "https://evil/app.test", "//app.test", "https://[::1", "https:app.test", ""]

    assert not any(is_ours(url, OURS) for url in others)


def test_parameters_are_added_to_those_there() -> None:
    url = with_parameters("https://app.test/a?b=c&b=d#e", {"f": "g&h"})

    assert parse_qs(urlsplit(url).query) == {"b": ["c", "d"], "f": ["g&h"]}
    assert urlsplit(url).fragment == "e"
