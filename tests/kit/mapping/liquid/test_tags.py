from destination_kit.mapping import compile_mapping


def test_counting_leaves_the_event_alone():
    """Unlike in the reference, whose `increment` is seen by the fields behind it."""
    event = {"n": 5}
    mapping = {"a": {"@liquid": "{% increment n %}"}, "b": {"@liquid": "{{ n }}"}}
    assert compile_mapping(mapping)(event) == {"a": "5", "b": "5"}
    assert event == {"n": 5}
