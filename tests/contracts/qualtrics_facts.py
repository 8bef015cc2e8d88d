"""Parts of the documents that are made from the ledger of facts and the vendor's tables."""

from collections.abc import Iterator

from tests.qualtrics.facts import (
    LIVE,
    Fact,
    address_of,
    count_marks,
    load_areas,
    load_facts,
)
from tests.qualtrics.vendor.contract import ASSUMED, MESSAGES, Message, load_sources


def fact_counts() -> str:
    """Return how many facts have each mark, in one sentence."""
    facts = load_facts()
    counts = count_marks(facts)
    listed = [
        f"{count} {'are ' if not index else ''}{mark}"
        for index, (mark, count) in enumerate(counts.items())
    ]
    return (
        f"Of {len(facts)} facts about Qualtrics that the code relies on, {', '.join(listed[:-1])}"
        f" and {listed[-1]}: [the ledger](docs/qualtrics-facts.md) says what goes wrong if one is"
        " false."
    )


def fact_tables() -> str:
    """Return a table of facts for each area."""
    return "\n\n".join(
        f"## {title}\n\n{_fact_table(facts)}" for title, facts in load_areas().items()
    )


def vendor_counts() -> str:
    """Return a table of the vendor contract: rows by endpoint, and their sources."""
    endpoints = dict.fromkeys(message.endpoint for message in MESSAGES)
    lines = [_vendor_line(endpoint) for endpoint in sorted(endpoints)]
    head = "| endpoint | messages | rows | from a vendor model | where sources disagree |"
    return "\n".join([head, "| --- | --- | --- | --- | --- |", *lines])


def contradictions() -> str:
    """Return a line for each row of the vendor contract whose sources disagree."""
    return "\n".join(_contradiction_lines())


def _fact_table(facts: list[Fact]) -> str:
    head = "| fact | mark | if it is false | switch | code that relies on it |"
    return "\n".join([head, "| --- | --- | --- | --- | --- |", *map(_fact_line, facts)])


def _fact_line(fact: Fact) -> str:
    cells = (
        f"`{fact.id}` {fact.statement}",
        _mark(fact),
        fact.if_false,
        ", ".join(f"`{switch}`" for switch in fact.switch),
        ", ".join(f"`{reference}`" for reference in fact.code),
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _mark(fact: Fact) -> str:
    observed = f" on {fact.date} with {fact.version}" if fact.mark == LIVE else ""
    simulated = " (recorded against the simulator)" if fact.recorded_from == "simulator" else ""
    links = [_numbered_link(number, source) for number, source in enumerate(fact.where, 1)]
    return " ".join([f"{fact.mark}{observed}{simulated}", *links])


def _numbered_link(number: int, source: str) -> str:
    address = address_of(source)
    return (
        f"[{number}]({address})" if address else f"(code with `{load_sources()[source]['search']}`)"
    )


def _vendor_line(endpoint: str) -> str:
    sources = load_sources()
    messages = [message for message in MESSAGES if message.endpoint == endpoint]
    rows = [row for message in messages for row in message.rows]
    of_models = sum(sources[row.source]["kind"] == "vendor model" for row in rows)
    name = "every endpoint" if endpoint == "*" else f"`{endpoint}`"
    shown = ", ".join(message.message for message in messages)
    disagreeing = sum(bool(row.against) for row in rows)
    return f"| {name} | {shown} | {len(rows)} | {of_models} | {disagreeing or ''} |"


def _contradiction_lines() -> Iterator[str]:
    for message in MESSAGES:
        for row in message.rows:
            if row.against:
                other = row.against["source"]
                yield (
                    f"* {_place(message)}, `{row.field}`: {_link(row.source)} is believed,"
                    f" {_link(other)} is not. {row.why}"
                )
        if message.source == ASSUMED:
            yield f"* {_place(message)}: assumed. {message.why}"


def _place(message: Message) -> str:
    name = "every endpoint" if message.endpoint == "*" else f"`{message.endpoint}`"
    return f"{name}, {message.message}"


def _link(source: str) -> str:
    address = address_of(source)
    return f"[{source}]({address})" if address else source
