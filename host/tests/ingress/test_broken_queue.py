"""A queue that cannot keep events: the sender is asked to send them again."""

import httpx
import pytest

from destination_host.config.loading import load_config
from destination_host.ingress import Admission, Endpoint, Receipt, create_application
from destination_host.queue import QueueError, QueueFullError, Stats
from destination_host.serve.host import create_plan
from host.tests.running import KEY, SECRETS, Partner, document, write_config


class BrokenQueue:
    def __init__(self, error):
        self.error = error

    async def put(self, events, rejected=()):
        raise self.error

    async def stats(self):
        if isinstance(self.error, QueueFullError):
            return Stats(instances={}, free_bytes=0)
        raise self.error


def application_of(folder, queue):
    config = load_config(write_config(folder, document()), Partner().catalog, SECRETS.get)
    admission = Admission(queue, config.limits)
    receipts = []
    endpoint = Endpoint(create_plan(config), queue, admission, on_receipt=receipts.append)
    return create_application(endpoint, ["*"]), admission, receipts


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (QueueFullError("the disk is full"), 429, "OVERLOADED"),
        (QueueError("broken"), 503, "UNAVAILABLE"),
    ],
)
async def test_events_that_are_not_kept_are_never_answered_200(tmp_path, error, status, code):
    application, admission, receipts = application_of(tmp_path, BrokenQueue(error))
    transport = httpx.ASGITransport(application)
    async with httpx.AsyncClient(transport=transport, base_url="http://host") as client:
        for body in ({"batch": [{"type": "page"}]}, {"batch": [5]}, {"batch": 5}):
            response = await client.post("/v1/batch", json=body, auth=(KEY, ""))
            assert (response.status_code, response.json()["code"]) == (status, code)
            assert int(response.headers["Retry-After"]) > 0
    assert receipts == [Receipt(source="web", refused=1)] * 3
    assert admission.reasons == ()


async def test_a_queue_that_cannot_be_read_is_a_reason_not_to_be_ready(tmp_path):
    _, admission, _ = application_of(tmp_path, BrokenQueue(QueueError("the file is gone")))
    await admission.look()
    assert admission.reasons == ("the file is gone",)
