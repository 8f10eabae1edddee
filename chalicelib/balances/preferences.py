"""What a customer chooses about being told: the threshold, and whether low balances are told at all."""

from dataclasses import dataclass

from chalicelib import clock, money, storage
from chalicelib.balances import rows
from chalicelib.balances.models import Balance
from chalicelib.errors import FieldError, InvalidThreshold

MOST_THRESHOLD_GROSZE = 10_000_00


@dataclass(frozen=True)
class Choices:
    """What the customer wants changed: the threshold in grosze, notices on or off; None leaves it."""

    threshold: int | None = None
    notices: bool | None = None


def threshold(typed: str | None) -> int | None:
    """The grosze of a threshold like "12.50". Raises InvalidThreshold."""
    if typed is None:
        return None
    try:
        grosze = money.parse(typed)
    except money.NotMoney:
        raise InvalidThreshold(FieldError("low_balance_threshold", "invalid")) from None
    if not 0 <= grosze <= MOST_THRESHOLD_GROSZE:
        raise InvalidThreshold(FieldError("low_balance_threshold", "out_of_range"))
    return grosze


def choose(account_id: str, row: Balance | None, choices: Choices) -> tuple[Balance, list[storage.Write]]:
    """The customer's row with the choices made, as far as it was `row`, and the writes that make them.

    The write has no condition: nothing that happens meanwhile forbids to choose. What follows (being
    told at once, or not any more) is the notifier's to find out, by the balance as it is then.
    """
    changed = (row or rows.unwritten(account_id)).changed()
    actions = []
    if choices.threshold is not None:
        changed.threshold = choices.threshold
        actions.append(Balance.threshold.set(choices.threshold))
    if choices.notices is not None:
        changed.notices = choices.notices
        actions.append(Balance.notices.set(choices.notices))
    if not actions:
        return changed, []
    # Also for who has no balance yet: the first one may be coming in at this moment.
    actions += [Balance.due_at.set(clock.now()), Balance.due_shard.set(rows.shard_of(account_id))]
    return changed, [storage.update(Balance(account_id), Balance.version.add(1), *actions)]
