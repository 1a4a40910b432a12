"""What a deployment is told."""

from collections.abc import Iterator

import pytest

from chalicelib.config import settings


@pytest.fixture(autouse=True)
def afresh() -> Iterator[None]:
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_names_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_BUCKET", "ours")
    monkeypatch.delenv("APP_ORIGINS")

    assert (settings().data_bucket, settings().app_origins) == ("ours", "")


def test_every_missing_variable_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TABLE")
    monkeypatch.delenv("EVENT_BUS")

    with pytest.raises(KeyError, match="TABLE, EVENT_BUS"):
        settings()


def test_limits_are_numbers_and_have_a_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES_PER_ACCOUNT", "7")

    assert (settings().sources_per_account, settings().connections_per_account) == (7, 200)
