"""CloudFormation templates as data: read with their short forms, and laid over each other."""

import json
from pathlib import Path
from typing import Any

import yaml

Template = dict[str, Any]


class _Loader(yaml.SafeLoader):
    """Reads `!Ref x` and `!GetAtt a.b` as what they are short for."""


def _long_form(loader: _Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    value = _value(loader, node)
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name if name in {"Ref", "Condition"} else f"Fn::{name}": value}


def _value(loader: _Loader, node: yaml.Node) -> object:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return node.value


_Loader.add_multi_constructor("!", _long_form)


def read(path: Path) -> Template:
    """Read a template in YAML or JSON."""
    template: Template = yaml.load(path.read_text(), Loader=_Loader)  # noqa: S506  a SafeLoader
    return template


def written(template: Template) -> str:
    """Write a template as JSON, always the same way."""
    return json.dumps(template, indent=1, sort_keys=True) + "\n"


def laid_over(under: Template, over: Template) -> Template:
    """Merge two templates; where both have a value that is not a mapping, `over`'s counts."""
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = laid_over(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged
