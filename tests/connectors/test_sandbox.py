"""Against the simulated vendors: what is read, in full and by changes, is what they hold."""

import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.connectors import CONNECTORS
from chalicelib.connectors.clock import Clock
from chalicelib.connectors.session import Authorization, VendorSession
from sandbox import Sandbox, Settings
from sandbox.hubspot.kinds import KINDS
from tests.connectors.reading import Copy

NAMED_OTHERWISE = {"files": "entries", "custom_2-3453932": "pets"} | {
    f"associations_custom_2-3453932_to_{kind.type_id if kind.name == 'pets' else kind.name}": f"pets_to_{kind.name}"
    for kind in KINDS
}

OTHERWISE_GROUPED = {"pets": "2-3453932"}


def _group(name: str | None) -> str | None:
    """Name a group as the vendor does: the account's own type goes by its id."""
    return "/".join(OTHERWISE_GROUPED.get(part, part) for part in name.split("/")) if name else name


class Played:
    """One simulated vendor, its default account, and a session with it."""

    def __init__(self, sandbox: Sandbox, platform: str) -> None:
        self.sandbox, self.platform = sandbox, platform
        self.vendor = sandbox.vendors[platform]
        self.vendor.settings.limit.requests = self.vendor.settings.search_limit.requests = 0
        key = self.vendor.default_account
        if key not in self.vendor.accounts:
            self.vendor.seed(key, self.vendor.shared.seed, {})
        self.account = self.vendor.accounts[key]
        connector = CONNECTORS[platform]
        self.grant = self.vendor.grants.consent(key, self.vendor.all_scopes())
        self.connector = connector
        self.renew()
        hosts = {f"https://{host}": f"{sandbox.url}/{host}" for host in self.vendor.hosts}
        self.session = VendorSession(
            connector,
            Authorization(lambda: self.headers, self.renew, {}),
            stand_ins=hosts,
            clock=Clock(sleep=lambda _seconds: None),
            patience=lambda: math.inf,
        )
        self.copy = Copy(connector, self.session.fetch)

    def renew(self) -> None:
        token = self.vendor.grants.access(self.grant, self.sandbox.clock.now(), self.vendor.token_prefix())
        self.headers = self.connector.headers({"access_token": token, "platform_data": {}})

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.sandbox.clock.now(), UTC)

    def pass_time(self, **span: float) -> None:
        self.sandbox.clock.advance(timedelta(**span).total_seconds())

    def read_all(self) -> None:
        until = self.now()
        for name in self.streams():
            self.copy.read_all(name, until)

    def read_changes(self) -> None:
        until = self.now()
        for name in self.streams():
            self.copy.read_changes(name, until)

    def streams(self) -> list[str]:
        return self.copy.names()

    def holds(self, name: str) -> dict[str, object] | None:
        """What the vendor holds of a stream, None where the sandbox does not tell."""
        collection = NAMED_OTHERWISE.get(name, name) if self.platform != "stripe" or name != "files" else name
        try:
            lines = list(self.account.lines(collection, {}))
        except Exception:  # noqa: BLE001  the sandbox says so in several ways
            return None
        stream = self.copy.connector.stream(name)
        records = [(json.loads(line.record), _group(line.parent)) for line in lines]
        if stream.children is not None:
            owned = [(record, of or record["value_list"]) for record, of in records]
            records = [(record, of) for record, of in owned if of in self.copy.held[stream.children.of]]
        return {f"{of}/{record[stream.key]}" if of else str(record[stream.key]): record for record, of in records}

    def differences(self) -> dict[str, str]:
        return {name: told for name in self.streams() if (told := self._difference(name))}

    def _difference(self, name: str) -> str:
        holds = self.holds(name)
        if holds is None:
            return ""
        held = self.copy.held[name].items()
        read = {self._vendors(key.encode()).decode(): json.loads(self._vendors(line)) for key, line in held}
        if set(read) != set(holds):
            return f"only read {sorted(set(read) - set(holds))[:3]}, only there {sorted(set(holds) - set(read))[:3]}"
        wrong = [key for key in holds if read[key] != holds[key]]
        return f"{wrong[0]}: {read[wrong[0]]} is not {holds[wrong[0]]}" if wrong else ""

    def _vendors(self, text: bytes) -> bytes:
        """Name the vendors' hosts again, which the sandbox tells as its own."""
        return text.replace(f"{self.sandbox.url}/".encode(), b"https://")


@pytest.fixture
def played(request: pytest.FixtureRequest) -> Iterator[Played]:
    with Sandbox(Settings(port=0, size="small")) as sandbox:
        played = Played(sandbox, request.param)
        yield played
        played.session.close()


every_platform = pytest.mark.parametrize("played", sorted(CONNECTORS), indirect=True)
stripe = pytest.mark.parametrize("played", ["stripe"], indirect=True)
hubspot = pytest.mark.parametrize("played", ["hubspot"], indirect=True)
dropbox = pytest.mark.parametrize("played", ["dropbox"], indirect=True)


@every_platform
def test_everything_read_is_what_the_vendor_holds(played: Played) -> None:
    played.read_all()

    told = [name for name in played.streams() if played.holds(name) is not None]
    assert played.differences() == {}
    assert len(told) >= {"stripe": 35, "hubspot": 60, "dropbox": 4}[played.platform]
    assert sum(len(played.copy.held[name]) for name in told) > 100


@every_platform
def test_nothing_changed_means_nothing_new(played: Played) -> None:
    played.read_all()
    played.pass_time(hours=1)

    played.read_changes()

    assert played.differences() == {}
    assert {name: keys for name, keys in played.copy.changed.items() if keys} == {}


@stripe
def test_what_is_created_changed_and_deleted_at_stripe_is_found(played: Played) -> None:
    played.read_all()
    played.pass_time(hours=1)
    for name in ("customers", "products", "invoices", "invoiceitems", "coupons", "plans"):
        keys = played.account.keys(name, 0, 2)
        played.account.create(name, 2, {})
        played.account.delete(name, keys[1:])
        if name != "invoiceitems":
            played.account.change(name, keys[:1], {})
    for name in ("charges", "subscriptions", "payouts", "refunds", "prices"):
        played.account.create(name, 1, {})
        played.account.change(name, played.account.keys(name, 0, 1), {})
    played.pass_time(minutes=5)

    played.read_changes()

    assert played.differences() == {}


@stripe
def test_a8_what_stripe_has_no_event_for_is_found_by_the_next_sweep(played: Played) -> None:
    played.read_all()
    played.account.change("invoiceitems", played.account.keys("invoiceitems", 0, 1), {})
    played.read_changes()
    assert set(played.differences()) == {"invoiceitems"}

    played.copy.read_all("invoiceitems", played.now())

    assert played.differences() == {}


@stripe
def test_a_review_that_is_closed_leaves_stripes_list_and_stays_as_it_is(played: Played) -> None:
    played.read_all()
    short = played.account.create("reviews", 1, {})
    closed = [*played.account.keys("reviews", 0, 1), *short]
    played.account.change("reviews", closed, {"open": False, "closed_reason": "approved"})
    played.pass_time(minutes=5)

    played.read_changes()
    assert played.differences() == {}

    played.copy.read_all("reviews", played.now())
    assert played.differences() == {}


@stripe
def test_a_review_that_was_closed_since_the_last_reading_is_found_by_a_full_one(played: Played) -> None:
    played.read_all()
    played.account.change("reviews", played.account.keys("reviews", 0, 1), {"open": False})
    played.pass_time(minutes=5)

    played.copy.read_all("reviews", played.now())

    assert "reviews" not in played.differences()


@stripe
def test_a_price_that_no_list_shows_comes_with_its_event_and_stays(played: Played) -> None:
    played.read_all()
    (key,) = played.account.create("prices", 1, {"active": False, "inline": True})
    played.pass_time(minutes=5)
    played.read_changes()
    assert key in played.copy.held["prices"]

    played.copy.read_all("prices", played.now())

    assert played.differences() == {}


@stripe
def test_a_price_that_is_deleted_is_gone_even_where_a_full_listing_comes_first(played: Played) -> None:
    played.read_all()
    (key,) = played.account.keys("prices", 0, 1)
    played.account.delete("prices", [key])
    played.pass_time(minutes=5)

    played.copy.read_all("prices", played.now())

    assert key not in played.copy.held["prices"]


@stripe
def test_what_lives_by_a_test_clock_is_left_out_though_events_tell_of_it(played: Played) -> None:
    clocked = played.account.create("customers", 1, {"test_clock": "clock_1"})
    theirs = played.account.create("subscriptions", 1, {"test_clock": "clock_1", "customer": clocked[0]})
    played.pass_time(hours=1)
    played.read_all()
    played.account.create("payment_methods", 1, {"customer": clocked[0]})
    played.account.change("customers", clocked, {})
    played.account.change("subscriptions", theirs, {})

    played.read_changes()

    found = {name: played.copy.changed[name] for name in ("customers", "subscriptions", "payment_methods")}
    assert found == {"customers": set(), "subscriptions": set(), "payment_methods": set()}


@hubspot
def test_what_is_created_changed_archived_and_restored_at_hubspot_is_found(played: Played) -> None:
    played.read_all()
    played.pass_time(hours=1)
    for name in ("contacts", "companies", "deals", "notes", "pets"):
        keys = played.account.keys(name, 0, 2)
        played.account.create(name, 3, {})
        played.account.change(name, keys[:1], {})
        played.account.delete(name, keys[1:])
    played.pass_time(minutes=5)

    played.read_changes()

    objects = {"contacts", "companies", "deals", "notes", "custom_2-3453932", "archived_objects"}
    assert {name: told for name, told in played.differences().items() if name in objects} == {}


@hubspot
def test_a_property_that_is_made_changed_or_archived_is_found(played: Played) -> None:
    played.read_all()
    properties, found = "properties", played.copy
    (made,) = played.account.create(properties, 1, {"of": "deals"})
    played.read_changes()
    assert found.changed[properties] == {made}

    played.account.change(properties, [made], {"label": "Renamed"})
    played.read_changes()
    assert found.changed[properties] == {made}

    played.account.delete(properties, [made])
    played.read_changes()
    assert json.loads(found.held[properties][made])["archived"]
    assert played.differences() == {}


@hubspot
def test_an_association_label_that_is_made_renamed_or_taken_away_is_found(played: Played) -> None:
    played.read_all()
    labels, found = "association_labels", played.copy
    (made,) = played.account.create(labels, 1, {"of": "deals/quotes"})
    played.read_changes()
    assert made in found.changed[labels]

    played.account.change(labels, [made], {"label": "Chief"})
    played.read_changes()
    assert found.changed[labels] == {made}

    played.account.delete(labels, [made])
    played.read_changes()
    assert found.gone[labels] == {made}
    assert played.differences() == {}


@dropbox
def test_what_is_written_moved_and_deleted_at_dropbox_is_found(played: Played) -> None:
    played.read_all()
    played.pass_time(hours=1)
    folder = next(path for path in played.copy.held["files"] if path.count("/") == 2)
    played.account.write("/new/deep/file.txt", b"hello")
    played.account.delete("entries", played.account.keys("entries", 5, 2))
    played.read_changes()
    assert played.differences() == {}

    played.account.tree.remove(folder, played.sandbox.clock.now())
    played.read_changes()

    assert played.differences() == {}
    assert not [path for path in played.copy.held["files"] if path.startswith(folder)]


@dropbox
def test_f39_a_reset_feed_is_read_anew_and_loses_nothing(played: Played) -> None:
    played.read_all()
    gone = played.account.keys("entries", 5, 1)
    played.account.delete("entries", gone)
    played.account.epoch += 1

    played.read_changes()

    assert played.differences() == {}
