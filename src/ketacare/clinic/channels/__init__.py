"""The ways out of the building: text and voice by an HTTP gateway, mail by SMTP; and how staff are reached by them."""

from ketacare.clinic.channels.gateways import (
    TELEPHONE,
    Gateways,
    HttpGateway,
    Letter,
    Mail,
    NotSent,
    Way,
    configured,
    mail_id,
    opened,
    receipt_id,
)

__all__ = [
    "TELEPHONE",
    "Gateways",
    "HttpGateway",
    "Letter",
    "Mail",
    "NotSent",
    "Way",
    "configured",
    "mail_id",
    "opened",
    "receipt_id",
]
