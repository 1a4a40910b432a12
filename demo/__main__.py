"""The main job as a frontend would do it: sign up, connect three platforms, back up, change, compare, read without us.

Everything is shown as it happens and compared with what the vendors hold; the exit status is 0 only if nothing differs.
"""

import argparse
import shutil
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from demo import plain
from demo.api import Api
from demo.compare import Differences
from demo.progress import watch
from demo.vendors import Vendor, connect
from infra.build import ROOT
from infra.local.engine import Engine
from infra.local.running import Running, up

DIRECTORY = ROOT / ".local" / "demo"
EMAIL, PASSWORD = "ada@example.com", "Correct-horse-7-battery"
PLATFORMS = ("stripe", "hubspot", "dropbox")
CHANGED = {"stripe": ("customers", {"name": "Changed by the demo"}), "hubspot": ("contacts", {"firstname": "Changed"})}


class Demo:
    """One run against a running deployment; `folder` is the directory that plays the Dropbox account."""

    def __init__(self, running: Running, folder: Path) -> None:
        self.running = running
        self.folder = folder
        self.api = Api(running.api)
        self.vendors = {name: Vendor(running.sandbox, name) for name in PLATFORMS}
        self.differences = Differences()
        self.sources: dict[str, str] = {}
        self.changed_key = ""

    def run(self) -> bool:
        """Tell the whole story; give whether everything agreed."""
        self.set_the_stage()
        self.sign_up()
        first = self.snapshots({name: self.first_backup(name) for name in PLATFORMS})
        self.change_the_vendors()
        second = self.snapshots({name: self.back_up_again(name) for name in PLATFORMS})
        self.show_differences(first, second)
        self.show_history()
        self.read_without_us(first["stripe"])
        return self.verdict()

    def set_the_stage(self) -> None:
        """Give the HubSpot account the vendor's highest limit, its API add-on's: a lower one would be waited for."""
        limit = {"limit": {"requests": 250, "seconds": 10}, "search_limit": {"requests": 10, "seconds": 1}}
        requests.patch(f"{self.running.sandbox}/_sandbox/hubspot", json=limit, timeout=30).raise_for_status()

    def sign_up(self) -> None:
        say("Register, confirm, log in")
        self.api.post("/auth/register", {"email": EMAIL, "password": PASSWORD, "name": "Ada Lovelace"})
        self.api.post("/auth/confirm", {"email": EMAIL, "code": self.running.code_for(EMAIL)})
        answer = self.api.login(EMAIL, PASSWORD)
        print(f"    {answer['user']['name']} acts in {answer['accounts'][0]['name']}")

    def first_backup(self, platform: str) -> str:
        """Connect a platform; creating its source asks for the first backup."""
        say(f"Connect {platform} by OAuth, create a source")
        connection = connect(self.api, platform)
        source = self.api.post("/sources", {"connectionId": connection["connectionId"], "name": f"All of {platform}"})
        self.sources[platform] = source["sourceId"]
        print(f"    {connection['name']} is connected, {source['job']['jobId']} asked for")
        return str(source["job"]["jobId"])

    def back_up_again(self, platform: str) -> str:
        return str(self.api.post(f"/sources/{self.sources[platform]}/sync")["jobId"])

    def snapshots(self, jobs: dict[str, str]) -> dict[str, dict[str, Any]]:
        """Watch jobs that run side by side, and compare what one has read while the others run."""
        found = {}
        for platform, job_id in jobs.items():
            say(f"Back up {platform}")
            found[platform] = self.snapshot(platform, watch(self.api, job_id))
            self.compare(platform, found[platform])
        return found

    def snapshot(self, platform: str, job: dict[str, Any]) -> dict[str, Any]:
        """Show what a job came to; a job that is not green is a difference."""
        self.differences.check(
            f"{platform}: the job is {job['status']}: {job['error']}", holds=job["status"] == "completed"
        )
        found = self.api.get(f"/sources/{self.sources[platform]}/snapshots/{job['snapshotId']}")
        self.differences.check(f"{platform}: the snapshot is verified", holds=found["verified"])
        for told in [*found["reasons"], *(str(anomaly) for anomaly in found["anomalies"])]:
            print(f"    {told}")
        stored = sum(part["sizeBytes"] for stream in found["streams"].values() for part in stream["parts"])
        print(
            f"    {job['status']} in {_seconds(job):.1f} s, verified; the snapshot shows {found['records']:,} records"
        )
        print(f"    {stored:,} bytes of parts stored by this run")
        return found

    def compare(self, platform: str, snapshot: dict[str, Any]) -> None:
        """Compare every record with what the vendor holds."""
        books = requests.get(f"{self.running.sandbox}/_sandbox/{platform}", timeout=30).json()
        collections = next(iter(books["accounts"].values()))
        total = self.differences.streams(self.api, self.vendors[platform], snapshot, collections)
        print(f"    {total:,} records compared with what {platform} holds")

    def change_the_vendors(self) -> None:
        say("Change, add and delete at the vendors")
        for name, (collection, values) in CHANGED.items():
            vendor = self.vendors[name]
            keys = [held["key"] for held in vendor.holds(collection)]
            vendor.change(collection, keys[:3], values)
            vendor.delete(collection, keys[-2:])
            added = vendor.create(collection, 4)
            print(f"    {name}: 3 {collection} changed, 2 deleted, {len(added)} added")
            self.changed_key = keys[0] if name == "stripe" else self.changed_key
        (self.folder / "README.md").write_text("Changed by the demo.\n")
        (self.folder / "added.txt").write_text("Added by the demo.\n")
        (self.folder / "CHANGELOG.md").unlink()
        print("    dropbox: 1 file changed, 1 added, 1 deleted")
        requests.post(f"{self.running.sandbox}/_sandbox/clock", json={"advance": 60}, timeout=30).raise_for_status()

    def show_differences(self, first: dict[str, dict[str, Any]], second: dict[str, dict[str, Any]]) -> None:
        say("Show what changed between the two snapshots")
        for name in PLATFORMS:
            path = f"/sources/{self.sources[name]}/snapshots/{second[name]['snapshotId']}/diff"
            changes = list(self.api.items(path, **{"with": first[name]["snapshotId"]}))
            kinds = {kind: sum(one["change"] == kind for one in changes) for kind in ("added", "changed", "removed")}
            print(f"    {name}: {', '.join(f'{count} {kind}' for kind, count in kinds.items())}")
            self.differences.check(f"{name}: each kind of change is found", holds=all(kinds.values()))

    def show_history(self) -> None:
        say("Read one record's history")
        path = f"/sources/{self.sources['stripe']}/streams/customers/records/{self.changed_key}/history"
        versions = self.api.get(path)["items"]
        for version in versions:
            print(f"    {version['snapshotId']}  {version['change']:<8} name = {version['record'].get('name')!r}")
        kinds = [version["change"] for version in versions]
        self.differences.check(f"the history is {kinds}", holds=kinds == ["changed", "added"])

    def read_without_us(self, snapshot: dict[str, Any]) -> None:
        say("Read the archive with nothing of ours: sha256sum, zstd, jq")
        prefix = snapshot["manifest"]["key"].rpartition("/")[0]
        bucket = self.running.environment()["DATA_BUCKET"]
        directory = plain.fetched(self.running.engine.client("s3"), bucket, prefix, self.folder.parent / "snapshot")
        self.differences.check("sha256sum -c succeeds", holds=plain.checked(directory))
        part = min((directory / "customers").glob("part-*.jsonl.zst"))
        print(f"    zstd -dc {part.relative_to(directory)} | head -1 | jq .")
        first = plain.show_first(part)
        shown = self.api.get(
            f"/sources/{snapshot['sourceId']}/snapshots/{snapshot['snapshotId']}"
            f"/streams/customers/records/{first['id']}"
        )
        self.differences.check("the API shows the record as the part holds it", holds=shown["record"] == first)

    def verdict(self) -> bool:
        """Say how it went."""
        found = self.differences.found
        for difference in found:
            print(f"\n  DIFFERENCE {difference}")
        print(f"\n{self.differences.compared} comparisons, {len(found)} differences.")
        return not found


def _seconds(job: dict[str, Any]) -> float:
    begun, ended = (datetime.fromisoformat(job[name]) for name in ("createdAt", "completedAt"))
    return (ended - begun).total_seconds()


def say(what: str) -> None:
    print(f"\n\x1b[1m{what}\x1b[0m" if sys.stdout.isatty() else f"\n{what}", flush=True)


def main() -> int:
    """Run the demo on an engine of its own; 0 where everything agreed."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--directory", type=Path, default=DIRECTORY, help="where the engine keeps its state")
    given = parser.parse_args()
    shutil.rmtree(given.directory, ignore_errors=True)
    folder = given.directory / "dropbox"
    shutil.copytree(ROOT / "docs", folder / "docs")
    for name in ("README.md", "CHANGELOG.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / name)
    started = time.monotonic()
    say("Start the local engine and deploy")
    with up(Engine.isolated(given.directory / "engine"), sandbox_options=["--dropbox-dir", str(folder)]) as running:
        print(f"    {running.api} ({time.monotonic() - started:.1f} s)")
        agreed = Demo(running, folder).run()
    print(f"{time.monotonic() - started:.1f} s")
    return 0 if agreed else 1


if __name__ == "__main__":
    sys.exit(main())
