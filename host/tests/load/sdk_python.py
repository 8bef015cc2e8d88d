"""Sends events through segment-analytics-python, with the settings of docs/host.md.

    python sdk_python.py URL KEY COUNT FILE

FILE is JSON: the contactIds among which the events are spread. It prints how many events failed.
"""

import json
import sys
from pathlib import Path

from segment.analytics import Client

URL, KEY, COUNT, FILE = sys.argv[1:]
CONTACTS = json.loads(Path(FILE).read_text(encoding="utf-8"))
FAILED = []

client = Client(
    write_key=KEY,
    host=URL,
    gzip=True,
    max_queue_size=30_000,
    max_retries=1000,
    on_error=lambda _error, items: FAILED.extend(items),
)
for number in range(int(COUNT)):
    contact = CONTACTS[number % len(CONTACTS)]
    properties = {"n": f"python-{number}", "contactId": contact}
    client.track(f"u-{number % 1000}", "Bought", properties)
client.flush()
client.join()
print(json.dumps({"failed": len(FAILED)}))
