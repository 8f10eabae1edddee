"""What a refusal says to people, in Polish and English, and its HTTP status."""

from collections.abc import Mapping
from typing import NamedTuple


class Words(NamedTuple):
    """A title (the kind of refusal) and a detail (what to do about it) in one language."""

    title: str
    detail: str


class Refusal(NamedTuple):
    """How a code is answered."""

    status: int
    words: Mapping[str, Words]


def _refusal(status: int, *, pl: tuple[str, str], en: tuple[str, str]) -> Refusal:
    return Refusal(status, {"pl": Words(*pl), "en": Words(*en)})


REFUSALS: Mapping[str, Refusal] = {
    "malformed_body": _refusal(
        400,
        pl=("Nieprawidłowe dane", "Treść żądania nie jest poprawnym dokumentem JSON o oczekiwanych polach."),
        en=("Malformed request", "The body is not a JSON document with the expected fields."),
    ),
    "malformed_query": _refusal(
        400,
        pl=("Nieprawidłowe parametry", "Parametry w adresie mają nieprawidłowe wartości."),
        en=("Malformed query", "The parameters in the address have values that cannot be used."),
    ),
    "not_logged_in": _refusal(
        401,
        pl=("Brak zalogowania", "Sesja wygasła lub została zakończona. Zaloguj się ponownie."),
        en=("Not logged in", "The session has expired or was ended. Please log in again."),
    ),
    "invalid_credentials": _refusal(
        401,
        pl=(
            "Nieprawidłowy login lub hasło",
            "Do panelu logujesz się loginem, nie adresem e-mail. Jeśli nie pamiętasz loginu lub hasła, "
            "użyj opcji „Zapomniałeś hasła?”.",
        ),
        en=(
            "Wrong login or password",
            "You log in to the panel with your login, not your e-mail address. If you have forgotten "
            "your login or password, use “Forgot your password?”.",
        ),
    ),
    "wrong_password": _refusal(
        403,
        pl=("Nieprawidłowe hasło", "Podane obecne hasło jest nieprawidłowe."),
        en=("Wrong password", "The current password is not right."),
    ),
    "not_verified": _refusal(
        403,
        pl=("Konto niezweryfikowane", "Konto SIP otrzymasz po weryfikacji konta przez operatora."),
        en=("Not verified", "You get a SIP account once the operator has verified your account."),
    ),
    "forbidden": _refusal(
        403,
        pl=("Brak dostępu", "Nie masz dostępu do tego zasobu."),
        en=("Forbidden", "You have no access to this."),
    ),
    "not_found": _refusal(
        404,
        pl=("Nie znaleziono", "Tu niczego nie ma."),
        en=("Not found", "There is nothing here."),
    ),
    "user_not_found": _refusal(
        404,
        pl=(
            "Użytkownik nie istnieje",
            "Sprawdź w swojej skrzynce pocztowej, na który adres przychodzą nasze powiadomienia, "
            "i wpisz adres używany ostatnio. Jeśli nie możesz ustalić loginu ani adresu, wyślij zgłoszenie.",
        ),
        en=(
            "User does not exist",
            "Look in your mailbox at which address our notifications arrive, and enter the one last "
            "used. If you can establish neither login nor address, send us a ticket.",
        ),
    ),
    "method_not_allowed": _refusal(
        405,
        pl=("Niedozwolona metoda", "Ten zasób nie obsługuje tej metody."),
        en=("Method not allowed", "This resource does not support the method."),
    ),
    "login_taken": _refusal(
        409,
        pl=("Login zajęty", "Ten login jest już używany. Wybierz inny."),
        en=("Login taken", "This login is already in use. Please choose another one."),
    ),
    "address_unreachable": _refusal(
        409,
        pl=(
            "Adres nieosiągalny",
            "Wiadomości wysłane na ten adres wracają. Podaj login albo wyślij zgłoszenie. Po zalogowaniu "
            "zmienisz adres w zakładce „Dane”.",
        ),
        en=(
            "Address unreachable",
            "Mail to this address comes back. Enter your login, or send us a ticket. Once logged in, you "
            "can change the address in the Data tab.",
        ),
    ),
    "already_confirmed": _refusal(
        409,
        pl=("Adres już potwierdzony", "Ten adres jest już potwierdzony. Zmienisz go w zakładce „Dane”."),
        en=("Already confirmed", "This address is confirmed. You can change it in the Data tab."),
    ),
    "address_not_confirmed": _refusal(
        409,
        pl=("Adres niepotwierdzony", "Klient nie potwierdził jeszcze swojego adresu e-mail."),
        en=("Address not confirmed", "The customer has not confirmed the e-mail address yet."),
    ),
    "wrong_status": _refusal(
        409,
        pl=("Niewłaściwy stan konta", "Stan konta nie pozwala na tę operację."),
        en=("Wrong status", "The account's status does not allow this."),
    ),
    "no_number_free": _refusal(
        409,
        pl=("Brak wolnych numerów", "Wszystkie numery SIP z zakresu operatora są zajęte."),
        en=("No number free", "Every SIP number of the operator's range is taken."),
    ),
    "link_expired": _refusal(
        410,
        pl=(
            "Link nieważny",
            "Link wygasł, został już użyty lub zastąpiła go późniejsza zmiana. Poproś o nowy.",
        ),
        en=(
            "Link expired",
            "The link has expired, was used, or a later change overtook it. Ask for a new one.",
        ),
    ),
    "body_too_large": _refusal(
        413,
        pl=("Zbyt duże żądanie", "Treść żądania jest zbyt duża."),
        en=("Body too large", "The body of the request is too large."),
    ),
    "unsupported_media_type": _refusal(
        415,
        pl=("Nieobsługiwany format", "Wyślij dane jako application/json."),
        en=("Unsupported media type", "Send the data as application/json."),
    ),
    "invalid_login": _refusal(
        422,
        pl=(
            "Nieprawidłowy login",
            "Login ma od 3 do 64 znaków: litery, cyfry, kropkę, myślnik i podkreślenie. Loginem może też być "
            "Twój własny, potwierdzony adres e-mail.",
        ),
        en=(
            "Invalid login",
            "A login has 3 to 64 characters: letters, digits, dot, hyphen and underscore. It may also be "
            "your own confirmed e-mail address.",
        ),
    ),
    "invalid_email": _refusal(
        422,
        pl=("Nieprawidłowy adres e-mail", "Na ten adres nie można wysłać wiadomości."),
        en=("Invalid e-mail address", "Mail cannot be sent to this address."),
    ),
    "invalid_identifier": _refusal(
        422,
        pl=("Nieprawidłowy login lub adres", "Wpisz login lub adres e-mail."),
        en=("Invalid login or address", "Enter a login or an e-mail address."),
    ),
    "invalid_threshold": _refusal(
        422,
        pl=("Nieprawidłowy próg", "Próg powiadomienia to kwota od 0.00 do 10000.00 zł, zapisana jak 12.50."),
        en=("Invalid threshold", "A threshold is an amount from PLN 0.00 to 10000.00, written like 12.50."),
    ),
    "invalid_ticket": _refusal(
        422,
        pl=(
            "Nieprawidłowe zgłoszenie",
            "Podaj adres e-mail, na który mamy odpowiedzieć, i treść zgłoszenia: najwyżej 5000 znaków.",
        ),
        en=(
            "Invalid ticket",
            "Give the e-mail address that we may answer to, and what you want to say: up to 5000 characters.",
        ),
    ),
    "weak_password": _refusal(
        422,
        pl=(
            "Zbyt słabe hasło",
            "Hasło ma co najmniej 8 znaków, małe i wielkie litery oraz cyfry, nie zawiera loginu ani adresu "
            "i nie jest jednym z popularnych haseł.",
        ),
        en=(
            "Weak password",
            "A password has at least 8 characters with lower-case and upper-case letters and digits, does "
            "not contain your login or address, and is not a common one.",
        ),
    ),
    "too_many_attempts": _refusal(
        429,
        pl=(
            "Zbyt wiele prób",
            "Odczekaj i spróbuj ponownie albo ustal nowe hasło opcją „Zapomniałeś hasła?”.",
        ),
        en=("Too many attempts", "Wait and try again, or set a new password with “Forgot your password?”."),
    ),
    "internal_error": _refusal(
        500,
        pl=("Błąd po naszej stronie", "Coś się nie powiodło. Spróbuj ponownie; zapisaliśmy ten błąd."),
        en=("Internal error", "Something went wrong on our side. Please try again; the error was recorded."),
    ),
    "unavailable": _refusal(
        503,
        pl=("Chwilowo niedostępne", "Usługa jest chwilowo przeciążona. Spróbuj ponownie za chwilę."),
        en=("Unavailable", "The service is overloaded for the moment. Please try again shortly."),
    ),
}
