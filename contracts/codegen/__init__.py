"""Generates the typed bindings of a contract from its ABI."""

from contracts.codegen.abi_types import module_name
from contracts.codegen.module import generate

__all__ = ["generate", "module_name"]
