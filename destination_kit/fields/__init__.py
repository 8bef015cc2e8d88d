"""Fields of an action: JSON Schema compiled into validators of payloads, and what forms need of it."""

from typing import TYPE_CHECKING

from destination_kit._lazy import lazy_attributes

if TYPE_CHECKING:  # type checkers do not run `__getattr__`, so they find the names here
    from destination_kit.fields.conditions import drop_conditions as drop_conditions
    from destination_kit.fields.dates import (
        find_doubtful_epoch as find_doubtful_epoch,
        parse_date_like as parse_date_like,
    )
    from destination_kit.fields.fast_path import compile_fast_path as compile_fast_path
    from destination_kit.fields.formats import FORMATS as FORMATS
    from destination_kit.fields.introspection import (
        collect_defaults as collect_defaults,
        collect_secret_fields as collect_secret_fields,
        collect_secret_names as collect_secret_names,
        compile_secret_finder as compile_secret_finder,
        iter_fields as iter_fields,
        list_types as list_types,
    )
    from destination_kit.fields.schema_files import (
        load_metaschema as load_metaschema,
        load_schema_file as load_schema_file,
    )
    from destination_kit.fields.validator import (
        Validator as Validator,
        compile_payload_validator as compile_payload_validator,
        compile_validator as compile_validator,
    )

_MODULES = {
    "FORMATS": "formats",
    "Validator": "validator",
    "collect_defaults": "introspection",
    "collect_secret_fields": "introspection",
    "collect_secret_names": "introspection",
    "compile_fast_path": "fast_path",
    "compile_payload_validator": "validator",
    "compile_secret_finder": "introspection",
    "compile_validator": "validator",
    "drop_conditions": "conditions",
    "find_doubtful_epoch": "dates",
    "iter_fields": "introspection",
    "list_types": "introspection",
    "load_metaschema": "schema_files",
    "load_schema_file": "schema_files",
    "parse_date_like": "dates",
}
__all__ = list(_MODULES)
__getattr__ = lazy_attributes(__name__, _MODULES)


def __dir__() -> list[str]:
    return __all__
