"""The tables of these tests."""

import pytest


@pytest.fixture(autouse=True)
def tables_are_quick(request: pytest.FixtureRequest) -> None:
    """The pages are many, and what the tables do is the domain's tests' to find out, with moto's."""
    if "aws_in_memory" in request.fixturenames:
        request.getfixturevalue("quick_tables")
