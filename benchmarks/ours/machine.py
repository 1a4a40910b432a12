"""Run the shipped state machine file: as much of ASL (JSONPath) as it uses, with each task handed to `invoke`.

A state it does not know is an error, so that a change of the file cannot go unnoticed here.
"""

import random
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

Json = Any
Invoke = Callable[[str, Json], Json]


class TaskFailedError(Exception):
    """A task's error, by the name the machine's Retry and Catch know it by."""

    def __init__(self, name: str, cause: str) -> None:
        super().__init__(f"{name}: {cause}")
        self.name, self.cause = name, cause


class MachineFailedError(Exception):
    """The machine ended in a Fail state."""


@dataclass
class Machine:
    """One execution; `arns` fills the file's `${…}`; `transitions` counts what Step Functions would bill."""

    definition: Mapping[str, Json]
    arns: Mapping[str, str]
    invoke: Invoke
    parallel: int
    patience: float = 1.0
    transitions: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._kinds: dict[str, Callable[[Json, Json, Json], tuple[Json, str | None]]] = {
            "Task": self._task,
            "Map": self._map,
            "Choice": self._choice,
            "Wait": self._wait,
            "Pass": self._pass,
            "Succeed": self._succeed,
            "Fail": self._fail,
        }

    def run(self, given: Json) -> Json:
        """Run from the start; raises MachineFailedError where it ends in a Fail state."""
        return self._states(self.definition, given, {})

    def _states(self, machine: Mapping[str, Json], given: Json, context: Json) -> Json:
        name: str | None = machine["StartAt"]
        while name is not None:
            self.transitions += 1
            state = machine["States"][name]
            try:
                given, name = self._kinds[state["Type"]](state, given, context)
            except TaskFailedError as failed:
                if "Catch" not in state:
                    raise
                catch = state["Catch"][0]
                given, name = (
                    _placed(given, catch["ResultPath"], {"Error": failed.name, "Cause": failed.cause}),
                    catch["Next"],
                )
        return given

    def _task(self, state: Json, given: Json, context: Json) -> tuple[Json, str | None]:
        call = _filled(state["Parameters"], given, context)
        arn = self.arns.get(call["FunctionName"], call["FunctionName"])
        answer = self._persistent(state.get("Retry", []), lambda: self.invoke(arn, call["Payload"]))
        result: Json = {"Payload": answer}
        if "ResultSelector" in state:
            result = _filled(state["ResultSelector"], result, context)
        return _placed(given, state.get("ResultPath", "$"), result), state.get("Next")

    def _persistent(self, retries: list[Json], once: Callable[[], Json]) -> Json:
        tries = [0] * len(retries)
        while True:
            try:
                return once()
            except TaskFailedError as failed:
                n = next((n for n, rule in enumerate(retries) if failed.name in rule["ErrorEquals"]), None)
                if n is None or tries[n] >= retries[n]["MaxAttempts"]:
                    raise
                rule = retries[n]
                most = min(rule["IntervalSeconds"] * rule["BackoffRate"] ** tries[n], rule["MaxDelaySeconds"])
                tries[n] += 1
                self.transitions += 1
                time.sleep(random.uniform(0, most) * self.patience)

    def _map(self, state: Json, given: Json, context: Json) -> tuple[Json, str | None]:
        items = _path(state["ItemsPath"], given, context)
        inputs = [_filled(state["ItemSelector"], given, {**context, "item": item}) for item in items]
        if state["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED":
            self.transitions += len(inputs)
        workers = min(state.get("MaxConcurrency", self.parallel), self.parallel)
        with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
            results = list(pool.map(lambda one: self._states(state["ItemProcessor"], one, context), inputs))
        return _placed(given, state.get("ResultPath", "$"), results), state.get("Next")

    def _choice(self, state: Json, given: Json, context: Json) -> tuple[Json, str | None]:
        for choice in state["Choices"]:
            if _holds(choice, _path(choice["Variable"], given, context)):
                return given, choice["Next"]
        return given, state["Default"]

    def _wait(self, state: Json, given: Json, context: Json) -> tuple[Json, str | None]:
        time.sleep(_path(state["SecondsPath"], given, context))
        return given, state["Next"]

    def _pass(self, state: Json, given: Json, context: Json) -> tuple[Json, str | None]:
        result = state["Result"] if "Result" in state else _filled(state["Parameters"], given, context)
        return _placed(given, state.get("ResultPath", "$"), result), state.get("Next")

    def _succeed(self, _state: Json, given: Json, _context: Json) -> tuple[Json, str | None]:
        return given, None

    def _fail(self, state: Json, _given: Json, _context: Json) -> tuple[Json, str | None]:
        raise MachineFailedError(f"{state['Error']}: {state['Cause']}")


def _holds(choice: Json, value: Json) -> bool:
    if "BooleanEquals" in choice:
        return bool(value is choice["BooleanEquals"])
    if "NumericGreaterThan" in choice:
        return bool(value > choice["NumericGreaterThan"])
    return bool(value == choice["StringEquals"])


def _filled(template: Json, given: Json, context: Json) -> Json:
    if not isinstance(template, dict):
        return template
    return {
        key.removesuffix(".$"): _value(inner, given, context) if key.endswith(".$") else _filled(inner, given, context)
        for key, inner in template.items()
    }


def _value(expression: str, given: Json, context: Json) -> Json:
    if expression.startswith("States.Format("):
        pattern, path = expression.removeprefix("States.Format(").removesuffix(")").split(", ")
        return pattern.strip("'").replace("{}", _path(path, given, context))
    return _path(expression, given, context)


def _path(path: str, given: Json, context: Json) -> Json:
    if path.startswith("$$.Map.Item.Value"):
        given, path = context["item"], "$" + path.removeprefix("$$.Map.Item.Value")
    for step in path.split(".")[1:]:
        given = given[step]
    return given


def _placed(given: Json, path: str | None, result: Json) -> Json:
    if path is None:
        return given
    return result if path == "$" else {**given, path.removeprefix("$."): result}
