"""One deployment for the whole session, on free ports, with state of its own; built as by `make run`.

And one browser, in which everybody gets a profile of their own.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from local.options import Options
from local.stack import LocalStack
from tests.e2e.browser import Visitors
from tests.e2e.stack import Deployed
from tools.tour.cast import Cast, gather
from tools.tour.chromium import NoChromium, launched


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """The application, deployed to a local cloud that ends with the session."""
    options = Options(panel_port=0, mail_port=0, cloud_port=0, directory=tmp_path_factory.mktemp("local"))
    with LocalStack(options) as local:
        yield Deployed(local)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser."""
    try:
        with launched() as browser:
            yield browser
    except NoChromium as missing:
        pytest.fail(str(missing))


@pytest.fixture(params=[False, True], ids=["without-scripts", "with-scripts"])
def scripts(request: pytest.FixtureRequest) -> bool:
    """Whether the browser runs scripts: everything works without."""
    return bool(request.param)


@pytest.fixture
def visitors(chromium: Browser, deployed: Deployed, scripts: bool) -> Iterator[Visitors]:
    """People at browsers; nothing may go wrong in there, whatever they do."""
    people = Visitors(chromium, deployed, scripts)
    yield people
    people.leave()
    assert people.complaints == []


@pytest.fixture(scope="session")
def cast(deployed: Deployed) -> Cast:
    """The customers of the tour, for who needs one with a past."""
    return gather(deployed.local)
