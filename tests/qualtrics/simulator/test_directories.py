import pytest

ONE = "POOL_000000000000001"
SECOND = "POOL_000000000000002"


@pytest.mark.parametrize("target", ["/API/v3/directories", "/API/v3/directories/"])
def test_directories_are_listed_with_and_without_a_trailing_slash(client, target):
    response = client.send(f"""
        GET {target} HTTP/1.1
        Host: iad1.qualtrics.com
        X-API-TOKEN: simulated-token

    """)
    assert response.status == "HTTP/1.1 200 OK"
    assert response.body["result"] == {
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


def test_the_reported_criteria_may_differ_from_the_rules(client):
    client.configure(directories={SECOND: {"deduplicationCriteria": {"phone": True}}})
    found = client.call("GET", "/API/v3/directories").result["elements"][1]
    assert found["deduplicationCriteria"] == {"phone": True}


def test_the_next_page_is_an_absolute_url_and_null_on_the_last_page(client):
    client.configure(directories={SECOND: {}})
    first = client.call("GET", "/API/v3/directories?pageSize=1").result
    assert first["nextPage"] == (
        "https://iad1.qualtrics.com/API/v3/directories?pageSize=1&skipToken=1"
    )
    second = client.call("GET", first["nextPage"].removeprefix("https://iad1.qualtrics.com")).result
    ids = [directory["directoryId"] for directory in first["elements"] + second["elements"]]
    assert ids == [ONE, SECOND]
    assert second["nextPage"] is None


def test_a_page_holds_a_hundred_directories(client):
    client.configure(directories={f"POOL_{number}": {} for number in range(150)})
    first = client.call("GET", "/API/v3/directories/").result
    assert len(first["elements"]) == 100
    rest = client.call("GET", first["nextPage"].removeprefix("https://iad1.qualtrics.com")).result
    assert len(rest["elements"]) == 51
    assert rest["nextPage"] is None


def test_the_new_pagination_scheme_has_opaque_cursors(client):
    client.configure(directories={SECOND: {}})
    target = "/API/v3/directories?pageSize=1&useNewPaginationScheme=true"
    address = client.call("GET", target).result["nextPage"]
    assert not address.rpartition("skipToken=")[2].isdecimal()
    second = client.call("GET", address.removeprefix("https://iad1.qualtrics.com")).result
    assert [directory["directoryId"] for directory in second["elements"]] == [SECOND]


@pytest.mark.parametrize("query", ["pageSize=101", "pageSize=0", "pageSize=x", "skipToken=%C3%BC"])
def test_an_invalid_page_is_400(client, query):
    assert client.call("GET", f"/API/v3/directories?{query}").refusal[0] == 400


def test_a_page_too_large_can_be_clamped(client):
    client.configure(pages={"oversize": "clamp", "directories": 1}, directories={SECOND: {}})
    assert len(client.call("GET", "/API/v3/directories?pageSize=500").result["elements"]) == 1


@pytest.mark.parametrize(
    ("last", "end"), [("absent", {}), ("placeholder", {"nextPage": "string"}), ("null", None)]
)
def test_the_last_page_can_end_in_three_ways(client, last, end):
    client.configure(pages={"last": last})
    result = client.call("GET", "/API/v3/directories").result
    del result["elements"]
    assert result == ({"nextPage": None} if end is None else end)


def test_the_next_page_can_name_a_foreign_host(client):
    client.configure(pages={"nextHost": "evil.example"}, directories={SECOND: {}})
    address = client.call("GET", "/API/v3/directories?pageSize=1").result["nextPage"]
    assert address.startswith("http://evil.example/API/v3/directories?")


def test_the_next_page_of_a_loopback_request_is_on_loopback(client):
    client.configure(directories={SECOND: {}})
    host = client.url.removeprefix("http://")
    response = client.call("GET", "/API/v3/directories?pageSize=1", Host=host)
    assert response.result["nextPage"].startswith(f"{client.url}/API/v3/directories?")


def test_the_contact_count_lags_behind(client):
    client.configure(search={"lag": 60})
    client.create(extRef="u1")
    assert client.call("GET", "/API/v3/directories").result["elements"][0]["contactCount"] == 0


def test_an_unknown_directory_is_404_with_a_code(client):
    response = client.call("POST", "/API/v3/directories/POOL_none/contacts", {})
    assert response.refusal == (404, "There is no directory POOL_none.")
    assert response.body["meta"]["error"]["errorCode"] == "SIM_NOT_FOUND"


def test_a_user_sees_only_their_directories_and_gets_403_elsewhere(client):
    client.configure(
        directories={SECOND: {}}, users={"UR_000000000000001": {"directories": [SECOND]}}
    )
    found = client.call("GET", "/API/v3/directories").result["elements"]
    assert [directory["directoryId"] for directory in found] == [SECOND]
    refused = client.post("/contacts", {})
    assert refused.status == "HTTP/1.1 403 Forbidden"
    assert refused.body["meta"]["error"]["errorCode"] == "SIM_FORBIDDEN"


def test_the_lite_directory_refuses_search_lists_and_transactions_but_not_contacts(client):
    client.configure(directories={ONE: {"lite": True}})
    contact = client.create(extRef="u1")
    assert client.post("/contacts/search", {}).refusal[0] == 403
    assert client.get("/contacts").refusal[0] == 403
    assert client.post("/transactions", {}).refusal[0] == 403
    assert client.get("/mailinglists/CG_000000000000001/contacts").refusal[0] == 403
    assert client.contact(contact)["extRef"] == "u1"


def test_a_user_may_lack_the_right_to_list_directories(client):
    client.configure(users={"UR_000000000000001": {"mayListDirectories": False}})
    assert client.call("GET", "/API/v3/directories").refusal[0] == 403
    assert client.post("/contacts", {"extRef": "u1"}).result["id"]


def test_the_status_of_an_unknown_directory_is_an_option(client):
    target = "/API/v3/directories/POOL_unknown/mailinglists"
    assert client.call("GET", target).refusal[0] == 404
    client.configure(errors={"unknownDirectoryStatus": 403})
    assert client.call("GET", target).refusal[0] == 403


def test_the_code_of_an_unknown_token_is_an_option(client):
    client.configure(errors={"unauthorized": "OTHER_1"})
    refused = client.call("GET", "/API/v3/whoami", X_API_TOKEN="unknown")
    assert refused.body["meta"]["error"]["errorCode"] == "OTHER_1"
