from destinations.qualtrics.ttl_cache import TtlCache


def test_an_entry_expires_after_its_ttl(clock):
    cache = TtlCache(5, clock)
    cache.put("a", 1, 10)
    clock.now = 9.9
    assert (cache.get("a"), "a" in cache) == (1, True)
    clock.now = 10
    assert (cache.get("a"), "a" in cache) == (None, False)


def test_the_cache_is_bounded_and_evicts_the_entry_that_was_written_first(clock):
    cache = TtlCache(2, clock)
    for key in "abac":
        cache.put(key, key, 10)
    assert [cache.get(key) for key in "abc"] == ["a", None, "c"]
    assert len(cache) == 2


def test_discard_removes_a_key_if_it_is_there(clock):
    cache = TtlCache(2, clock)
    cache.put("a", 1, 10)
    cache.discard("a")
    cache.discard("b")
    assert cache.get("a") is None
