"""Composition root: the Chalice application, its HTTP blueprints, one short handler per event."""

import dataclasses
import logging
from collections.abc import Callable
from typing import Any

from chalice.app import Chalice, CloudWatchEvent, DynamoDBEvent, SQSEvent

from chalicelib.web.middleware import serve
from chalicelib.web.panel.routes import panel
from chalicelib.web.routes import routes

logging.getLogger("chalicelib").setLevel(logging.INFO)

app = Chalice(app_name="klucznik")
app.register_blueprint(routes)
app.register_blueprint(panel)
app.register_middleware(serve, "http")

# The real ARNs of the stream and the queues take the place of these in .chalice/resources.json.
_OUTBOX_STREAM = "arn:aws:dynamodb:eu-central-1:000000000000:table/outbox/stream/latest"
_QUEUE = "arn:aws:sqs:eu-central-1:000000000000:"

# What a clock starts ends itself before Lambda would; the next run goes on.
_ENOUGH_MILLISECONDS = 10_000


@app.on_dynamodb_record(stream_arn=_OUTBOX_STREAM, name="relay", batch_size=10)
def relay(event: DynamoDBEvent) -> None:
    """Copy the ids of new outbox messages into the queue of their lane."""
    from chalicelib.notifications.relay import relay_new_messages

    relay_new_messages(record.new_image for record in event)


@app.on_sqs_message(queue_arn=f"{_QUEUE}urgent", name="deliver", batch_size=1)
def deliver(event: SQSEvent) -> dict[str, Any]:
    """Deliver the messages whose ids came through a queue; report the ones to try again."""
    from chalicelib.accounts.composers import COMPOSERS as OF_ACCOUNTS
    from chalicelib.balances.mail import COMPOSERS as OF_BALANCES
    from chalicelib.notifications.delivery import deliver_batch
    from chalicelib.support.composers import COMPOSERS as OF_SUPPORT

    return deliver_batch(event.to_dict(), {**OF_ACCOUNTS, **OF_BALANCES, **OF_SUPPORT})


@app.schedule("rate(5 minutes)", name="sweep_outbox")
def sweep_outbox(event: CloudWatchEvent) -> None:
    """Hand out again what waits in the outbox for too long."""
    from chalicelib.notifications.sweep import sweep

    sweep(_time_left(event))


@app.schedule("rate(1 hour)", name="erase_accounts")
def erase_accounts(event: CloudWatchEvent) -> None:
    """Erase what is left of deleted accounts whose time has come."""
    from chalicelib.support.erasure import erase

    context: Any = event.context
    erase(lambda: context.get_remaining_time_in_millis() > _ENOUGH_MILLISECONDS)


@app.on_sqs_message(queue_arn=f"{_QUEUE}feedback", name="feedback", batch_size=10)
def feedback(event: SQSEvent) -> dict[str, Any]:
    """Take what SES tells about our mails into the log."""
    from chalicelib.accounts.reachability import mark
    from chalicelib.notifications.feedback import take_events

    return take_events(event.to_dict(), mark)


@app.on_sqs_message(queue_arn=f"{_QUEUE}notices", name="take_notices", batch_size=10)
def take_notices(event: SQSEvent) -> dict[str, Any]:
    """Take notices of other systems into the outbox."""
    from chalicelib.accounts.notices import take_batch

    return take_batch(event.to_dict())


@app.on_sqs_message(queue_arn=f"{_QUEUE}balances", name="take_balances", batch_size=10)
def take_balances(event: SQSEvent) -> dict[str, Any]:
    """Take the balances that billing tells."""
    from chalicelib.balances.intake import take_batch

    return take_batch(event.to_dict())


@app.schedule("rate(15 minutes)", name="notify_low_balances")
def notify_low_balances(event: CloudWatchEvent) -> dict[str, Any]:
    """Tell customers that their balance is low; returns what was done."""
    from chalicelib.balances.notifier import notify

    return dataclasses.asdict(notify(_time_left(event)))


def _time_left(event: CloudWatchEvent) -> Callable[[], bool]:
    context: Any = event.context  # Lambda's own object, which Chalice takes for a dictionary
    return lambda: context.get_remaining_time_in_millis() > _ENOUGH_MILLISECONDS
