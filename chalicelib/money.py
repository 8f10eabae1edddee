"""Amounts in PLN: whole grosze inside, text like "12.50" outside, and never a float between the two."""

import re

_GROSZE = 100
# Nine digits of zlotys are more than any customer has; what is longer is a mistake.
_AMOUNT = re.compile(r"(-?)([0-9]{1,9})\.([0-9]{2})")


class NotMoney(ValueError):
    """The text is no amount like "12.50"."""


def parse(text: str) -> int:
    """The grosze of an amount like "12.50" or "-3.00". Raises NotMoney for any other way to write one."""
    match = _AMOUNT.fullmatch(text)
    if not match:
        raise NotMoney("an amount is written like 12.50")
    sign, zlotys, grosze = match.groups()
    return (-1 if sign else 1) * (int(zlotys) * _GROSZE + int(grosze))


def write(grosze: int) -> str:
    """The amount as text, like "12.50"."""
    zlotys, rest = divmod(abs(grosze), _GROSZE)
    return f"{'-' if grosze < 0 else ''}{zlotys}.{rest:02}"
