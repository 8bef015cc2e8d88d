"""Forks of a server judge changes as new processes do: on a small project, with each kind of change."""

import pytest

from tests.mutants.judging import Change, FastJudge
from tests.mutants.slow import SlowJudge

pytestmark = pytest.mark.slow

PRICES = """
import re

LIMIT = 3
SPARE = 7
RATES = {name: rate for name, rate in [("low", 5), ("high", 20)]}
CHECKS = [lambda price: price > 0, lambda price: price < 100]


def is_many(count, limit=LIMIT):
    return count > limit


def _discounted_by(share):
    def discount(price):
        return price - price * share // 100

    return discount


half_price = _discounted_by(50)


def count_down(start):
    while start > 0:
        start -= 1
    return start


def describe(price):
    text = bytearray(8)
    return f"{price} EUR" if price > 0 else "free"


class Basket:
    rate = 5

    def total(self, prices):
        return sum(prices) + self.rate


async def fetch(price):
    return price + 1
"""
CHECKS = """
import asyncio

import pytest

from shop import prices
from shop.prices import CHECKS, Basket, count_down, describe, half_price, is_many


def test_limits():
    assert is_many(4)
    assert not is_many(3)


@pytest.mark.parametrize(("name", "rate"), prices.RATES.items())
def test_rates(name, rate):
    assert {"low": 5, "high": 20}[name] == rate


def test_discounts():
    assert half_price(80) == 40


def test_counts():
    assert count_down(3) == 0


def test_descriptions(tmp_path):
    assert not list(tmp_path.iterdir())
    (tmp_path / "price").write_text(describe(5))
    assert (tmp_path / "price").read_text() == "5 EUR"


def test_baskets():
    assert Basket().total([1, 2]) == 8


def test_checks():
    assert [check(0) for check in CHECKS] == [False, True]
    assert [check(100) for check in CHECKS] == [True, False]


def test_fetching():
    assert asyncio.run(prices.fetch(1)) == 2


def test_that_fails():
    assert is_many(0)
"""
#: Before, after, whether it runs at the import, the test, and whether the test notices the change.
COMPARED = [
    ("count > limit", "count >= limit", False, "test_limits", True),
    ("price > 0 else", "price > 1 else", False, "test_descriptions", False),
    ("LIMIT = 3", "LIMIT = 4", True, "test_limits", True),
    ("price < 100]", "price <= 100]", False, "test_checks", True),
    ("start > 0:", "start > 0 or True:", False, "test_counts", True),
]
MORE = [
    ("SPARE = 7", "SPARE = 8", True, "test_limits", False),
    ("share // 100", "share // 200", False, "test_discounts", True),
    ('("low", 5)', '("low", 6)', True, "test_rates[low-5]", True),
    ("_discounted_by(50)", "_discounted_by(60)", True, "test_discounts", True),
    ("start > 0:", "start > 1:", False, "test_counts", True),
    ("bytearray(8)", "bytearray(9)", False, "test_descriptions", False),
    ("rate = 5", "rate = 6", True, "test_baskets", True),
    ("sum(prices) +", "sum(prices) -", False, "test_baskets", True),
    ("import re", "import re.absent", True, "test_limits", True),
    ("price + 1", "price - 1", False, "test_fetching", True),
]
TESTS = "checks/test_prices.py"
OPTIONS = ("--timeout=5",)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = tmp_path_factory.mktemp("project")
    (root / "pytest.ini").write_text(
        "[pytest]\npythonpath = .\naddopts = --import-mode=importlib\n"
    )
    files = {"shop/__init__.py": "", "shop/prices.py": PRICES, TESTS: CHECKS}
    # As pytest does with the modules of a distribution that brings a plugin.
    files["checks/conftest.py"] = "import pytest\n\npytest.register_assert_rewrite('shop')\n"
    for name, text in files.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.fixture(scope="module")
def fast(project):
    judge = FastJudge.start(project, 2, OPTIONS, [f"{TESTS}::test_limits"], {}, libraries=())
    yield judge
    judge.close()


@pytest.fixture(scope="module")
def slow(project, tmp_path_factory):
    return SlowJudge(project, tmp_path_factory.mktemp("copy") / "project", OPTIONS)


def change(before, after, *, at_import=False):
    assert PRICES.count(before) == 1
    source = PRICES.replace(before, after)
    return Change(path="shop/prices.py", source=source, at_import=at_import)


@pytest.mark.parametrize(("before", "after", "at_import", "test", "noticed"), COMPARED)
def test_a_fork_judges_as_a_new_process_does(fast, slow, before, after, at_import, test, noticed):
    changed = change(before, after, at_import=at_import)
    tests = [f"{TESTS}::{test}"]
    assert fast.judge(changed, tests).noticed is noticed
    assert slow.judge(changed, tests).noticed is noticed


@pytest.mark.parametrize(("before", "after", "at_import", "test", "noticed"), MORE)
def test_a_fork_runs_every_kind_of_change(fast, before, after, at_import, test, noticed):
    changed = change(before, after, at_import=at_import)
    assert fast.judge(changed, [f"{TESTS}::{test}"]).noticed is noticed


def test_the_verdict_names_the_test_that_noticed(fast):
    tests = [f"{TESTS}::{name}" for name in ("test_counts", "test_limits", "test_baskets")]
    verdict = fast.judge(change("count > limit", "count >= limit"), tests)
    assert (verdict.by, verdict.endless) == (f"{TESTS}::test_limits", False)


def test_a_test_that_fails_without_a_change_notices_nothing(fast):
    tests = [f"{TESTS}::{name}" for name in ("test_that_fails", "test_limits")]
    assert not fast.judge(change("start > 0:", "start >= 0:"), tests).noticed
    assert fast.judge(change("count > limit", "count >= limit"), tests).by == tests[1]


def test_a_change_that_never_ends_is_noticed_by_its_time(fast):
    tests = [f"{TESTS}::test_counts"]
    waiting = fast.judge(change("start > 0:", "start > 0 or True:"), tests)
    assert (waiting.by, waiting.endless) == (tests[0], True)
    # pytest-timeout cannot interrupt this pattern.
    deaf = change("while start > 0:", 're.match("(a*)*b", "a" * 40)\n    while start > 0:')
    assert fast.judge(deaf, tests).endless


def test_a_change_that_fills_the_memory_is_noticed(fast):
    tests = [f"{TESTS}::test_descriptions"]
    assert fast.judge(change("bytearray(8)", "bytearray(5 << 30)"), tests).by == tests[0]


def test_a_change_that_ends_its_process_is_noticed(fast):
    tests = [f"{TESTS}::test_descriptions"]
    changed = change("text = bytearray(8)", "import os; os._exit(0)")
    assert fast.judge(changed, tests).by == tests[0]


def test_no_change_reaches_the_next_one_or_the_disk(fast, project):
    tests = [f"{TESTS}::test_limits"]
    for _ in range(2):
        assert fast.judge(change("count > limit", "count >= limit"), tests).noticed
        assert not fast.judge(change("sum(prices) +", "sum(prices) -"), tests).noticed
    assert (project / "shop/prices.py").read_text() == PRICES


def test_files_that_cannot_be_collected_are_reported(project):
    broken = project / "checks/test_broken.py"
    broken.write_text("import shop.absent\n")
    with pytest.raises(RuntimeError, match="No module named 'shop.absent'"):
        FastJudge.start(project, 1, OPTIONS, ["checks/test_broken.py::test"], {}, libraries=())
