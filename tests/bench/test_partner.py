import json
from urllib.request import Request, urlopen

from tests.bench import partner

DIRECTORY_PATH = "API/v3/directories/POOL_1"


def post(url, body):
    request = Request(url, json.dumps(body).encode(), method="POST")  # noqa: S310
    with urlopen(request) as response:  # noqa: S310
        return json.load(response)["result"]


def test_the_partner_responds_to_every_call_and_counts_it():
    with partner.background() as url:
        assert post(f"{url}/{DIRECTORY_PATH}/contacts", {"email": "a@example.com"}) == {
            "id": "CID_1"
        }
        created = post(f"{url}/{DIRECTORY_PATH}/transactions", {"t-1": {}, "t-2": {}})
        assert created == {
            "createdTransactions": {"t-1": {"id": "CTR_1"}, "t-2": {"id": "CTR_1"}},
            "unprocessedTransactions": {},
        }
        assert partner.stats(url) == {"requests": 2, "connections": 2, "transactions": 2}
        assert partner.stats(url) == {}
