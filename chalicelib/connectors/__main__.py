"""Print the catalogue of platforms as JSON, or write its pages: `python -m chalicelib.connectors [docs]`."""

import json
import sys
from pathlib import Path

from chalicelib.connectors import CONNECTORS
from chalicelib.connectors.catalogue import described, page

PAGES = Path(__file__).parents[2] / "docs" / "connectors"


def main(arguments: list[str]) -> None:
    """Do what the command line asks for."""
    if arguments == ["docs"]:
        PAGES.mkdir(parents=True, exist_ok=True)
        for connector in CONNECTORS.values():
            (PAGES / f"{connector.name}.md").write_text(page(connector))
    elif arguments:
        sys.exit("usage: python -m chalicelib.connectors [docs]")
    else:
        sys.stdout.write(json.dumps([described(connector) for connector in CONNECTORS.values()], indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
