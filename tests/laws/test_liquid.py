"""What holds for every Liquid template and every event, however odd."""

from hypothesis import given, strategies as st

from destination_kit.errors import MappingError, PayloadValidationError
from destination_kit.mapping import compile_mapping
from destination_kit.mapping.liquid import compile_liquid
from destination_kit.mapping.liquid.filters import FILTERS
from destination_kit.mapping.liquid.tags import TAGS

PIECES = st.sampled_from(
    [
        *("{{", "}}", "{%", "%}", "{{-", "-%}", "|", ":", ",", ".", "..", "[", "]", "(", ")", "'"),
        *('"', " ", "\n", "==", ">", "and", "not", "contains", "a", "b.c", "0", "-1.5", "nil"),
        *(
            "empty",
            "blank",
            "true",
            "(1..3)",
            "endif",
            "else",
            "elsif",
            "endunless",
            "👍",
            "\ud800",
        ),
        *("endcapture", "endcomment", "endraw", "\\u00e9", "x = "),
        *FILTERS,
        *TAGS,
    ]
)
LOOSE = st.lists(PIECES, max_size=25).map(" ".join)
OPERANDS = st.sampled_from(["a", "b", "a.b", "b[0]", "b[a]", "'x'", "5", "nil", "blank", "(1..3)"])
CALLS = st.tuples(st.sampled_from(sorted(FILTERS)), st.lists(OPERANDS, max_size=3)).map(
    lambda call: f"{call[0]}: {', '.join(call[1])}" if call[1] else call[0]
)
OUTPUTS = st.tuples(OPERANDS, st.lists(CALLS, max_size=3)).map(
    lambda parts: f"{{{{ {' | '.join((parts[0], *parts[1]))} }}}}"
)
TEMPLATES = LOOSE | OUTPUTS | st.lists(OUTPUTS, max_size=3).map("".join)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
EVENTS = st.dictionaries(st.sampled_from(["a", "b", "size", "first"]), VALUES, max_size=3)


@given(TEMPLATES, EVENTS)
def test_a_template_gives_text_or_an_error_of_our_own(template, event):
    try:
        payload = compile_mapping({"f": {"@liquid": template}})(event)
    except (MappingError, PayloadValidationError):
        return
    assert isinstance(payload["f"], str)
    payload["f"].encode()


@given(TEMPLATES, EVENTS)
def test_rendering_twice_gives_the_same_and_changes_nothing(template, event):
    if "sample" in template:
        return
    try:
        render = compile_liquid(template).render
    except ValueError:
        return
    before = repr(event)
    outcomes = []
    for _ in range(2):
        try:
            outcomes.append(render(event))
        except PayloadValidationError as refused:
            outcomes.append(str(refused))
    assert outcomes[0] == outcomes[1]
    assert repr(event) == before
