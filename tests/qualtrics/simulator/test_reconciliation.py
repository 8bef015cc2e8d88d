from destinations.qualtrics.simulator.reconciliation import reconcile


def test_different_ids_in_results_are_compared_with_the_counts_of_the_state():
    lines = [
        {"line": 1, "results": [{"response": {"contactId": "a"}}, {"code": "X"}]},
        {"line": 2, "results": [{"response": {"contactId": "a", "transactionId": "t"}}]},
        {"line": 3, "status": "skipped"},
        {"line": 4, "results": [{"response": None}]},
    ]
    state = {"counts": {"contacts": 1, "transactions": 2, "workflowRuns": 0}}
    assert reconcile(lines, state) == [
        ("contacts", 1, 1),
        ("transactions", 1, 2),
        ("workflow runs", 0, 0),
    ]
