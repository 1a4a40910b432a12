"""Keys of the table are spelt in the store and nowhere else."""

import ast
import re
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from chalicelib import store
from chalicelib.store.table import Item

ROOT = Path(__file__).parents[2]
KEY = re.compile(r"^[A-Z]+#|#[A-Z]+$|#[A-Z]+#")
MODULES = [import_module(f"{store.__name__}.{one.name}") for one in iter_modules(store.__path__)]
GLOBAL = {"ADDRESS#{address_hash}", "STATE#{state_hash}", "USER#{user_id}", "USER#{user_id}#ENDED"}
# What the sweeper, the schedule and who starts jobs look through, over all tenants; no request does.
OURS = {"{open}", "{due}", "{held}"}


def texts(path: Path) -> list[str]:
    nodes = ast.walk(ast.parse(path.read_text()))
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def items() -> list[type[Item]]:
    found = [value for module in MODULES for value in vars(module).values() if isinstance(value, type)]
    return sorted({one for one in found if issubclass(one, Item) and one is not Item}, key=str)


def test_no_room_but_the_store_spells_a_key() -> None:
    rooms = [path for path in (ROOT / "chalicelib").rglob("*.py") if path.parent.name != "store"]
    spelt = {str(path.relative_to(ROOT)): text for path in rooms for text in texts(path) if KEY.search(text)}

    assert spelt == {}


@pytest.mark.parametrize("item", items(), ids=lambda item: item.__name__)
def test_every_partition_is_one_tenants(item: type[Item]) -> None:
    partitions = [item.PK, *(index[0] for index in (item.INDEX1, item.INDEX2, item.INDEX3) if index)]

    assert all(one in GLOBAL | OURS or re.match(r"ACCOUNT#{\w*account_id}", one) for one in partitions)


def test_no_request_scans() -> None:
    rooms = [path for room in ("api", "services", "store") for path in (ROOT / "chalicelib" / room).rglob("*.py")]
    scanning = [
        str(path.relative_to(ROOT))
        for path in rooms
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == "scan" and path.name != "comparing.py"
    ]

    assert scanning == []
