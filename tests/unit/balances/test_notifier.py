"""The job that tells of low balances: everybody who must be told, once, and nobody else."""

from datetime import timedelta
from functools import partial
from itertools import chain, count, repeat
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib import clock, storage
from chalicelib.accounts.models import Account, Status
from chalicelib.balances import notifier, rows
from chalicelib.balances.models import Balance
from chalicelib.errors import Unavailable
from tests.unit import cloud, emf
from tests.unit.accounts.people import JAN, ZOFIA, bounced, settled
from tests.unit.balances.billing import row_of, run, tell, told, waiting
from tests.unit.clients import PostOffice
from tests.unit.conftest import FrozenClock

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.usefixtures("aws_in_memory")


def told_nobody(**skipped: int) -> dict[str, object]:
    return {"told": 0, "skipped": skipped, "shards_left": 0}


def status_of(account: Account, status: Status) -> None:
    storage.write(storage.update(Account(account.account_id), Account.status.set(status)))


def test_a_customer_whose_balance_falls_below_the_threshold_is_told(post_office: PostOffice) -> None:
    jan = settled()
    tell(jan, "20.00", "4.99")
    assert run() == {"told": 1, "skipped": {}, "shards_left": 0}
    post_office.deliver_all()
    assert told(jan) == ["low_balance"]


def test_it_is_told_once_however_often_the_notifier_runs_and_the_balance_falls(
    frozen_clock: FrozenClock,
) -> None:
    jan = settled()
    tell(jan, "4.99")
    for _ in range(3):
        run()
        tell(jan, "4.98", "1.00", "5.40", "4.00", "6.00", "4.50")
        frozen_clock.advance(days=2)
    assert waiting() == ["low_balance"]


def test_an_exhausted_balance_is_told_after_a_low_one(frozen_clock: FrozenClock) -> None:
    jan = settled()
    tell(jan, "4.99")
    run()
    tell(jan, "0.00")
    run()
    tell(jan, "-1.50", "0.50", "0.00")
    assert run() == told_nobody()
    assert waiting() == ["balance_exhausted", "low_balance"]


def test_who_falls_from_enough_to_nothing_is_told_of_that_alone() -> None:
    jan = settled()
    tell(jan, "20.00", "-0.01")
    run()
    tell(jan, "3.00")
    run()
    assert waiting() == ["balance_exhausted"]


def test_after_a_top_up_the_next_crossing_is_told_when_the_cooldown_is_over(
    frozen_clock: FrozenClock,
) -> None:
    jan = settled()
    tell(jan, "4.99")
    run()
    first = row_of(jan).low_told_at
    tell(jan, "6.01", "4.99")
    assert row_of(jan).due_at == first + timedelta(hours=24)
    assert run() == told_nobody()
    frozen_clock.time = first + timedelta(hours=24)
    assert run()["told"] == 1


def test_in_quiet_hours_nothing_but_an_exhausted_balance_is_told(frozen_clock: FrozenClock) -> None:
    jan, zofia = settled(), settled("zofia", ZOFIA)
    frozen_clock.advance(hours=10)  # nine in the evening
    tell(jan, "4.99")
    tell(zofia, "0.00")
    assert run()["told"] == 1
    assert waiting() == ["balance_exhausted"]
    frozen_clock.advance(hours=9, minutes=59)
    assert run() == told_nobody()
    frozen_clock.advance(minutes=1)
    assert run()["told"] == 1
    assert waiting() == ["balance_exhausted", "low_balance"]


def test_a_run_that_comes_late_keeps_the_quiet_hours_too(frozen_clock: FrozenClock) -> None:
    jan = settled()
    tell(jan, "4.99")
    frozen_clock.advance(hours=10)
    assert run() == told_nobody(not_yet=1)
    assert run() == told_nobody()
    frozen_clock.advance(hours=10)
    assert run()["told"] == 1


@pytest.mark.parametrize("status", [Status.BLOCKED, Status.LOCKED, Status.DELETED])
def test_a_customer_who_is_not_to_be_told_is_passed_over_once_with_the_reason(status: Status) -> None:
    jan = settled()
    tell(jan, "4.99")
    status_of(jan, status)
    assert run() == told_nobody(**{status: 1})
    assert (row_of(jan).skipped, row_of(jan).settled, row_of(jan).low_told_at) == (status, "low", None)
    tell(jan, "4.98")
    assert run() == told_nobody()
    assert waiting() == []


def test_a_customer_whose_address_takes_no_mail_is_passed_over_with_the_reason() -> None:
    jan = settled()
    tell(jan, "4.99")
    bounced(jan)
    assert run() == told_nobody(address_unreachable=1)
    tell(jan, "0.00")
    assert run() == told_nobody(address_unreachable=1)
    assert row_of(jan).settled == "exhausted"


def test_who_was_passed_over_is_told_of_the_next_crossing() -> None:
    jan = settled()
    tell(jan, "4.99")
    status_of(jan, Status.BLOCKED)
    run()
    status_of(jan, Status.ACTIVE)
    tell(jan, "20.00")
    assert row_of(jan).skipped is None
    tell(jan, "4.99")
    assert run()["told"] == 1


def test_nothing_is_kept_of_whoever_has_not_confirmed() -> None:
    tell(settled(confirmed=False), "4.99")
    assert cloud.items("BALANCES_TABLE") == []
    assert run() == told_nobody()


def test_an_account_that_is_gone_altogether_is_passed_over() -> None:
    jan = settled()
    tell(jan, "4.99")
    storage.write(storage.delete(jan))
    assert run() == told_nobody(account_gone=1)
    assert cloud.items("BALANCES_TABLE") == []


def behind_the_index(jan: Account, balance: str, **more: object) -> None:
    """Leave the customer in the index as if it were late: the balance came, the mark is still there."""
    mark = row_of(jan)
    tell(jan, balance)
    row = row_of(jan)
    storage.write(
        storage.put(
            row.changed(due_level=mark.due_level, due_at=mark.due_at, due_shard=mark.due_shard, **more)
        )
    )


def test_who_has_topped_up_in_the_last_moment_is_not_told() -> None:
    jan = settled()
    tell(jan, "4.99")
    behind_the_index(jan, "20.00")
    assert run() == told_nobody(recovered=1)
    assert run() == told_nobody()


def test_who_has_switched_the_notices_off_in_the_last_moment_is_not_told_of_a_low_balance() -> None:
    jan, zofia = settled(), settled("zofia", ZOFIA)
    for each, balance in ((jan, "4.99"), (zofia, "0.00")):
        tell(each, balance)
        storage.write(storage.put(row_of(each).changed(notices=False)))
    assert run() == {"told": 1, "skipped": {"switched_off": 1}, "shards_left": 0}
    assert waiting() == ["balance_exhausted"]


def test_a_customer_without_any_balance_is_not_told() -> None:
    jan = settled()
    row = Balance(jan.account_id, version=1, due_at=clock.now(), due_shard=rows.shard_of(jan.account_id))
    storage.write(storage.put(row))
    assert run() == told_nobody(reviewed=1)
    assert run() == told_nobody()


def test_everybody_who_is_due_is_told_in_one_run(post_office: PostOffice) -> None:
    customers = [settled(f"jan{number}", f"jan{number}@poczta.example") for number in range(120)]
    for each in customers:
        tell(each, "4.99")
    assert run() == {"told": 120, "skipped": {}, "shards_left": 0}
    assert len({item["account_id"]["S"] for item in cloud.items("OUTBOX_TABLE")}) == 120


@pytest.fixture
def many_due() -> list[Account]:
    customers = [settled(f"jan{number}", f"jan{number}@poczta.example") for number in range(40)]
    for each in customers:
        tell(each, "4.99")
    return customers


def test_a_run_that_is_out_of_time_ends_and_the_next_ones_go_on_from_there(many_due: list[Account]) -> None:
    tellings = []
    for _ in range(10):
        answer = run(partial(next, chain(repeat(60_000, 9), repeat(0))))
        tellings.append(answer["told"])
        if answer["shards_left"] == 0:
            break
        assert answer["told"] == 9
    assert sum(tellings) == 40
    assert len(tellings) == 5
    assert len({item["account_id"]["S"] for item in cloud.items("OUTBOX_TABLE")}) == 40


def test_a_run_without_time_does_nothing_and_says_so(many_due: list[Account]) -> None:
    assert run(lambda: 0)["told"] == 0
    assert run(lambda: 0)["shards_left"] >= 1
    assert waiting() == []


def test_a_run_says_of_how_many_parts_of_the_index_something_is_left(many_due: list[Account]) -> None:
    shards = {rows.shard_of(each.account_id) for each in many_due}
    assert run(lambda: 0)["shards_left"] == len(shards)
    almost = chain(repeat(60_000, len(many_due) - 1), repeat(0))
    assert run(partial(next, almost))["shards_left"] == 1
    assert run()["shards_left"] == 0


def test_two_runs_at_once_tell_everybody_once(many_due: list[Account]) -> None:
    others: list[Mapping[str, Any]] = []

    def second_run(call: cloud.Call) -> None:
        # In the middle of the first one: it has read whom to tell, and told some of them.
        if call.operation == "TransactWriteItems" and not others:
            others.append(run())

    with cloud.before_calls(second_run):
        first = run()
    [second] = others
    assert first["told"] + second["told"] == 40
    assert first["skipped"] == {"overtaken": first["skipped"]["overtaken"]}
    assert len({item["account_id"]["S"] for item in cloud.items("OUTBOX_TABLE")}) == 40


def test_a_top_up_between_reading_and_telling_is_heard() -> None:
    jan = settled()
    tell(jan, "4.99")
    topped_up: list[str] = []

    def top_up(call: cloud.Call) -> None:
        if call.operation == "TransactWriteItems" and not topped_up:
            topped_up.append("20.00")
            tell(jan, "20.00")

    with cloud.before_calls(top_up):
        assert run() == told_nobody(overtaken=1)
    assert waiting() == []


def test_a_further_fall_between_reading_and_telling_is_told_in_its_place() -> None:
    jan = settled()
    tell(jan, "4.99")
    fallen: list[str] = []

    def fall(call: cloud.Call) -> None:
        if call.operation == "TransactWriteItems" and not fallen:
            fallen.append("-1.00")
            tell(jan, "-1.00")

    with cloud.before_calls(fall):
        assert run()["told"] == 1
    assert waiting() == ["balance_exhausted"]


def test_a_customer_whose_row_is_written_again_and_again_is_left_to_the_next_run() -> None:
    jan = settled()
    tell(jan, "4.99")

    def race(call: cloud.Call) -> None:
        if call.operation == "TransactWriteItems":
            storage.write(storage.update(Balance(jan.account_id), Balance.version.add(1)))

    with cloud.before_calls(race):
        assert run() == told_nobody(overtaken=1)
    assert run()["told"] == 1


def test_a_row_that_is_erased_between_reading_and_telling_does_not_come_back() -> None:
    jan = settled()
    tell(jan, "4.99")

    def erase(call: cloud.Call) -> None:
        if call.operation == "TransactWriteItems":
            storage.write(storage.delete(Balance(jan.account_id)))

    with cloud.before_calls(erase):
        assert run() == told_nobody(overtaken=1)
    assert cloud.items("BALANCES_TABLE") == []
    assert waiting() == []


def test_a_database_that_refuses_ends_the_run_and_what_was_done_is_counted(
    many_due: list[Account], capsys: pytest.CaptureFixture[str], sleep_moves_the_clock: None
) -> None:
    writes = count()

    def refuse(operation: str) -> dict[str, str] | None:
        if operation == "TransactWriteItems" and next(writes) >= 7:
            return {"__type": "ThrottlingException", "message": "later"}
        return None

    with cloud.faults(refuse), pytest.raises(Unavailable):
        notifier.notify(lambda: True)
    counted = emf.counted(capsys.readouterr().out)
    assert counted["LowBalances", "Outcome=told"] == 7
    assert counted["LowBalanceShardsLeft",] >= 1
    assert run()["told"] == 33


def test_what_a_run_did_is_counted_and_logged_without_anything_personal(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    jan, zofia = settled(), settled("zofia", ZOFIA)
    for each in (jan, zofia):
        tell(each, "4.99")
    status_of(zofia, Status.BLOCKED)
    caplog.set_level("INFO", logger="chalicelib")
    capsys.readouterr()
    caplog.clear()
    run()
    printed = capsys.readouterr().out
    assert emf.counted(printed) == {
        ("LowBalances", "Outcome=told"): 1,
        ("LowBalances", "Outcome=blocked"): 1,
        ("LowBalanceShardsLeft",): 0,
    }
    assert "told=1" in caplog.text
    assert "'blocked': 1" in caplog.text
    for personal in (jan.account_id, JAN, "4.99"):
        assert personal not in printed + caplog.text


def test_the_shards_share_the_customers_evenly() -> None:
    shards = [rows.shard_of(clock.new_id()) for _ in range(400 * len(rows.SHARDS))]
    sizes = [shards.count(shard) for shard in rows.SHARDS]
    assert 300 < min(sizes) <= max(sizes) < 500


def test_every_run_begins_elsewhere_so_that_no_part_of_the_index_is_always_the_last(wire: cloud.Wire) -> None:
    orders = []
    for _ in range(20):
        wire.clear()
        run()
        orders.append([call.body["ExpressionAttributeValues"][":key"]["S"] for call in wire.requests])
    assert all(sorted(order) == list(rows.SHARDS) for order in orders)
    assert len(set(map(tuple, orders))) > 1
