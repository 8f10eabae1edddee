"""From the transfer to the telephone (R14, R18): verified by support, let in by a registrar that asks us."""

from dataclasses import dataclass

import pytest

from tests.e2e.stack import Customer, Deployed
from tests.sip_device import Device, Known, device_set_up_by
from tools.operator.client import Operator

# Each has one policy and no other.
STAFF = {"support": "SupportPolicyArn", "registrar": "RegistrarPolicyArn"}


@dataclass(frozen=True)
class Staff:
    """Those who ask the operator's routes, each signing with a key of their own."""

    support: Operator
    registrar: Operator

    def let_in(self, device: Device) -> set[str]:
        """The algorithms by which the registrar lets a device in."""
        known = Known(**self.registrar.post(f"/operator/sip/{device.number}"))
        return {algorithm for algorithm in ("MD5", "SHA-256") if device.is_let_in(known, algorithm)}


@pytest.fixture(scope="module")
def staff(deployed: Deployed) -> Staff:
    return Staff(*(deployed.staff(f"sip-{role}", policy) for role, policy in STAFF.items()))


def telephone(deployed: Deployed, customer: Customer, after: int) -> Device:
    """A telephone set up by the next mail."""
    return device_set_up_by(deployed.letterbox.wait_for(customer.email, after=after).text)


def test_a_verified_customers_telephone_is_let_in_with_the_newest_password_and_only_with_it(
    deployed: Deployed, staff: Staff
) -> None:
    jan = deployed.customer("jan.sip")
    about, before = f"/operator/accounts/{jan.account_id}", deployed.letterbox.newest()
    number = staff.support.post(f"{about}/verify")["sip_number"]
    first = telephone(deployed, jan, before)
    assert first.number == number
    both = {"MD5", "SHA-256"}
    # The mail is on its way a moment before its password is valid.
    deployed.wait_until(lambda: staff.let_in(first) == both)
    assert staff.let_in(Device(number, jan.password)) == set()
    assert jan.api.post("/v1/sessions", {"login": jan.login, "password": first.password}).status == 401

    before = deployed.letterbox.newest()
    ordered = jan.api.post("/v1/account/sip-password", {"current_password": jan.password}, token=jan.log_in())
    assert ordered.status == 202
    second = telephone(deployed, jan, before)
    deployed.wait_until(lambda: staff.let_in(second) == both)
    assert staff.let_in(first) == set()

    staff.support.post(f"{about}/block")
    assert staff.let_in(second) == set()
    staff.support.post(f"{about}/unblock")
    assert staff.let_in(second) == both
