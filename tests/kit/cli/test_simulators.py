"""The simulator of a destination, and what it needs."""

import pytest

from tests.kit.dkit import dkit


@pytest.mark.parametrize("command", ["simulate", "demo"])
def test_a_destination_without_a_simulator_is_misuse(command):
    ran = dkit(command, "partner")
    assert ran.code == 2
    assert "actions-partner has no " in ran.err


@pytest.mark.parametrize("command", ["simulate", "demo"])
def test_a_package_that_a_simulator_lacks_is_named_with_the_line_that_installs_it(
    command, package, partner
):
    (package / "__init__.py").write_text(
        "raise ModuleNotFoundError('no', name='starlette.routing')"
    )
    ran = dkit(command, "partner", destinations=[partner])
    assert ran.code == 2
    assert "pip install 'destination-kit[simulator]'" in ran.err


def test_a_simulator_that_cannot_be_imported_is_a_fault(package, partner):
    (package / "__init__.py").write_text("import no_such_module_at_all")
    ran = dkit("simulate", "partner", destinations=[partner])
    assert ran.code == 1
    assert f"ModuleNotFoundError: a fault in {package.name} (__init__.py, line 1)" in ran.err
