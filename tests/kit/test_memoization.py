from destination_kit._memoization import cache_short_texts


def test_results_of_short_texts_are_remembered_and_those_of_long_ones_are_not():
    calls = []

    @cache_short_texts(2)
    def measure(*texts):
        calls.append(texts)
        return sum(map(len, texts))

    for argument in ("a", "a", "x" * 2000, "x" * 2000, "x" * 2001, "x" * 2001):
        assert measure("b", argument) == len(argument) + 1
    assert [len(argument) for _, argument in calls] == [1, 2000, 2001, 2001]
    assert measure("c") == 1
    assert measure("b", "a") == 2
    assert len(calls) == 6
