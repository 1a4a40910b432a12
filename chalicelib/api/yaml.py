"""Writes JSON values as YAML 1.2, which is all that an OpenAPI document needs of it."""

import json
from collections.abc import Iterator
from typing import Any


def dump(value: Any) -> str:  # noqa: ANN401 (anything JSON can say)
    """Write a value in YAML's block style; texts are quoted as in JSON, which YAML reads alike."""
    return "\n".join(_lines(value)) + "\n"


def _lines(value: Any) -> Iterator[str]:  # noqa: ANN401 (as above)
    if isinstance(value, dict) and value:
        for name, item in value.items():
            yield from _entry(f"{json.dumps(name)}:", item)
    elif isinstance(value, list) and value:
        for item in value:
            first, *rest = _lines(item)
            yield f"- {first}"
            yield from (f"  {line}" for line in rest)
    else:
        yield json.dumps(value, ensure_ascii=True)


def _entry(name: str, item: Any) -> Iterator[str]:  # noqa: ANN401 (as above)
    lines = list(_lines(item))
    if isinstance(item, (dict, list)) and item:
        yield name
        yield from (f"  {line}" for line in lines)
    else:
        yield f"{name} {lines[0]}"
