"""The seeded tree: teams of fifty projects of a hundred files, each made when somebody looks at it."""

import hashlib
import re
from functools import lru_cache, partial

from sandbox.chance import Chance, mix, seed_of
from sandbox.dropbox.hashing import content_hash
from sandbox.dropbox.nodes import Node, sort_key
from sandbox.ids import Ids

FILES = 100  # in a project
PROJECTS = 50  # in a team
PROJECT_NODES = FILES + 1
TEAM_NODES = PROJECTS * PROJECT_NODES + 1
FIRST_MODIFIED = 1_672_531_200
SPAN = 94_694_400
ENDINGS = (".txt", ".txt", ".pdf", ".csv", " café.docx", " 東京.md")
NUMBERED = re.compile(r"/team (\d+)(?:/project (\d+)(?:/report (\d+)[^/]*)?)?")
HASHES = 20_000  # of seeded contents, remembered
BIG = 4 * 1024 * 1024 + 17  # more than one block of the content hash


class Layout:
    """Numbers the nodes in the order of their paths."""

    def __init__(self, files: int, seed: int) -> None:
        self.files = files
        self.seed = seed_of(seed, "files")
        self.ids = Ids("id:", 22, seed)

    def __len__(self) -> int:
        return self.files + -(-self.files // FILES) + -(-self.files // (FILES * PROJECTS))

    def node(self, index: int) -> Node:
        team, rest = divmod(index, TEAM_NODES)
        if not rest:
            return Node(f"/Team {team:04d}", self.ids.key(index), is_folder=True)
        project, place = divmod(rest - 1, PROJECT_NODES)
        folder = f"/Team {team:04d}/Project {team * PROJECTS + project:06d}"
        if not place:
            return Node(folder, self.ids.key(index), is_folder=True)
        return self._file(folder, (team * PROJECTS + project) * FILES + place - 1, index)

    def _file(self, folder: str, number: int, index: int) -> Node:
        chance = Chance(self.seed, number)
        path = f"{folder}/Report {number:08d}{self._ending(number)}"
        modified = FIRST_MODIFIED + chance.below(SPAN)
        size = self._size(number)
        return Node(
            path, self.ids.key(index), False, f"{mix(self.seed ^ number) >> 4:015x}", size, modified, modified + 60,
            partial(contents, self.seed, number, size), hashed=partial(contents_hash, self.seed, number, size),
        )  # fmt: skip

    def _ending(self, number: int) -> str:
        return ".paper" if number % 40 == 39 else ENDINGS[mix(number) % len(ENDINGS)]

    def _size(self, number: int) -> int:
        if number % 25 == 24:
            return 0
        return BIG if number % 300 == 150 else mix(self.seed + number) % 4096

    def index_of(self, path: str) -> int | None:
        """Return the number of the node at a path."""
        match = NUMBERED.fullmatch(path.lower())
        if match is None:
            return None
        team, project, file = (None if group is None else int(group) for group in match.groups())
        index = self._index(team or 0, project, file)
        return index if 0 <= index < len(self) and self.node(index).lower == path.lower() else None

    def _index(self, team: int, project: int | None, file: int | None) -> int:
        if project is None:
            return team * TEAM_NODES
        start = team * TEAM_NODES + 1 + (project - team * PROJECTS) * PROJECT_NODES
        return start if file is None else start + 1 + file - project * FILES

    def key_at(self, index: int) -> str:
        return sort_key(self.node(index).path)


def contents(seed: int, number: int, size: int) -> bytes:
    return hashlib.shake_128(f"{seed} {number}".encode()).digest(size)


@lru_cache(HASHES)
def contents_hash(seed: int, number: int, size: int) -> str:
    return content_hash(contents(seed, number, size))
