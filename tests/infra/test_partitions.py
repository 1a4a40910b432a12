"""Each function touches only those partitions of the table that its task is in (docs/decisions/0104)."""

import pkgutil
import re
from datetime import UTC, datetime
from importlib import import_module

import pytest

from chalicelib import store
from chalicelib.connectors import CONNECTORS
from chalicelib.ids import new_id
from chalicelib.store.table import Item
from infra import partitions
from tests.infra.conftest import Resources, listed, statements
from tests.infra.iam import who_may_touch

NOW = datetime(2026, 1, 31, tzinfo=UTC)
ACCOUNT = "ACCOUNT#acc_01KG8NJW00BBV0293D6ZCG73TP"
OTHER = "ACCOUNT#acc_01KG8NJW0063WB4DDCZXT4SYK5"
JOB, ACTIVITY = f"{ACCOUNT}#JOB#job_01KG8NJW00P3RT4X3B5ZQ1M0AE", f"{ACCOUNT}#ACTIVITY"
USER = "USER#usr_01KG8NJW00C2V7H5D9J6R8T4YN"
PROCESSORS = {f"{platform.title().replace('_', '')}Processor" for platform in CONNECTORS}
ASK_VENDORS = {"PlanStep", *PROCESSORS}
END_JOBS = {"CloseStep", "Sweep", "SyncDue", "CloseDead"}
RECORD = {"ApiHandler", "AuthorizeStep", *ASK_VENDORS, *END_JOBS}
TO_ITEMS = {f"dynamodb:{one}" for one in ("GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem")}
WRITES = ["PutItem", "UpdateItem"]
START_JOBS = {"StartSync", "StartBackup"}
NOBODY_ELSES = [USER, "STATE#x", "ADDRESS#x", f"{ACCOUNT}#IDEMPOTENCY", f"{ACCOUNT}#MORE"]


@pytest.mark.parametrize("partition", NOBODY_ELSES)
@pytest.mark.parametrize("action", ["GetItem", "Query", *WRITES])
def test_who_is_who_and_who_was_guessed_at_is_the_apis_alone(app: Resources, action: str, partition: str) -> None:
    assert who_may_touch(app, action, partition) == {"ApiHandler"}


def test_allowances_are_taken_by_the_api_and_by_the_schedule(app: Resources) -> None:
    taking = [who_may_touch(app, one, f"{ACCOUNT}#ALLOWANCES") for one in WRITES]

    assert taking == [{"ApiHandler", "SyncDue"}] * 2


def test_a_slot_is_taken_by_those_who_start_jobs_and_given_back_by_those_who_end_them(app: Resources) -> None:
    slots, ending = f"{ACCOUNT}#SLOTS", {"ApiHandler", "CloseStep", "Sweep", "CloseDead"}

    assert who_may_touch(app, "PutItem", ACCOUNT, slots) == START_JOBS | ending
    assert who_may_touch(app, "ConditionCheckItem", ACCOUNT, slots) == START_JOBS
    assert who_may_touch(app, "DeleteItem", slots) == ending


@pytest.mark.parametrize("action", WRITES)
def test_an_event_is_written_by_those_who_do_what_is_recorded(app: Resources, action: str) -> None:
    assert who_may_touch(app, action, ACTIVITY) == RECORD
    assert who_may_touch(app, action, ACCOUNT, ACTIVITY) == RECORD


def test_nobody_deletes_an_event_a_user_or_what_a_job_has_noted(app: Resources) -> None:
    deleting = [who_may_touch(app, "DeleteItem", one) for one in (ACTIVITY, USER, JOB, f"{ACCOUNT}#ALLOWANCES")]

    assert deleting == [set()] * 4
    assert who_may_touch(app, "DeleteItem", ACCOUNT) == {"ApiHandler"}


def test_checkpoints_are_written_by_those_who_read_and_are_read_by_those_who_go_by_them(app: Resources) -> None:
    assert [who_may_touch(app, one, JOB) for one in WRITES] == [{"ApiHandler", "PlanFilesStep", *ASK_VENDORS}] * 2
    assert who_may_touch(app, "Query", JOB) == {
        "ApiHandler", "PlanFilesStep", "SealStep", "VerifyStep", *ASK_VENDORS,
    }  # fmt: skip


def test_seal_adds_and_verify_changes_what_is_an_accounts_and_neither_does_more(app: Resources) -> None:
    assert who_may_touch(app, "PutItem", ACCOUNT) - RECORD - START_JOBS == {"SealStep"}
    assert {"VerifyStep", "Route", *START_JOBS} == who_may_touch(app, "UpdateItem", ACCOUNT) - RECORD


@pytest.mark.parametrize(
    ("partition", "readers"),
    [("OPEN", {"Sweep"}), ("SLOT", {"Sweep", *START_JOBS, *ASK_VENDORS}), ("DUE", {"SyncDue"})],
)
def test_all_tenants_jobs_and_sources_are_found_by_those_who_start_and_sweep(
    app: Resources, partition: str, readers: set[str]
) -> None:
    assert who_may_touch(app, "Query", partition, index="index2") - {"ApiHandler"} == readers


@pytest.mark.parametrize("partition", [ACCOUNT, f"{ACCOUNT}#MEMBERS", f"{ACCOUNT}#TREE", "OPEN"])
@pytest.mark.parametrize("index", ["index1", "index3"])
def test_no_step_reads_an_index(app: Resources, index: str, partition: str) -> None:
    assert who_may_touch(app, "Query", partition, index=index) == {"ApiHandler"}


def test_one_key_too_many_or_none_at_all_is_refused(app: Resources) -> None:
    assert who_may_touch(app, "UpdateItem", ACCOUNT, JOB, ACTIVITY, USER) == {"ApiHandler"}
    assert who_may_touch(app, "UpdateItem") == {"ApiHandler"}
    assert who_may_touch(app, "UpdateItem", ACCOUNT, OTHER) > PROCESSORS  # a role serves all tenants: decision 0406


def test_nobody_writes_or_deletes_by_the_batch(app: Resources) -> None:
    assert "dynamodb:BatchWriteItem" not in {action for _, s in statements(app) for action in listed(s["Action"])}


def test_only_the_api_reads_and_writes_the_table_without_a_condition(app: Resources) -> None:
    free = {
        name
        for name, s in statements(app)
        if "Condition" not in s and any(action in TO_ITEMS for action in listed(s["Action"]))
    }

    assert free == {"ApiHandlerRole"}


def test_every_kind_of_item_is_in_a_partition_that_has_a_name() -> None:
    for module in pkgutil.iter_modules(store.__path__, "chalicelib.store."):
        import_module(module.name)
    patterns = [value for name, value in vars(partitions).items() if name.isupper() and not name.startswith("_")]

    nameless = [kind.__name__ for kind in Item.__subclasses__() if _names(_example(kind.PK), patterns) != 1]

    assert nameless == [], "name the partition in infra/partitions.py, and in infra/grants.py who may touch it"


def _example(pattern: str) -> str:
    account, job = new_id("acc", NOW), new_id("job", NOW)
    ids = {"account_id": account, "root_account_id": account, "job_id": job}
    return re.sub(r"\{(\w+)}", lambda found: ids.get(found[1], "x"), pattern)


def _names(key: str, patterns: list[str]) -> int:
    wild = [re.escape(one).replace(r"\*", ".*").replace(r"\?", ".") for one in patterns]
    return sum(re.fullmatch(one, key) is not None for one in wild)
