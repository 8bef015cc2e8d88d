"""Secret places of a mapping: messages about them quote nothing that a person has written there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from destination_kit._json import Json, JsonObject
from destination_kit._redact import Redact, compile_redactor, mask_json
from destination_kit._secrets import MASK, SecretNames, find_secret_texts
from destination_kit.errors import DeliveryError, HTTPError, PayloadValidationError, Problem

T = TypeVar("T")

_QUOTED: Final = re.compile(r"""(?<!\w)(['"`])((?:\\.|(?!\1)[^\\])*+)(\1|$)""", re.DOTALL)
_ADDRESS: Final = re.compile(r"(\$\.?)?([A-Za-z_]+(\.\w+|\[\d+\])*)?")
_PLAIN_PATH: Final = re.compile(r"[\w$. \[\]-]*")
#: Words of the kit's own messages, which stay in them.
_VOCABULARY: Final = frozenset(
    {
        *(
            "@arrayPath",
            "@case",
            "@excludeWhenNull",
            "@flatten",
            "@if",
            "@json",
            "@liquid",
            "@literal",
            "@merge",
            "@path",
            "@replace",
            "@template",
            "@transform",
        ),
        *(
            "apply",
            "decode",
            "direction",
            "encode",
            "global",
            "ignorecase",
            "left",
            "lower",
            "mapping",
            "mode",
            "objects",
            "operator",
            "pattern",
            "pattern2",
            "replacement",
            "replacement2",
            "right",
            "separator",
            "upper",
            "value",
        ),
    }
)


def mask_problems(problems: Iterable[object], redact: Redact) -> tuple[Problem, ...]:
    """Return problems with secrets masked: a key may hold one.

    An author can pass other objects, in spite of the types. They are left out.
    """
    return tuple(
        Problem(
            redact(str(problem.path)),
            redact(str(problem.code)),
            redact(str(problem.message)),
            "warning" if problem.severity == "warning" else "error",
        )
        for problem in problems
        if isinstance(problem, Problem)
    )


def mask_error(error: DeliveryError, secrets: Iterable[str]) -> None:
    """Mask secrets in the text and the body of an exception of the kit, which an author may log."""
    redact_error(error, compile_redactor(secrets))


def redact_error(error: DeliveryError, redact: Redact) -> None:
    """Mask secrets in the text, the code, the problems and the body of an exception of the kit."""
    error.args = (redact(str(error)), *error.args[1:])
    error.code = redact(str(error.code))
    if isinstance(error, HTTPError):
        error.body = mask_json(error.body, redact)
    if isinstance(error, PayloadValidationError):
        error.problems = mask_problems(error.problems, redact)


@dataclass(frozen=True, slots=True)
class SecretPlaces:
    """The secret fields of an action, in one mapping."""

    names: SecretNames
    #: Masks what the mapping holds at these places.
    redact: Redact

    def hide_in_problem(self, problem: Problem) -> Problem:
        """Return a problem of the mapping whose message shows nothing of a secret place."""
        message = self._hide(problem.message, problem.path)
        return replace(problem, path=self.redact(problem.path), message=message)

    def _hide(self, message: str, path: str) -> str:
        return self.redact(_without_quotes(message) if self._is_secret(path) else message)

    def _is_secret(self, path: str) -> bool:
        steps = path.replace("~1", "/").replace("~0", "~").split("/")
        return not self.names.secrets.isdisjoint(steps)

    def hide_in_paths(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Return paths that a mapping reads, without what is none and may be a secret."""
        return tuple(self.redact(path) if _PLAIN_PATH.fullmatch(path) else MASK for path in paths)

    def hide_in_errors(
        self, prepare: Callable[[JsonObject, int], T]
    ) -> Callable[[JsonObject, int], T]:
        """Return the function, whose `PayloadValidationError` shows nothing of a secret place."""

        def prepare_safely(event: JsonObject, size: int) -> T:
            try:
                return prepare(event, size)
            except PayloadValidationError as error:
                shown = self.redact(str(error))
                problems = tuple(map(self.hide_in_problem, error.problems))
                if problems != error.problems:
                    shown = "; ".join(map(str, problems))
                hidden = PayloadValidationError(shown)
                hidden.problems = problems
                raise hidden from None

        return prepare_safely


def _without_quotes(message: str) -> str:
    """Return the first line of a message, in which only the kit's own words stay quoted.

    The further lines of a message show the text with a caret.
    """
    return _QUOTED.sub(_keep_known_word, message.partition("\n")[0])


def _keep_known_word(quoted: re.Match[str]) -> str:
    return quoted[0] if quoted[2] in _VOCABULARY else f"{quoted[1]}{MASK}{quoted[1]}"


def find_secret_places(names: SecretNames, mapping: Json) -> SecretPlaces | None:
    """Return the secret places of a mapping, None where the action has no secret field."""
    if names == SecretNames():
        return None
    return SecretPlaces(names, compile_redactor(_list_texts(mapping, names)))


def _list_texts(mapping: Json, names: SecretNames) -> Iterator[str]:
    """Yield the texts at secret places, and each line of a template, which a message may show."""
    paths = set(find_secret_texts(mapping, SecretNames(secrets=frozenset({"@path"}))))
    for text in find_secret_texts(mapping, names):
        # `$.traits.email` is the address of a value, and stands in many messages.
        is_address = text in paths and _ADDRESS.fullmatch(text)
        if text not in _VOCABULARY and not is_address:
            yield text
            yield from text.splitlines()
