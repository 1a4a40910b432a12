"""What the pages name is there: routes, alarms, decisions."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
CALL = re.compile(r"\b(GET|POST|PATCH|PUT|DELETE)\s+(/[a-z_{}/-]+)")
ALARM = re.compile(r"AlarmName:\s*(?:!Sub |Fn::Sub: \[\")listbackup-\$\{Stage\}-([^\s\"]+)")


def test_every_call_that_a_page_tells_of_is_a_route() -> None:
    paths = json.loads((ROOT / "docs/openapi.json").read_text())["paths"]
    routes = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    told = {(str(page.name), *call) for page in PAGES for call in CALL.findall(page.read_text())}

    assert [one for one in sorted(told) if one[1:] not in routes] == []


def test_the_example_of_adding_a_platform_is_the_one_that_is_tested() -> None:
    page, example = ROOT / "docs/connectors/adding.md", ROOT / "tests/connectors/acme.py"

    assert f"```python\n{example.read_text()}```" in page.read_text(), "copy the example from the file into the page"


def test_every_alarm_is_in_the_runbook() -> None:
    alarms = ALARM.findall((ROOT / "infra/monitoring.yaml").read_text())
    rows = re.findall(r"^\| `([^`]+)` \|", (ROOT / "docs/runbook.md").read_text(), re.MULTILINE)
    named = {row.replace("{function}", "${Name}").replace("{queue}", "${Name}") for row in rows}

    assert len(alarms) > 10
    assert [alarm for alarm in alarms if alarm not in named] == []


def test_every_decision_is_in_their_list() -> None:
    decisions = ROOT / "docs/decisions"
    listed = (decisions / "README.md").read_text()

    assert [one.name for one in decisions.glob("[0-9]*.md") if f"({one.name})" not in listed] == []
