"""Composition root: the Chalice application, its HTTP blueprints, one short handler per event."""

from typing import Any

from chalice.app import Chalice, DynamoDBEvent, SQSEvent

from chalicelib.web.api import api
from chalicelib.web.edge import serve
from chalicelib.web.panel import panel

app = Chalice(app_name="klucznik")
app.register_blueprint(api)
app.register_blueprint(panel)
app.register_middleware(serve, "http")

# The real ARNs of the stream and the queues take the place of these in .chalice/resources.json.
_OUTBOX_STREAM = "arn:aws:dynamodb:eu-central-1:000000000000:table/outbox/stream/latest"
_URGENT_QUEUE = "arn:aws:sqs:eu-central-1:000000000000:urgent"


@app.on_dynamodb_record(stream_arn=_OUTBOX_STREAM, name="relay", batch_size=10)
def relay(event: DynamoDBEvent) -> None:
    """Copy the ids of new outbox messages into the queue of their lane."""
    from chalicelib.notifications.relay import relay_new_messages

    relay_new_messages(record.new_image for record in event)


@app.on_sqs_message(queue_arn=_URGENT_QUEUE, name="deliver", batch_size=1)
def deliver(event: SQSEvent) -> dict[str, Any]:
    """Deliver the messages whose ids came through a queue; report the ones to try again."""
    from chalicelib.accounts.composers import COMPOSERS
    from chalicelib.notifications.delivery import deliver_batch

    return deliver_batch(event.to_dict(), COMPOSERS)
