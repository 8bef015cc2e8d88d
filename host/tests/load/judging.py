"""What a partner accepted, compared with what was sent: lost, repeated, out of order."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Verdict:
    """Events by messageId."""

    lost: list = field(default_factory=list)
    #: (messageId, time of the first acceptance, time of the repetition).
    duplicates: list = field(default_factory=list)
    #: messageIds of events that were accepted after a later one of their user.
    violations: list = field(default_factory=list)


def judge(sent, accepted):
    """Compare messageIds that were sent with the acceptances of a partner, in order."""
    verdict, first, last = Verdict(), {}, {}
    for message_id, user, number, moment in accepted:
        if number < last.get(user, -1):
            verdict.violations.append(message_id)
        if message_id in first:
            verdict.duplicates.append((message_id, first[message_id], moment))
        else:
            first[message_id] = moment
        last[user] = max(number, last.get(user, -1))
    verdict.lost = [message_id for message_id in sent if message_id not in first]
    return verdict


def unexplained(duplicates, kills):
    """Return the repetitions that no kill explains.

    `kills` holds (time, messageIds in flight) of each kill. One kill explains one repetition of each
    event that was in flight. The first acceptance may be later than the kill: a partner reads what
    the killed process has sent.
    """
    repetitions, strange = Counter(), []
    for message_id, _, moment in duplicates:
        repetitions[message_id] += 1
        earlier = sum(killed < moment and message_id in in_flight for killed, in_flight in kills)
        if repetitions[message_id] > earlier:
            strange.append(message_id)
    return strange
