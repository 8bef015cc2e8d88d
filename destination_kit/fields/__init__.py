"""Fields of an action: JSON Schema compiled into validators of payloads, and what forms need of it."""

from destination_kit.fields.conditions import drop_conditions
from destination_kit.fields.dates import parse_date_like
from destination_kit.fields.derived_schemas import build_mapping_schema, build_payload_schema
from destination_kit.fields.fast_path import compile_fast_path
from destination_kit.fields.formats import FORMATS
from destination_kit.fields.introspection import (
    collect_defaults,
    collect_secret_names,
    compile_secret_finder,
    iter_fields,
    list_types,
)
from destination_kit.fields.metaschema import check_keywords, check_schema
from destination_kit.fields.schema_files import load_metaschema, load_schema_file
from destination_kit.fields.validator import Validator, compile_payload_validator, compile_validator

__all__ = [
    "FORMATS",
    "Validator",
    "build_mapping_schema",
    "build_payload_schema",
    "check_keywords",
    "check_schema",
    "collect_defaults",
    "collect_secret_names",
    "compile_fast_path",
    "compile_payload_validator",
    "compile_secret_finder",
    "compile_validator",
    "drop_conditions",
    "iter_fields",
    "list_types",
    "load_metaschema",
    "load_schema_file",
    "parse_date_like",
]
