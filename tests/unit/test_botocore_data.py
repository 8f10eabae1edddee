"""What the package keeps of botocore's data says the same about our services as all of it."""

import gzip
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore.loaders import Loader
from botocore.session import Session

from tools import botocore_data
from tools.dependencies import SERVICES

ALL = Path(botocore.__file__).parent / "data"

# One of each kind that has endpoints of its own.
REGIONS = ["eu-central-1", "us-gov-west-1", "cn-north-1"]


@pytest.fixture(scope="module")
def trimmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("botocore") / "data"
    data.mkdir()
    for path in ALL.iterdir():
        if path.is_file():
            shutil.copy(path, data)
        elif path.name in SERVICES:
            shutil.copytree(path, data / path.name)
    botocore_data.trim(data)
    return data


def endpoint(data: Path, service: str, region: str) -> str:
    session = Session()
    loader = Loader(extra_search_paths=[str(data)], include_default_search_paths=False)
    session.register_component("data_loader", loader)
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
    return str(session.create_client(service, region_name=region, **keys).meta.endpoint_url)


def description(data: Path, service: str) -> Any:
    [*_, newest] = sorted((data / service).glob("*/service-2.json.gz"))
    return json.loads(gzip.decompress(newest.read_bytes()))


def left_out(whole: Any, rest: Any, at: str = "") -> Iterator[str]:
    """The paths to what is in the whole and not in the rest; what is in both must be the same."""
    if isinstance(whole, dict):
        yield from (f"{at}/{name}" for name in whole if name not in rest)
        assert rest.keys() <= whole.keys()
        for name, value in rest.items():
            yield from left_out(whole[name], value, f"{at}/{name}")
    elif isinstance(whole, list):
        for one, other in zip(whole, rest, strict=True):
            yield from left_out(one, other, at)
    else:
        assert whole == rest, at


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("service", sorted(SERVICES))
def test_a_service_is_asked_at_the_same_place(trimmed: Path, service: str, region: str) -> None:
    assert endpoint(trimmed, service, region) == endpoint(ALL, service, region)


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_of_what_a_service_is_only_documentation_is_left_out(trimmed: Path, service: str) -> None:
    paths = list(left_out(description(ALL, service), description(trimmed, service)))
    assert len(paths) > 100
    assert {path.rpartition("/")[2] for path in paths} == {"documentation"}
    assert "/documentation" in paths
    # Members of a shape stay, whatever they are called.
    assert not [path for path in paths if path.endswith("/members/documentation")]


def test_only_our_services_endpoints_are_left(trimmed: Path) -> None:
    whole, rest = (json.loads((data / "endpoints.json").read_text()) for data in (ALL, trimmed))
    paths = {path.removeprefix("/partitions/services/") for path in left_out(whole, rest)}
    assert {"s3", "sts", "monitoring"} <= paths
    kept = {"dynamodb", "email", "logs", "secretsmanager", "sqs"}
    assert {name for each in rest["partitions"] for name in each["services"]} == kept
