"""What an operator does to the archive by hand."""

import boto3
import pytest

from chalicelib.config import settings
from operations.archive import main
from tests.backup.conftest import running_aws, sandbox, world
from tests.backup.reading import manifest_of
from tests.backup.world import World

__all__ = ["running_aws", "sandbox", "world"]

LINKS = "payment_links"


@pytest.fixture
def source(world: World) -> World:
    """A source with two snapshots."""
    world.choose(LINKS)
    world.vendor.create(LINKS, 5)
    world.sync()
    world.vendor.create(LINKS, 1)
    world.vendor.advance(10)
    return world


def ended(command: str, world: World) -> int:
    with pytest.raises(SystemExit) as left:
        main([command, "test", world.account_id, world.source().source_id])
    return int(left.value.code or 0)


def test_a_lost_index_is_found_and_put_back(source: World, capsys: pytest.CaptureFixture[str]) -> None:
    index = manifest_of(source.sync()).streams[LINKS].index
    assert index is not None
    bucket, root = boto3.resource("s3").Bucket(settings().data_bucket), f"accounts/{source.account_id}/"
    lost = next(one for one in bucket.objects.filter(Prefix=root) if one.key.endswith(index.key))
    lost.delete()

    assert ended("verify", source) == 1
    assert f"{index.key}: " in capsys.readouterr().out
    assert ended("restore-index", source) == 0
    assert capsys.readouterr().out == f"{index.key} is put back\n"
    assert ended("verify", source) == 0
    assert capsys.readouterr().out.count("is whole") == 2


def test_a_source_that_is_not_there_is_told_so(world: World) -> None:
    with pytest.raises(SystemExit, match="check the stage, the account and the source"):
        main(["verify", "test", "acc_1", "src_1"])
