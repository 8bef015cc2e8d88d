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


def test_the_cache_is_bounded_in_bytes_and_evicts_what_was_written_first(clock):
    cache = TtlCache(1000, clock, max_bytes=10_000)
    for number in range(100):
        cache.put((number, "x" * 1000), "value", 10)
    assert cache.size <= 10_000
    assert 6 <= len(cache) <= 9
    assert (99, "x" * 1000) in cache
    assert (90, "x" * 1000) not in cache


def test_bytes_are_given_back(clock):
    cache = TtlCache(2, clock, max_bytes=10_000)
    for value in ("a", "b" * 1000, "c"):
        cache.put("key", value, 10)
    cache.put("other", {"a": True, "b": ("c", b"d")}, 10)
    for key in ("key", "other", "other"):
        cache.discard(key)
    assert (cache.size, len(cache)) == (0, 0)


def test_an_entry_that_is_larger_than_the_cache_is_not_stored_and_evicts_no_other(clock):
    cache = TtlCache(5, clock, max_bytes=1000)
    cache.put("a", 1, 10)
    cache.put("b", 1, 10)
    cache.put("b", "x" * 2000, 10)
    assert (cache.get("a"), cache.get("b")) == (1, None)
