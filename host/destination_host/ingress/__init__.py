"""Ingress: Segment's tracking API over HTTP, whose events are kept before they are answered."""

from destination_host.ingress.admission import Admission as Admission
from destination_host.ingress.application import create_application as create_application
from destination_host.ingress.endpoint import Endpoint as Endpoint, IngressPlan as IngressPlan
from destination_host.ingress.receipts import Receipt as Receipt
from destination_host.ingress.write_keys import GuessLimiter as GuessLimiter, WriteKeys as WriteKeys
