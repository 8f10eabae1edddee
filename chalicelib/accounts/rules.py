"""What a login, an address and a language may be. Pure: values in, values out, no AWS."""

import unicodedata

from chalicelib.errors import FieldError, InvalidEmail, InvalidIdentifier, InvalidLogin

LOGIN_MIN_CHARACTERS = 3
LOGIN_MAX_CHARACTERS = 64
EMAIL_MAX_CHARACTERS = 254
# Longer than any address; what is longer cannot be anybody's login or address.
IDENTIFIER_MAX_CHARACTERS = 320
LANGUAGES = ("pl", "en")

_LOGIN_MARKS = "._-"

# RFC 2047; no mail header could hold such an address as it is.
_BEGINS_ENCODED_WORD = "=?"


def login_key(login: str) -> str:
    """The form in which logins are compared: case and compatibility forms make no difference (I6)."""
    folded = unicodedata.normalize("NFKC", login).casefold()
    # Folding can leave a string that is not in normal form any more (Unicode 3.13, D146).
    return unicodedata.normalize("NFKC", folded).strip()


def is_address_shaped(login: str) -> bool:
    """Whether a login is an e-mail address, which only its owner may use (R4)."""
    return "@" in login


def valid_login(typed: str) -> str:
    """The login as it will be kept: in NFKC, without spaces around it.

    It has 3 to 64 letters, digits, dots, hyphens and underscores, or it is a whole e-mail address;
    that this is the account's own confirmed one is the caller's to ensure. Raises InvalidLogin.
    """
    login = unicodedata.normalize("NFKC", typed).strip()
    if is_address_shaped(login):
        return _address_as_login(login)
    if len(login) < LOGIN_MIN_CHARACTERS:
        raise InvalidLogin(FieldError("login", "too_short"))
    if len(login) > LOGIN_MAX_CHARACTERS:
        raise InvalidLogin(FieldError("login", "too_long"))
    if not all(_may_stand_in_login(character) for character in login):
        raise InvalidLogin(FieldError("login", "invalid_characters"))
    return login


def _may_stand_in_login(character: str) -> bool:
    # Letters (L*) and their combining marks (M*: written Hindi or Thai needs them), decimal digits.
    category = unicodedata.category(character)
    return category[0] in "LM" or category == "Nd" or character in _LOGIN_MARKS


def _address_as_login(login: str) -> str:
    try:
        return valid_email(login)
    except InvalidEmail:
        raise InvalidLogin(FieldError("login", "invalid_characters")) from None


def valid_email(typed: str) -> str:
    """The address as typed, without spaces around it, if mail can go there.

    Syntax only, nothing is asked of the network. Local parts beyond ASCII are refused since SES
    cannot send to them (SMTPUTF8); international domains are welcome. Raises InvalidEmail.
    """
    from email_validator import EmailNotValidError, validate_email

    address = typed.strip()
    if len(address) > EMAIL_MAX_CHARACTERS:
        raise InvalidEmail(FieldError("email", "too_long"))
    try:
        validate_email(address, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise InvalidEmail(FieldError("email", "invalid")) from None
    if _BEGINS_ENCODED_WORD in address:
        raise InvalidEmail(FieldError("email", "invalid"))
    return address


def valid_identifier(typed: str) -> str:
    """What somebody typed who forgot, without spaces around it: a login or an address (R6).

    Raises InvalidIdentifier when it can be neither.
    """
    from chalicelib.notifications import addresses  # not needed for a log-in

    identifier = unicodedata.normalize("NFKC", typed).strip()
    if not identifier:
        raise InvalidIdentifier(FieldError("identifier", "required"))
    if max(len(login_key(identifier)), len(addresses.fold(identifier))) > IDENTIFIER_MAX_CHARACTERS:
        raise InvalidIdentifier(FieldError("identifier", "too_long"))
    return identifier
