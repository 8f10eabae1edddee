"""The seed's story from beginning to end, as one customer lives it."""

from tests.unit.clients import PASSWORD, Customer, PostOffice, confirmed, text_of, tokens_in

NEW_PASSWORD = "Czerwony-Tramwaj-8"


def test_a_customer_who_forgot_gets_back_in_by_login_and_by_address(
    customer: Customer, post_office: PostOffice
) -> None:
    confirmed(post_office, customer, "jan", "jan@poczta.example")
    assert customer.log_in("jan").status == 201
    old_session = Customer(token=customer.token)
    assert customer.post("/v1/password-resets", identifier="jan").status == 202
    mail = post_office.mails_to("jan@poczta.example")[-1]
    [token] = tokens_in(mail)
    assert "Login: jan\n" in text_of(mail)
    for _ in range(2):
        check = customer.post("/v1/password-resets/check", token=token)
        assert (check.status, check.json["login"]) == (200, "jan")
    assert customer.post("/v1/password-resets/complete", token=token, password=NEW_PASSWORD).status == 204
    assert (
        customer.post("/v1/password-resets/complete", token=token, password=PASSWORD).code == "link_expired"
    )
    assert old_session.get("/v1/account").code == "not_logged_in"
    assert customer.log_in("jan", PASSWORD).code == "invalid_credentials"
    assert customer.log_in("jan", NEW_PASSWORD).status == 201
    assert customer.post("/v1/password-resets", identifier="Jan@Poczta.example").status == 202
    assert len(tokens_in(post_office.mails_to("jan@poczta.example")[-1])) == 1
