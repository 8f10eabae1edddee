"""Balances as billing sends them: the newest counts, what is wrong is seen, nobody else waits for it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib import clock, storage
from chalicelib.accounts.models import Account, SipAccount, Status
from chalicelib.balances import rows
from chalicelib.balances.models import Balance
from tests.unit import cloud, emf
from tests.unit.accounts.people import JAN, ZOFIA, settled
from tests.unit.balances.billing import balance_of, number_of, row_of, take, tell, update
from tests.unit.conftest import FrozenClock

pytestmark = pytest.mark.usefixtures("aws_in_memory")


def counted(capsys: pytest.CaptureFixture[str]) -> dict[str, int]:
    """How many balances were counted, by outcome."""
    found = emf.counted(capsys.readouterr().out)
    return {name[1].partition("=")[2]: number for name, number in found.items() if name[0] == "Balances"}


def test_a_balance_is_known_to_the_grosz_and_the_microsecond(frozen_clock: FrozenClock) -> None:
    jan = settled()
    as_of = datetime(2026, 11, 22, 9, 59, 59, 123456, tzinfo=UTC)
    assert take(update(jan, "12.50", as_of)) == []
    assert (balance_of(jan), row_of(jan).as_of) == ("12.50", as_of)


def test_a_message_may_be_a_list_of_a_hundred(capsys: pytest.CaptureFixture[str]) -> None:
    customers = [settled(f"jan{number}", JAN) for number in range(100)]
    assert take([update(each, f"{number}.00") for number, each in enumerate(customers)]) == []
    assert [balance_of(each) for each in customers] == [f"{number}.00" for number in range(100)]
    assert counted(capsys) == {"taken": 100}


def test_of_a_list_that_is_too_long_nothing_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    jan = settled()
    assert take([update(jan, "12.50")] * 101) == ["message-0"]
    assert cloud.items("BALANCES_TABLE") == []


def test_an_older_balance_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    jan = settled()
    assert take(update(jan, "12.50")) == []
    before = cloud.items("BALANCES_TABLE")
    assert take(update(jan, "1.00", clock.now() - timedelta(microseconds=1))) == []
    assert cloud.items("BALANCES_TABLE") == before
    assert counted(capsys) == {"taken": 1, "outdated": 1}


def test_a_repeated_balance_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    jan = settled()
    message = update(jan, "12.50")
    assert take(message, message) == []
    assert row_of(jan).version == 1
    assert counted(capsys) == {"taken": 1, "outdated": 1}


def test_a_balance_that_is_newer_by_a_microsecond_counts() -> None:
    jan = settled()
    assert take(update(jan, "12.50", clock.now() - timedelta(microseconds=1)), update(jan, "12.49")) == []
    assert balance_of(jan) == "12.49"


def test_moments_are_compared_as_moments_whatever_their_zone() -> None:
    jan = settled()
    take(update(jan, "2.00") | {"as_of": "2026-11-22T10:00:00+01:00"})
    take(update(jan, "3.00") | {"as_of": "2026-11-22T09:30:00Z"})
    take(update(jan, "1.00") | {"as_of": "2026-11-22T04:10:00-05:00"})
    assert balance_of(jan) == "3.00"


def test_of_several_balances_in_one_message_the_newest_counts_wherever_it_stands() -> None:
    jan, zofia = settled(), settled("zofia", ZOFIA)
    now = clock.now()
    message = [
        update(jan, "2.00", now - timedelta(seconds=2)),
        update(zofia, "7.00", now - timedelta(seconds=9)),
        update(jan, "3.00", now - timedelta(seconds=1)),
        update(jan, "1.00", now - timedelta(seconds=3)),
    ]
    assert take(message) == []
    assert (balance_of(jan), balance_of(zofia)) == ("3.00", "7.00")


def test_a_balance_that_was_high_in_between_makes_the_next_low_one_a_crossing_of_its_own() -> None:
    jan = settled()
    storage.write(storage.put(Balance(jan.account_id, version=1, balance=400, settled="low")))
    now = clock.now()
    message = [update(jan, "4.50", now), update(jan, "20.00", now - timedelta(seconds=1))]
    assert take(message) == []
    assert (row_of(jan).settled, row_of(jan).due_level) == (None, "low")


def test_a_customer_may_be_named_by_the_sip_number() -> None:
    jan = settled()
    number = number_of(jan)
    message = update(jan, "12.50") | {"sip_number": number}
    del message["account_id"]
    assert take(message) == []
    assert balance_of(jan) == "12.50"


def test_a_number_and_an_account_in_one_list_may_be_the_same_customer() -> None:
    jan = settled()
    now = clock.now()
    by_number = update(jan, "12.50", now) | {"sip_number": number_of(jan)}
    del by_number["account_id"]
    assert take([by_number, update(jan, "1.00", now - timedelta(seconds=1)), by_number]) == []
    assert balance_of(jan) == "12.50"
    assert row_of(jan).version == 1


def unknown(jan: Account) -> dict[str, dict[str, Any]]:
    ended = SipAccount("600000009", account_id=jan.account_id, expires_at=clock.now() + timedelta(days=90))
    storage.write(storage.put(ended))
    deleted = settled("adam", "adam@poczta.example", status=Status.DELETED)
    by_number = {"balance": "12.50", "as_of": clock.now().isoformat()}
    return {
        "an account that never was": update(jan, "12.50", account_id="01JD0000000000000000000000"),
        "a deleted account": update(deleted, "12.50"),
        "a number that never was": by_number | {"sip_number": "699999999"},
        "a number that was taken back": by_number | {"sip_number": "600000009"},
    }


@pytest.mark.parametrize("whose", ["an account that never was", "a deleted account"])
def test_a_balance_of_nobody_is_counted_and_not_asked_for_again(
    whose: str, capsys: pytest.CaptureFixture[str]
) -> None:
    jan = settled()
    message = unknown(jan)[whose]
    assert take([message, update(jan, "12.50"), message]) == []
    assert balance_of(jan) == "12.50"
    assert len(cloud.items("BALANCES_TABLE")) == 1
    assert counted(capsys) == {"taken": 1, "unknown_account": 2}


@pytest.mark.parametrize("whose", ["a number that never was", "a number that was taken back"])
def test_a_balance_of_nobodys_number_is_counted_and_not_asked_for_again(
    whose: str, capsys: pytest.CaptureFixture[str]
) -> None:
    jan = settled()
    assert take(unknown(jan)[whose]) == []
    assert cloud.items("BALANCES_TABLE") == []
    assert counted(capsys) == {"unknown_account": 1}


def test_what_is_logged_of_an_unknown_account_is_nothing_personal(caplog: pytest.LogCaptureFixture) -> None:
    jan = settled()
    message = update(jan, "12.57", account_id="01JD0000000000000000000000")
    caplog.set_level("INFO", logger="chalicelib")
    take(message)
    assert "unknown_account 1" in caplog.text
    assert "01JD" not in caplog.text
    assert "12.57" not in caplog.text


GOOD = {"account_id": "01JD0000000000000000000000", "balance": "12.50", "as_of": "2026-11-22T09:00:00Z"}


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in GOOD.items() if key != name}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("no JSON", "not JSON"),
        ('"12.50"', "Expected `object`"),
        ("null", "Expected `object`"),
        ("[[]]", "Expected `object`"),
        (without("balance"), "missing required field `balance`"),
        (without("as_of"), "missing required field `as_of`"),
        (without("account_id"), "either account_id or sip_number"),
        (GOOD | {"sip_number": "600000001"}, "either account_id or sip_number"),
        (GOOD | {"account_id": ""}, "length >= 1"),
        (GOOD | {"account_id": "x" * 129}, "length <= 128"),
        (GOOD | {"account_id": 7}, "Expected `str"),
        (GOOD | {"account_id": "\ud800"}, "not Unicode"),
        (GOOD | {"balance": 12.5}, "Expected `str`"),
        (GOOD | {"balance": 12}, "Expected `str`"),
        (GOOD | {"balance": "12.5"}, "an amount is written like 12.50"),
        (GOOD | {"balance": "12,50"}, "an amount is written like 12.50"),
        (GOOD | {"balance": "NaN"}, "an amount is written like 12.50"),
        (GOOD | {"balance": "1000000000.00"}, "an amount is written like 12.50"),
        (GOOD | {"as_of": "2026-11-22T09:00:00"}, "timezone"),
        (GOOD | {"as_of": "yesterday"}, "RFC3339"),
        (GOOD | {"as_of": 1795341600}, "Expected `datetime`"),
        (GOOD | {"as_of": "2026-11-22T10:05:01Z"}, "as_of is in the future, or long ago"),
        (GOOD | {"as_of": "9999-12-31T23:59:59-23:59"}, "as_of is in the future, or long ago"),
        (GOOD | {"as_of": "0001-01-01T00:00:00+23:59"}, "as_of is in the future, or long ago"),
        (GOOD | {"currency": "EUR"}, "unknown field `currency`"),
    ],
    ids=str,
)
def test_a_malformed_balance_ends_in_the_dead_letters_with_its_reason_in_the_log(
    body: Any, reason: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    assert take(body) == ["message-0"]
    assert "is malformed" in caplog.text
    assert reason in caplog.text
    assert "Traceback" not in caplog.text
    if reason != "not JSON":
        assert counted(capsys) == {"malformed": 1}


def test_the_reason_does_not_repeat_what_the_sender_wrote(caplog: pytest.LogCaptureFixture) -> None:
    take(GOOD | {"balance": "jan@poczta.example"}, GOOD | {"as_of": "jan@poczta.example"})
    assert "is malformed" in caplog.text
    assert JAN not in caplog.text


def test_the_others_of_a_list_are_taken_beside_malformed_ones(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    jan = settled()
    message = [GOOD | {"balance": "much"}, update(jan, "12.50"), 7, *[None] * 9]
    assert take(message, update(jan, "11.00", clock.now() - timedelta(seconds=1))) == ["message-0"]
    assert balance_of(jan) == "12.50"
    assert "balance 0: an amount is written like 12.50; balance 2: Expected `object`" in caplog.text
    assert caplog.text.count("Expected `object`") == 4
    assert counted(capsys) == {"taken": 1, "outdated": 1, "malformed": 11}


def test_an_empty_list_is_nothing_to_do() -> None:
    assert take([]) == []


def test_a_balance_from_a_clock_that_is_a_little_ahead_is_taken() -> None:
    jan = settled()
    assert take(update(jan, "12.50", clock.now() + timedelta(minutes=5))) == []
    assert balance_of(jan) == "12.50"


def test_a_newer_balance_that_comes_at_the_same_time_is_not_lost() -> None:
    jan = settled()
    tell(jan, "20.00")
    now = clock.now()
    raced: list[list[str]] = []

    def race(call: cloud.Call) -> None:
        if call.operation == "PutItem" and not raced:
            raced.append(take(update(jan, "3.00", now + timedelta(seconds=2))))

    with cloud.before_calls(race):
        assert take(update(jan, "12.50", now + timedelta(seconds=1))) == []
    assert raced == [[]]
    assert (balance_of(jan), row_of(jan).version) == ("3.00", 2)


def test_an_older_balance_that_comes_at_the_same_time_is_overtaken_in_the_right_order() -> None:
    jan = settled()
    tell(jan, "20.00")
    now = clock.now()
    raced: list[list[str]] = []

    def race(call: cloud.Call) -> None:
        if call.operation == "PutItem" and not raced:
            raced.append(take(update(jan, "12.50", now + timedelta(seconds=1))))

    with cloud.before_calls(race):
        assert take(update(jan, "3.00", now + timedelta(seconds=2))) == []
    assert raced == [[]]
    assert (balance_of(jan), row_of(jan).version) == ("3.00", 3)


def test_two_first_balances_at_once_are_both_heard() -> None:
    jan = settled()
    now = clock.now()
    raced: list[list[str]] = []

    def race(call: cloud.Call) -> None:
        if call.operation == "PutItem" and not raced:
            raced.append(take(update(jan, "12.50", now - timedelta(seconds=1))))

    with cloud.before_calls(race):
        assert take(update(jan, "3.00", now)) == []
    assert (balance_of(jan), row_of(jan).version) == ("3.00", 2)


def test_the_balance_of_an_account_that_is_erased_meanwhile_does_not_come_back(
    capsys: pytest.CaptureFixture[str],
) -> None:
    jan = settled()
    tell(jan, "20.00")
    capsys.readouterr()

    def erase(call: cloud.Call) -> None:
        if call.operation == "PutItem":
            storage.write(storage.delete(Balance(jan.account_id)))

    clock.pause(1)
    with cloud.before_calls(erase):
        assert take(update(jan, "12.50")) == []
    assert cloud.items("BALANCES_TABLE") == []
    assert counted(capsys) == {"unknown_account": 1}


def test_a_row_that_somebody_else_writes_again_and_again_is_left_to_the_next_attempt() -> None:
    jan = settled()
    tell(jan, "20.00")

    def race(call: cloud.Call) -> None:
        if call.operation == "PutItem":
            storage.write(storage.update(Balance(jan.account_id), Balance.version.add(1)))

    with cloud.before_calls(race):
        assert take(update(jan, "12.50", clock.now() + timedelta(seconds=1))) == ["message-0"]
    assert balance_of(jan) == "20.00"


def test_what_is_due_has_its_place_in_the_index_and_nothing_else_has(frozen_clock: FrozenClock) -> None:
    jan, zofia = settled(), settled("zofia", ZOFIA)
    tell(zofia, "5.00")
    tell(jan, "4.99")
    low, enough = row_of(jan), row_of(zofia)
    assert (low.due_level, low.due_shard) == ("low", rows.shard_of(jan.account_id))
    assert low.due_at == frozen_clock.time
    assert (enough.due_level, enough.due_shard, enough.due_at) == (None, None, None)
    marked = [item["account_id"]["S"] for item in cloud.items("BALANCES_TABLE") if "due_shard" in item]
    assert marked == [jan.account_id]


def test_a_customer_who_waits_to_be_told_keeps_the_place_however_many_balances_come(
    frozen_clock: FrozenClock,
) -> None:
    jan = settled()
    tell(jan, "4.99")
    since = row_of(jan).due_at
    frozen_clock.advance(minutes=5)
    tell(jan, "4.50", "4.20")
    assert row_of(jan).due_at == since
    tell(jan, "0.00")
    assert (row_of(jan).due_level, row_of(jan).due_at) == ("exhausted", frozen_clock.time)


def test_who_comes_back_before_being_told_leaves_the_index_without_a_trace() -> None:
    jan = settled()
    tell(jan, "4.99", "5.00")
    assert (row_of(jan).due_level, row_of(jan).settled) == (None, None)
    tell(jan, "4.99")
    assert row_of(jan).due_level == "low"


def test_an_item_with_all_that_can_be_in_it_costs_one_write_unit(frozen_clock: FrozenClock) -> None:
    jan = settled()
    for day in range(70):
        tell(jan, f"{99 - day}.99")
        frozen_clock.advance(days=1)
    storage.write(
        storage.put(
            row_of(jan).changed(
                threshold=10_000_00,
                settled="exhausted",
                skipped="address_unreachable",
                low_told_at=clock.now(),
                exhausted_told_at=clock.now(),
                due_level="exhausted",
                due_at=clock.now(),
                due_shard="0",
            )
        )
    )
    [item] = cloud.items("BALANCES_TABLE")
    assert len(json.dumps(item)) < 1024  # its JSON is longer than what DynamoDB counts
