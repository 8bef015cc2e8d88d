import pytest

from destination_kit import Catalog, DefinitionError, Destination
from tests.conftest import ECHO


def test_a_bad_definition_raises_for_its_author():
    with pytest.raises(DefinitionError, match="^Bad/slug: "):
        Catalog.of(Destination(slug="Bad", name="Bad"))


def test_two_definitions_cannot_share_a_slug():
    with pytest.raises(DefinitionError, match="share this slug"):
        Catalog.of(ECHO, ECHO)
