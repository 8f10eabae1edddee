"""One deployment for the whole session, on free ports, with state of its own; built as by `make run`."""

from collections.abc import Iterator

import pytest

from local.options import Options
from local.stack import LocalStack
from tests.e2e.stack import Deployed


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """The application, deployed to a local cloud that ends with the session."""
    options = Options(panel_port=0, mail_port=0, cloud_port=0, directory=tmp_path_factory.mktemp("local"))
    with LocalStack(options) as local:
        yield Deployed(local)
