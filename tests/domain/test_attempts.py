"""The more often something was tried in vain, the longer the next try has to wait."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.attempts import FREE, LONGEST_PAUSE, pause


def test_s26_the_first_few_are_free_and_the_next_wait_twice_as_long_each_time() -> None:
    waits = [pause(tries).total_seconds() for tries in range(1, 12)]

    assert waits == [0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900]


@given(st.integers(min_value=1, max_value=10**9))
def test_s26_no_wait_is_shorter_than_cognitos_own_or_without_an_end(tries: int) -> None:
    """Cognito locks a user it knows for 2^(n-5) seconds: whoever waits for us never meets that, and learns nothing."""
    of_cognito = timedelta(seconds=2 ** min(tries - FREE, 30)) if tries >= FREE else timedelta(0)

    assert min(of_cognito, LONGEST_PAUSE) <= pause(tries) <= LONGEST_PAUSE
    assert pause(tries) <= pause(tries + 1)
