"""Those who guess passwords, and what they are told."""

from tests.unit.clients import Answer, Customer

WRONG = "Not-The-Password-1"


def fail(customer: Customer, login: str = "jan", *, times: int = 1) -> list[int]:
    """Type a wrong password so many times at once; returns the answers' statuses."""
    return [customer.log_in(login, WRONG).status for _ in range(times)]


def assert_pause(answer: Answer, seconds: int) -> None:
    assert (answer.status, answer.code) == (429, "too_many_attempts")
    assert answer.headers["Retry-After"] == str(seconds)
