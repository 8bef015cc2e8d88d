"""A router that keeps each event until `dkit worker` has answered it, as those of docs/hosts.md do.

python worker_router.py EVENTS ARGUMENT…: the arguments are those of `dkit worker`.
"""

import json
import subprocess
import sys
from collections import deque
from pathlib import Path
from threading import Thread, Timer

RESULTS = Path("results.jsonl")
events, *arguments = sys.argv[1:]


def parse(text):
    try:
        return json.loads(text)
    except ValueError:
        return {}


left = {}
if RESULTS.exists():
    for result in map(parse, RESULTS.read_text(encoding="utf-8").split("\n")):
        left[result.get("id")] = result.get("retry")
texts = dict(enumerate(Path(events).read_text(encoding="utf-8").split("\n"), 1))
turns: dict[str, deque[int]] = {}
for number, event_text in texts.items():
    if left.get(number, {}) is not None:
        turns.setdefault(parse(event_text)["userId"], deque()).append(number)
waiting = set()


def send(worker, number):
    waiting.discard(number)
    request = {"id": number, "event": parse(texts[number]), **left.get(number, {})}
    try:
        worker.stdin.write(json.dumps(request).encode() + b"\n")
        worker.stdin.flush()
    except OSError:
        pass  # it was killed; the next one gets this line


def send_all(worker, numbers):
    for number in numbers:
        send(worker, number)


def settle(worker, result):
    number = result["id"]
    user = parse(texts[number])["userId"]
    left[number] = result.get("retry")
    if left[number]:
        waiting.add(number)
        Timer(result["pause"], send, (worker, number)).start()
        return
    turns[user].popleft()
    if turns[user]:
        send(worker, turns[user][0])
    else:
        del turns[user]


while turns:
    child = subprocess.Popen(
        [sys.executable, "-m", "destination_kit.cli", "worker", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    first = [turn[0] for turn in turns.values() if turn[0] not in waiting]
    Thread(target=send_all, args=(child, first)).start()
    for line in child.stdout:
        with RESULTS.open("ab") as kept:
            kept.write(line)
        settle(child, parse(line))
        if not turns:
            child.stdin.close()
    child.wait()
