"""Every error of the program has a status, a title, an exit code and a hint, from one table."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import adapters
import api
import domain
from api.cli.exit_codes import MEANINGS, exit_code_of
from api.problems import TREATMENTS, ExitCode, problem_document, treatment_of
from domain.kernel.errors import InternalError, InvalidAddress, LedgerError, Unavailable


def load_all(package: ModuleType) -> None:
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def subclasses(cls: type[LedgerError]) -> Iterator[type[LedgerError]]:
    for one in cls.__subclasses__():
        yield one
        yield from subclasses(one)


def an(cls: type[LedgerError]) -> LedgerError:
    error = cls.__new__(cls)
    LedgerError.__init__(error, "something is wrong", hint="put it right")
    return error


def test_every_error_class_is_treated_by_more_than_the_root() -> None:
    for package in (domain, adapters, api):
        load_all(package)
    classes = set(subclasses(LedgerError))
    assert len(classes) > 20
    for cls in classes:
        table_class = next(one for one in cls.__mro__ if one in TREATMENTS)
        assert table_class is not LedgerError, f"{cls.__name__} has no line in the table"
        assert exit_code_of(an(cls)) is not ExitCode.OK
        assert 400 <= treatment_of(an(cls)).status < 600


def test_every_error_class_has_a_code_of_its_own_in_kebab_case() -> None:
    for cls in subclasses(LedgerError):
        assert cls.code == cls.code.lower()
        assert " " not in cls.code
        assert "_" not in cls.code
        assert cls is InternalError or cls.code != LedgerError.code, cls


def test_a_subclass_is_treated_as_its_parent() -> None:
    class Asleep(Unavailable):
        code = "asleep"

    assert treatment_of(an(Asleep)) is TREATMENTS[Unavailable]
    assert exit_code_of(an(Asleep)) == 75


def test_a_problem_document_carries_the_way_out() -> None:
    document = problem_document(InvalidAddress("0x12"), instance="/v1/nodes/0x12")
    assert document == {
        "type": "urn:agentgpt-ledger:problem:invalid-address",
        "title": "Invalid input",
        "status": 400,
        "detail": "`0x12` is not an address",
        "hint": "an address is 0x and 40 hexadecimal digits",
        "instance": "/v1/nodes/0x12",
    }


def test_every_exit_code_is_explained() -> None:
    assert set(MEANINGS) == set(ExitCode)
    assert [int(code) for code in ExitCode] == [0, 1, 2, 3, 4, 5, 6, 7, 75, 130]
