"""What MiniStack leaves on disk when it stops, and what has to be mended in it before it starts again."""

import json
from pathlib import Path

_POSITIONS = "dynamodb_stream_positions"


def mend(state: Path) -> None:
    """Rewind the readers of table streams.

    MiniStack keeps how far each had read, but not the stream, which begins again at 0: until as many changes had been
    made again, a reader would see none of them. What was not read when the engine stopped is lost; the sweeper finds
    such jobs.
    """
    file = state / "lambda.json"
    if file.exists():
        kept = json.loads(file.read_text())
        positions = kept["payload"][_POSITIONS]["data"]
        kept["payload"][_POSITIONS]["data"] = dict.fromkeys(positions, 0)
        file.write_text(json.dumps(kept))
