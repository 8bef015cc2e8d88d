import pytest

ONE = "POOL_000000000000001"
SECOND = "POOL_000000000000002"


@pytest.mark.parametrize("target", ["/API/v3/directories", "/API/v3/directories/"])
def test_directories_are_listed_with_and_without_a_trailing_slash(line, target):
    reply = line.send(f"""
        GET {target} HTTP/1.1
        Host: iad1.qualtrics.com
        X-API-TOKEN: simulated-token

    """)
    assert reply.status == "HTTP/1.1 200 OK"
    assert reply.body["result"] == {
        "elements": [
            {
                "directoryId": ONE,
                "name": "Customers",
                "contactCount": 0,
                "isDefault": True,
                "deduplicationCriteria": {
                    "email": True,
                    "firstName": False,
                    "lastName": False,
                    "externalDataReference": True,
                    "phone": False,
                },
            }
        ],
        "nextPage": None,
    }


def test_the_criteria_that_are_shown_can_be_others_than_the_rules(line):
    line.configure(directories={SECOND: {"deduplicationCriteria": {"phone": True}}})
    found = line.call("GET", "/API/v3/directories").result["elements"][1]
    assert found["deduplicationCriteria"] == {"phone": True}


def test_the_next_page_is_a_whole_address_and_null_on_the_last(line):
    line.configure(directories={SECOND: {}})
    first = line.call("GET", "/API/v3/directories?pageSize=1").result
    assert first["nextPage"] == (
        "https://iad1.qualtrics.com/API/v3/directories?pageSize=1&skipToken=1"
    )
    second = line.call("GET", first["nextPage"].removeprefix("https://iad1.qualtrics.com")).result
    ids = [each["directoryId"] for each in first["elements"] + second["elements"]]
    assert ids == [ONE, SECOND]
    assert second["nextPage"] is None


def test_a_page_holds_a_hundred_directories(line):
    line.configure(directories={f"POOL_{number}": {} for number in range(150)})
    first = line.call("GET", "/API/v3/directories/").result
    assert len(first["elements"]) == 100
    rest = line.call("GET", first["nextPage"].removeprefix("https://iad1.qualtrics.com")).result
    assert len(rest["elements"]) == 51
    assert rest["nextPage"] is None


def test_the_new_pagination_scheme_has_opaque_cursors(line):
    line.configure(directories={SECOND: {}})
    target = "/API/v3/directories?pageSize=1&useNewPaginationScheme=true"
    address = line.call("GET", target).result["nextPage"]
    assert not address.rpartition("skipToken=")[2].isdecimal()
    second = line.call("GET", address.removeprefix("https://iad1.qualtrics.com")).result
    assert [each["directoryId"] for each in second["elements"]] == [SECOND]


@pytest.mark.parametrize("query", ["pageSize=101", "pageSize=0", "pageSize=x", "skipToken=%C3%BC"])
def test_a_page_that_cannot_be_is_400(line, query):
    assert line.call("GET", f"/API/v3/directories?{query}").refusal[0] == 400


def test_a_page_too_large_can_be_cut_instead(line):
    line.configure(pages={"oversize": "clamp", "directories": 1}, directories={SECOND: {}})
    assert len(line.call("GET", "/API/v3/directories?pageSize=500").result["elements"]) == 1


@pytest.mark.parametrize(
    ("last", "end"), [("absent", {}), ("placeholder", {"nextPage": "string"}), ("null", None)]
)
def test_the_last_page_can_end_in_three_ways(line, last, end):
    line.configure(pages={"last": last})
    result = line.call("GET", "/API/v3/directories").result
    del result["elements"]
    assert result == ({"nextPage": None} if end is None else end)


def test_the_next_page_can_name_a_foreign_host(line):
    line.configure(pages={"nextHost": "evil.example"}, directories={SECOND: {}})
    address = line.call("GET", "/API/v3/directories?pageSize=1").result["nextPage"]
    assert address.startswith("http://evil.example/API/v3/directories?")


def test_the_next_page_of_a_loopback_call_leads_back_to_it(line):
    line.configure(directories={SECOND: {}})
    host = line.url.removeprefix("http://")
    reply = line.call("GET", "/API/v3/directories?pageSize=1", Host=host)
    assert reply.result["nextPage"].startswith(f"{line.url}/API/v3/directories?")


def test_the_contact_count_lags_behind(line):
    line.configure(search={"lag": 60})
    line.create(extRef="u1")
    assert line.call("GET", "/API/v3/directories").result["elements"][0]["contactCount"] == 0


def test_an_unknown_directory_is_404_with_a_code(line):
    reply = line.call("POST", "/API/v3/directories/POOL_none/contacts", {})
    assert reply.refusal == (404, "There is no directory POOL_none.")
    assert reply.body["meta"]["error"]["errorCode"] == "SIM_NOT_FOUND"


def test_a_user_sees_only_their_directories_and_gets_403_elsewhere(line):
    line.configure(
        directories={SECOND: {}}, users={"UR_000000000000001": {"directories": [SECOND]}}
    )
    found = line.call("GET", "/API/v3/directories").result["elements"]
    assert [each["directoryId"] for each in found] == [SECOND]
    refused = line.post("/contacts", {})
    assert refused.status == "HTTP/1.1 403 Forbidden"
    assert refused.body["meta"]["error"]["errorCode"] == "SIM_FORBIDDEN"


def test_the_lite_directory_refuses_search_lists_and_transactions_but_not_contacts(line):
    line.configure(directories={ONE: {"lite": True}})
    contact = line.create(extRef="u1")
    assert line.post("/contacts/search", {}).refusal[0] == 403
    assert line.get("/contacts").refusal[0] == 403
    assert line.post("/transactions", {}).refusal[0] == 403
    assert line.get("/mailinglists/CG_000000000000001/contacts").refusal[0] == 403
    assert line.contact(contact)["extRef"] == "u1"
