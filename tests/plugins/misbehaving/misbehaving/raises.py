"""Cannot be imported."""

message = "no licence found"
raise LookupError(message)
