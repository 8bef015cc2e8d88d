"""One request through a client of its own."""

from destination_kit.http import Client, HttpxTransport, RequestPolicy

URL = "https://api.example.com/v1/things"
POLICY = RequestPolicy(
    hosts=("*.example.com",), headers={"x-token": "s3cret!"}, secrets=("s3cret!",)
)


async def ask(policy, method="GET", url=URL, transport=None, **options):
    client = Client(policy, transport=transport and HttpxTransport(transport))
    try:
        return await client.request(method, url, **options)
    finally:
        await client.aclose()
