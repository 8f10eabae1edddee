"""Mail in the template: the identity that SES signs for, and the way of SES's events back to us."""

from typing import Any

import pytest

from chalicelib.notifications import batches
from chalicelib.notifications.feedback import Event, parse_event
from tests.unit import packaged
from tests.unit.packaged import Json, properties, resources, statements

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("package")]

DOMAIN = {"Fn::Select": [1, {"Fn::Split": ["@", {"Ref": "MailFrom"}]}]}
EVENT_TYPES = {
    "delivery": "Delivery",
    "bounce": "Bounce",
    "complaint": "Complaint",
    "reject": "Reject",
    "deliveryDelay": "DeliveryDelay",
}


@pytest.fixture(scope="module")
def template() -> Json:
    return packaged.template()


def only_statement(template: Json, name: str) -> Any:
    [statement] = properties(template, name)["PolicyDocument"]["Statement"]
    return statement


def test_the_stack_makes_an_identity_with_dkim_unless_there_is_one(template: Json) -> None:
    assert template["Parameters"]["MailIdentity"]["Default"] == ""
    assert template["Conditions"]["MakesMailIdentity"] == {"Fn::Equals": [{"Ref": "MailIdentity"}, ""]}
    identity = template["Resources"]["MailDomain"]
    assert identity["Condition"] == "MakesMailIdentity"
    assert identity["Properties"]["EmailIdentity"] == DOMAIN
    assert identity["Properties"]["DkimAttributes"] == {"SigningEnabled": True}
    assert identity["Properties"]["DkimSigningAttributes"] == {"NextSigningKeyLength": "RSA_2048_BIT"}


def test_an_identity_outlives_the_stack_because_its_dns_records_do(template: Json) -> None:
    identity = template["Resources"]["MailDomain"]
    assert identity["DeletionPolicy"] == identity["UpdateReplacePolicy"] == "Retain"


def test_mail_goes_out_while_the_bounce_domain_is_not_in_the_dns_yet(template: Json) -> None:
    assert (
        properties(template, "MailDomain")["MailFromAttributes"]["BehaviorOnMxFailure"] == "USE_DEFAULT_VALUE"
    )


@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_dkim_records_are_outputs(template: Json, number: int) -> None:
    output = template["Outputs"][f"DnsDkim{number}"]
    record = f"${{MailDomain.DkimDNSTokenName{number}}} CNAME ${{MailDomain.DkimDNSTokenValue{number}}}"
    assert output["Value"] == {"Fn::Sub": record}


def test_there_are_no_records_to_make_for_an_identity_that_exists(template: Json) -> None:
    records = {name: output for name, output in template["Outputs"].items() if name.startswith("Dns")}
    assert len(records) == 6
    assert {output.get("Condition") for output in records.values()} == {"MakesMailIdentity"}


@pytest.mark.parametrize(
    ("output", "record"),
    [
        ("DnsBouncesMx", "${BounceSubdomain}.${Domain} MX 10 feedback-smtp.${AWS::Region}.amazonses.com"),
        ("DnsBouncesSpf", '${BounceSubdomain}.${Domain} TXT "v=spf1 include:amazonses.com ~all"'),
        ("DnsDmarc", '_dmarc.${Domain} TXT "v=DMARC1; p=none"'),
    ],
)
def test_the_other_records_are_outputs(template: Json, output: str, record: str) -> None:
    assert template["Outputs"][output]["Value"] == {"Fn::Sub": [record, {"Domain": DOMAIN}]}


def test_mail_is_sent_as_that_one_identity_and_by_our_configuration_set_only(template: Json) -> None:
    [statement] = [each for _, each in statements(template) if "ses:SendEmail" in each["Action"]]
    arn = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:"
    identity = {"Fn::If": ["MakesMailIdentity", DOMAIN, {"Ref": "MailIdentity"}]}
    assert statement["Resource"] == [
        {"Fn::Sub": [arn + "identity/${Identity}", {"Identity": identity}]},
        {"Fn::Sub": arn + "configuration-set/${SesConfigurationSet}"},
    ]


def test_ses_tells_of_what_the_code_understands(template: Json) -> None:
    destination = properties(template, "MailEventDestination")["EventDestination"]
    assert destination["Enabled"] is True
    assert destination["SnsDestination"] == {"TopicARN": {"Ref": "MailEvents"}}
    assert destination["MatchingEventTypes"] == list(EVENT_TYPES)
    for event_type in EVENT_TYPES.values():
        event = {
            "eventType": event_type,
            "mail": {"tags": {"account_id": ["a"], "notification_id": ["n"]}},
            "bounce": {"bounceType": "Permanent"},
        }
        assert isinstance(parse_event(event), Event), event_type


def test_only_ses_for_our_configuration_set_may_tell(template: Json) -> None:
    assert properties(template, "MailEventsPolicy")["Topics"] == [{"Ref": "MailEvents"}]
    statement = only_statement(template, "MailEventsPolicy")
    assert statement["Principal"] == {"Service": "ses.amazonaws.com"}
    assert statement["Action"] == "sns:Publish"
    assert statement["Condition"]["StringEquals"].keys() == {"aws:SourceAccount", "aws:SourceArn"}
    assert "configuration-set/${SesConfigurationSet}" in str(statement["Condition"])


def test_ses_is_asked_to_tell_when_it_may(template: Json) -> None:
    assert template["Resources"]["MailEventDestination"]["DependsOn"] == "MailEventsPolicy"


def test_events_come_as_ses_wrote_them(template: Json) -> None:
    subscription = properties(template, "FeedbackSubscription")
    assert subscription["TopicArn"] == {"Ref": "MailEvents"}
    assert subscription["Endpoint"] == {"Fn::GetAtt": ["FeedbackQueue", "Arn"]}
    assert subscription["RawMessageDelivery"] is True


def test_only_that_topic_may_send_to_the_feedback_queue(template: Json) -> None:
    statement = only_statement(template, "FeedbackQueuePolicy")
    assert statement["Principal"] == {"Service": "sns.amazonaws.com"}
    assert statement["Action"] == "sqs:SendMessage"
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Ref": "MailEvents"}}}


def test_no_other_queue_is_opened_to_anybody(template: Json) -> None:
    policies = resources(template, "AWS::SQS::QueuePolicy").values()
    assert [each["Properties"]["Queues"] for each in policies] == [[{"Ref": "FeedbackQueue"}]]


@pytest.mark.parametrize("queue", ["FeedbackQueue", "NoticesQueue"])
def test_an_event_before_our_log_entry_and_an_outage_are_waited_out(template: Json, queue: str) -> None:
    redrive = properties(template, queue)["RedrivePolicy"]
    pauses = [
        min(batches._FIRST_PAUSE_SECONDS * 2**failures, batches._LONGEST_PAUSE_SECONDS)
        for failures in range(redrive["maxReceiveCount"] - 1)
    ]
    assert 20 * 60 <= sum(pauses) <= 60 * 60
    dead_letters = queue.replace("Queue", "DeadLetters")
    assert redrive["deadLetterTargetArn"] == {"Fn::GetAtt": [dead_letters, "Arn"]}
    assert properties(template, dead_letters)["MessageRetentionPeriod"] == 14 * 24 * 60 * 60
