"""What is said of the platforms: by the registry, the catalogue, and the documentation."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib.connectors import CONNECTORS
from chalicelib.connectors.catalogue import described, page
from chalicelib.connectors.connector import Children, Connector, Deletes, Limit, Stream
from chalicelib.connectors.registry import registered
from chalicelib.connectors.stripe.oauth import AUTH

PAGES = Path(__file__).parents[2] / "docs" / "connectors"
STRIPE = CONNECTORS["stripe"]
CUSTOMERS = STRIPE.stream("customers")
ROOT = Path(__file__).parents[2]
WEEK = timedelta(days=7)


def with_streams(*streams: Stream) -> Connector:
    return replace(STRIPE, streams=streams)


def test_a_stream_cannot_be_declared_without_its_deletions() -> None:
    with pytest.raises(TypeError, match="deletes"):
        Stream("x", full=CUSTOMERS.full)  # type: ignore[call-arg]  # what is left out is the point


@pytest.mark.parametrize(
    ("stream", "problem"),
    [
        (
            replace(CUSTOMERS, deletes=None),  # type: ignore[arg-type]  # wrong on purpose
            "does not say how its deletions are found",
        ),
        (replace(CUSTOMERS, deletes=Deletes("sweep")), "how often it is swept"),
        (replace(CUSTOMERS, deletes=Deletes("sweep", WEEK, listed_whole=False)), "does not show all"),
        (replace(CUSTOMERS, retains=None), "how long the vendor keeps it"),
        (replace(CUSTOMERS, restorable=False), "why it cannot be restored"),
        (replace(CUSTOMERS, children=Children("nobody")), "which is not a stream"),
    ],
)
def test_what_a_stream_leaves_open_keeps_its_platform_out(stream: Stream, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        registered(with_streams(stream))


def test_two_streams_cannot_share_a_name() -> None:
    with pytest.raises(ValueError, match="twice"):
        registered(with_streams(CUSTOMERS, CUSTOMERS))


def test_a_platform_needs_a_limit_for_what_names_none() -> None:
    with pytest.raises(ValueError, match="default"):
        registered(replace(STRIPE, limits={}))


@pytest.mark.parametrize("other", ["default", "nothing"])
def test_a_limit_counts_against_others_that_there_are(other: str) -> None:
    limits = {"default": Limit(10, 1, also=(other,))}

    with pytest.raises(ValueError, match="no other limit"):
        registered(replace(STRIPE, limits=limits))


@pytest.mark.parametrize(
    ("facts", "problem"),
    [
        ({"asks": ("shop",)}, "of what pattern"),
        ({"tenant": {"shop": r"\w+"}, "auth": replace(AUTH, token_url="https://{shop}.test/")}, "asked for"),
    ],
)
def test_a_customers_own_name_is_asked_for_and_has_a_pattern(facts: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        registered(replace(STRIPE, **facts))


@pytest.mark.parametrize("platform", CONNECTORS)
def test_no_deletion_is_found_later_than_a_week_after(platform: str) -> None:
    late = [each.name for each in CONNECTORS[platform].streams if each.deletes.within > timedelta(days=7)]

    assert late == []


@pytest.mark.parametrize("platform", CONNECTORS)
def test_every_scope_a_stream_needs_is_asked_for(platform: str) -> None:
    auth = CONNECTORS[platform].auth
    needed = {scope for stream in CONNECTORS[platform].streams for scope in stream.scopes}

    assert needed <= {*auth.scopes, *auth.optional_scopes}


@pytest.mark.parametrize("platform", CONNECTORS)
def test_a_platforms_page_is_what_the_command_writes(platform: str) -> None:
    assert (PAGES / f"{platform}.md").read_text() == page(CONNECTORS[platform]), (
        "run python -m chalicelib.connectors docs"
    )


def test_the_command_prints_the_catalogue() -> None:
    told = subprocess.run([sys.executable, "-m", "chalicelib.connectors"], capture_output=True, check=True, cwd=ROOT)

    assert json.loads(told.stdout) == [described(connector) for connector in CONNECTORS.values()]


def test_only_what_a_processor_has_is_imported() -> None:
    program = "import sys, chalicelib.connectors; print(*sorted({name.partition('.')[0] for name in sys.modules}))"

    told = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, cwd=ROOT)

    assert not {"boto3", "botocore", "pynamodb", "chalice", "pydantic", "authlib"} & set(told.stdout.decode().split())
