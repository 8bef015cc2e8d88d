from destination_kit.mapping.liquid import compile_liquid


def test_whole_numbers_of_an_event_keep_their_digits():
    assert compile_liquid("{{ id }}").render({"id": 9007199254740993}) == "9007199254740993"
