"""Evaluation of PromQL over two scrapes: the part of the language that the dashboard uses.

What it does not know it refuses, so that no query passes unread. A vector is {labels: value}, with
labels as a frozen set of pairs; `promql-parser` reads the text.
"""

import math
import re
from dataclasses import dataclass

import promql_parser as promql

AGGREGATIONS = {
    "sum": sum,
    "max": max,
    "min": min,
    "avg": lambda values: sum(values) / len(values),
}
OPERATORS = {
    "/": lambda left, right: left / right if right else math.nan,
    "*": lambda left, right: left * right,
    "-": lambda left, right: left - right,
    "+": lambda left, right: left + right,
}


class UnknownQueryError(Exception):
    """A query that uses what the exposition or this evaluation does not have."""


@dataclass(frozen=True)
class Scrapes:
    """Two scrapes of one host, as (name, labels) -> value."""

    first: dict
    second: dict
    seconds: float

    def evaluate(self, query):
        """Return the vector of a query, or its number."""
        return self._evaluate(promql.parse(query))

    def _evaluate(self, expression):
        match expression:
            case promql.NumberLiteral():
                return expression.val
            case promql.ParenExpr():
                return self._evaluate(expression.expr)
            case promql.VectorSelector():
                return self._select(expression, self.second)
            case promql.Call():
                return self._call(expression.func.name, expression.args)
            case promql.AggregateExpr():
                return self._aggregate(expression)
            case promql.BinaryExpr():
                return self._combine(expression)
        raise UnknownQueryError(f"{type(expression).__name__} is not known here")

    def _select(self, selector, scrape):
        if selector.offset or selector.at or selector.matchers.or_matchers:
            raise UnknownQueryError(str(selector))
        of_metric = {
            labels: value for (name, labels), value in scrape.items() if name == selector.name
        }
        if not of_metric:
            raise UnknownQueryError(f"the exposition has no {selector.name}")
        known = {label for labels in of_metric for label, _ in labels}
        for matcher in selector.matchers.matchers:
            if matcher.name not in known:
                raise UnknownQueryError(f"{selector.name} has no label {matcher.name}")
            if not any(is_met(matcher, dict(labels)) for labels in of_metric):
                raise UnknownQueryError(f"no series of {selector.name} meets {matcher}")
        return {
            labels: value
            for labels, value in of_metric.items()
            if all(is_met(matcher, dict(labels)) for matcher in selector.matchers.matchers)
        }

    def _call(self, name, arguments):
        if name == "rate":
            [matrix] = arguments
            last = self._select(matrix.vector_selector, self.second)
            metric = matrix.vector_selector.name
            # A series without two samples has no rate.
            return {
                labels: (value - self.first[metric, labels]) / self.seconds
                for labels, value in last.items()
                if (metric, labels) in self.first
            }
        if name == "histogram_quantile":
            quantile, buckets = map(self._evaluate, arguments)
            return histogram_quantile(quantile, buckets)
        raise UnknownQueryError(f"the function {name} is not known here")

    def _aggregate(self, expression):
        vector, name = self._evaluate(expression.expr), str(expression.op)
        if name == "topk":
            ranked = sorted(vector.items(), key=lambda pair: pair[1], reverse=True)
            return dict(ranked[: int(self._evaluate(expression.param))])
        by = labels_of(expression.modifier)
        groups = {}
        for labels, value in vector.items():
            missing = by - {label for label, _ in labels}
            if missing:
                raise UnknownQueryError(f"no label {missing} to group by")
            key = frozenset((label, text) for label, text in labels if label in by)
            groups.setdefault(key, []).append(value)
        return {key: AGGREGATIONS[name](values) for key, values in groups.items()}

    def _combine(self, expression):
        left, right = self._evaluate(expression.lhs), self._evaluate(expression.rhs)
        name = str(expression.op)
        if expression.modifier:
            raise UnknownQueryError(str(expression))
        if name == ">" and isinstance(right, float):
            return {labels: value for labels, value in left.items() if value > right}
        operate = OPERATORS[name]
        if isinstance(right, float):
            return {labels: operate(value, right) for labels, value in left.items()}
        return {labels: operate(left[labels], right[labels]) for labels in left.keys() & right}


def labels_of(modifier):
    if modifier is None:
        return set()
    if modifier.type != promql.AggModifierType.By:
        raise UnknownQueryError("aggregations name the labels that stay")
    return set(modifier.labels)


def is_met(matcher, labels):
    text = labels.get(matcher.name, "")
    is_equal = text == matcher.value
    if matcher.op in (promql.MatchOp.Equal, promql.MatchOp.NotEqual):
        return is_equal is (matcher.op == promql.MatchOp.Equal)
    is_matching = re.fullmatch(matcher.value, text) is not None
    return is_matching is (matcher.op == promql.MatchOp.Re)


def histogram_quantile(quantile, buckets):
    """Return the quantile of each group, by linear interpolation as Prometheus does it."""
    groups = {}
    for labels, value in buckets.items():
        bounds = groups.setdefault(frozenset(pair for pair in labels if pair[0] != "le"), [])
        bounds.append((float(dict(labels)["le"]), value))
    return {key: quantile_of(quantile, sorted(bounds)) for key, bounds in groups.items()}


def quantile_of(quantile, bounds):
    if not math.isinf(bounds[-1][0]):
        raise UnknownQueryError("a histogram ends with the bucket +Inf")
    rank = quantile * bounds[-1][1]
    low, before = 0.0, 0.0
    for high, count in bounds:
        if count >= rank and count > before:
            return (
                low if math.isinf(high) else low + (high - low) * (rank - before) / (count - before)
            )
        low, before = high, count
    return math.nan
