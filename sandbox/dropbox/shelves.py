"""Shared folders, shared links and file requests."""

from collections.abc import Callable, Mapping
from itertools import islice

from sandbox.chance import seed_of
from sandbox.collection import Record
from sandbox.dropbox.nodes import Node
from sandbox.dropbox.tree import Tree

STARTED = "2023-01-01T00:00:00Z"
MEMBERS = 3
Maker = Callable[[int], Record]


def seeded(tree: Tree, seed: int, sizes: Mapping[str, int]) -> dict[str, list[Record]]:
    """Share some of the first folders and files."""
    folders = (node for node in tree.walk() if node.is_folder)
    files = (node for node in tree.walk() if not node.is_folder)
    return {
        "shared_folders": [shared_folder(n, node) for n, node in enumerate(islice(folders, sizes["shared_folders"]))],
        "shared_links": [shared_link(n, node, seed) for n, node in enumerate(islice(files, sizes["shared_links"]))],
        "file_requests": [file_request(n) for n in range(sizes["file_requests"])],
    }


def shared_folder(number: int, node: Node | None = None) -> Record:
    path = node.path if node else f"/Shared {number}"
    return {
        "access_type": {".tag": "owner"},
        "is_inside_team_folder": False,
        "is_team_folder": False,
        "path_lower": path.lower(),
        "path_display": path,
        "name": path.rpartition("/")[2],
        "policy": {
            "acl_update_policy": {".tag": "editors"},
            "shared_link_policy": {".tag": "anyone"},
            "member_policy": {".tag": "anyone"},
            "resolved_member_policy": {".tag": "anyone"},
        },
        "preview_url": f"https://www.dropbox.com/scl/fo/{number:x}",
        "shared_folder_id": str(84_528_192_421 + number),
        "time_invited": STARTED,
        "access_inheritance": {".tag": "inherit"},
        "permissions": [],
    }


def shared_link(number: int, node: Node | None = None, seed: int = 0) -> Record:
    path = node.path if node else f"/Linked {number}.txt"
    token = f"{seed_of(seed, 'link', number):016x}"
    return {
        ".tag": "file",
        "url": f"https://www.dropbox.com/s/{token}/{number}.txt?dl=0",
        "id": node.id if node else f"id:link{number}",
        "name": path.rpartition("/")[2],
        "path_lower": path.lower(),
        "link_permissions": {
            "can_revoke": True,
            "resolved_visibility": {".tag": "public"},
            "revoke_failure_reason": None,
            "visibility_policies": [],
            "can_set_expiry": True,
            "can_remove_expiry": True,
            "allow_download": True,
            "can_allow_download": True,
            "can_disallow_download": True,
            "allow_comments": False,
            "team_restricts_comments": False,
        },
        "client_modified": STARTED,
        "server_modified": STARTED,
        "rev": node.rev if node else "0123456789abcde",
        "size": node.size if node else 0,
    }


def file_request(number: int) -> Record:
    return {
        "id": f"oaCAVmEyrqYnkZX9955Y{number}",
        "url": f"https://www.dropbox.com/request/oaCAVmEyrqYnkZX9955Y{number}",
        "title": f"Request {number}",
        "created": STARTED,
        "is_open": number % 3 != 2,
        "file_count": number,
        "destination": "/File Requests",
        "description": "Please upload the signed papers",
    }


def members(folder: Record) -> list[Record]:
    """Return who may see a shared folder: its owner first."""
    count = 1 + int(folder["shared_folder_id"]) % MEMBERS
    return [_member(int(folder["shared_folder_id"]), number) for number in range(count)]


def _member(folder: int, number: int) -> Record:
    user = {
        "account_id": f"dbid:AAMember{(folder + number) % 1000:04d}",
        "email": f"member{number}@example.com",
        "display_name": f"Member {number}",
        "same_team": True,
        "team_member_id": f"dbmid:{number:022d}",
    }
    role = "owner" if number == 0 else "editor"
    return {"access_type": {".tag": role}, "user": user, "permissions": [], "is_inherited": False}


MAKERS: dict[str, Maker] = {
    "shared_folders": shared_folder,
    "shared_links": shared_link,
    "file_requests": file_request,
}
