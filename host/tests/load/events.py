"""Events of a load: numbered per user, in the order in which they are sent."""


def event(name, user, number, **properties):
    return {
        "type": "track",
        "event": "Order Completed",
        "messageId": f"{name}-{user}-{number}",
        "userId": f"u-{user}",
        "properties": {"number": number, "total": 12.5, "currency": "EUR", **properties},
    }


def shares(name, users, each, *, senders, size=20):
    """Return the batches of each sender; a user belongs to one sender, so the order is known."""

    def batches(mine):
        waiting = []
        for number in range(each):
            for user in mine:
                waiting.append(event(name, user, number))
                if len(waiting) == size:
                    yield waiting
                    waiting = []
        if waiting:
            yield waiting

    return [batches(range(sender, users, senders)) for sender in range(min(senders, users))]


def ids(name, users, each):
    return [f"{name}-{user}-{number}" for number in range(each) for user in range(users)]
