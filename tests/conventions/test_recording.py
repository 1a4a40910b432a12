"""Use cases change the table through `recorded` only; what they write beside it, they write for a reason."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2] / "chalicelib"
WRITES = {"create", "change", "save", "update", "delete"}
UNRECORDED = {
    ("attempts.py", "count"): "a guess is nobody's deed yet",
    ("attempts.py", "forget"): "the same",
    ("connections.py", "remove"): "the deletion is recorded by the write that closes the connection",
    ("denials.py", "tell"): "what was refused changes nothing, and must be in the way of no change",
    ("dispatch.py", "_move"): "a job that is in its queue, or runs, is no further on for anybody but the machine",
    ("dispatch.py", "_skip"): "a time that is passed over begins nothing",
    ("oauth.py", "claim"): "a state that is used up connects nothing yet",
    ("repeats.py", "claim"): "the memory of a request is no part of what it does",
    ("repeats.py", "keep"): "the same",
    ("repeats.py", "release"): "the same",
    ("quotas.py", "_begun"): "what an account may still ask for is a count of its deeds",
    ("quotas.py", "_raised"): "the same",
    ("slots.py", "_freed"): "the job whose slot it was has ended and told so",
}


def writing(path: Path) -> Iterator[str]:
    """The functions that write an item: not through another module, and not into a transaction."""
    tree = ast.parse(path.read_text())
    modules = {alias.asname or alias.name for node in ast.walk(tree) for alias in getattr(node, "names", [])}
    for function in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
        called = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
        methods = [one for one in called if isinstance(one, ast.Attribute) and one.attr in WRITES]
        if {ast.unparse(one.value) for one in methods} - {"together", *modules}:
            yield function.name


def test_a_use_case_writes_nothing_beside_its_event_without_a_reason() -> None:
    found = {(path.name, name) for path in (ROOT / "services").glob("*.py") for name in writing(path)}

    assert found == UNRECORDED.keys()


def test_transactions_begin_in_one_place_but_for_slots_which_tell_of_nothing_new() -> None:
    using = {str(path.relative_to(ROOT)) for path in ROOT.rglob("*.py") if "transaction()" in path.read_text()}

    assert using == {"store/recording.py", "store/slots.py", "store/table.py"}
