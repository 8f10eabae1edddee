"""Messages to customers: outbox, delivery, log."""
