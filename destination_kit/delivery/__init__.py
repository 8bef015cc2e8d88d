"""Deliver a stream of events until every result is final: retry, order per user, resume."""
