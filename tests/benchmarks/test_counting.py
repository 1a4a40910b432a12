from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from werkzeug import Request, Response

from benchmarks.ours.counting import counting, named, units
from tests.benchmarks.conftest import ServerOf


@pytest.mark.parametrize(
    ("method", "target", "path", "name"),
    [
        ("POST", "DynamoDB_20120810.GetItem", "/", "DynamoDB.GetItem"),
        ("POST", "secretsmanager.GetSecretValue", "/", "secretsmanager.GetSecretValue"),
        ("PUT", None, "/bucket/key", "S3.PUT"),
        ("GET", None, "/bucket?list-type=2&prefix=a", "S3.LIST"),
    ],
)
def test_calls_are_named_by_what_is_billed(method: str, target: str | None, path: str, name: str) -> None:
    assert named(method, target, path) == name


def test_a_write_costs_its_size_once_more_per_index_and_twice_in_a_transaction() -> None:
    item = b'{"index1_pk": {"S": "a"}, "index2_pk": {"S": "b"}, "x": "' + b"x" * 1500 + b'"}'

    assert units("DynamoDB.PutItem", item, b"") == 2 * 3
    assert units("DynamoDB.TransactWriteItems", item, b"") == 2 * 3 * 2


def test_a_read_costs_its_answer_by_four_kibibytes() -> None:
    assert units("DynamoDB.Query", b"{}", b"x" * 9000) == 3
    assert units("S3.GET", b"", b"x" * 9000) == 0


def test_the_proxy_hands_everything_on_and_counts_it(httpserver_of: ServerOf) -> None:
    def answer(request: Request) -> Response:
        return Response(request.data + b" seen", status=201, headers={"X-Of": request.path})

    with (
        httpserver_of(answer) as upstream,
        counting(upstream) as counted,
        closing(HTTPConnection(urlsplit(counted.endpoint).netloc)) as connection,
    ):
        connection.request("PUT", "/bucket/key", b"body")
        response = connection.getresponse()
        said = (response.status, response.getheader("X-Of"), response.read())

    assert said == (201, "/bucket/key", b"body seen")
    assert counted.names() == {"S3.PUT": 1}
