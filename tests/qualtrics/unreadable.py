"""Bodies of 2xx responses that hold no JSON object."""

UNREADABLE = [
    b"",
    b"<html>Welcome</html>",
    b'{"result": {"id": "CI',
    b"\xff\xfe\x00",
    b"[]",
    b'"ok"',
]
