from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

import pytest
from eth_abi.abi import encode as eth_encode
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import artifact
from contracts.bindings import abi, agpt, heavy_compute_arbiter
from contracts.codegen import module_name
from tests.contracts.abi_values import Parameter, as_arguments, as_bound, canonical, plain, values

MODULES = {
    name: importlib.import_module(f"contracts.bindings.{module_name(name)}")
    for name in artifact.NAMES
}
ENTRIES = [(name, entry) for name in artifact.NAMES for entry in artifact.load(name).abi]
QUICK = settings(max_examples=8, deadline=None)


def entries(kind: str, *, with_outputs: bool = False) -> list[Any]:
    return [
        pytest.param(MODULES[name], entry, id=f"{name}.{entry['name']}")
        for name, entry in ENTRIES
        if entry["type"] == kind and (entry["outputs"] if with_outputs else True)
    ]


def selector(entry: Parameter) -> bytes:
    return keccak(text=signature(entry))[:4]


def signature(entry: Parameter) -> str:
    return f"{entry['name']}({','.join(canonical(parameter) for parameter in entry['inputs'])})"


def encoded(parameters: Sequence[Parameter], given_values: Sequence[Any]) -> bytes:
    return eth_encode([canonical(parameter) for parameter in parameters], given_values)


def parts(entry: Parameter) -> tuple[list[Parameter], list[Parameter]]:
    indexed = [parameter for parameter in entry["inputs"] if parameter["indexed"]]
    return indexed, [parameter for parameter in entry["inputs"] if not parameter["indexed"]]


def log_of(entry: Parameter, given_values: Sequence[Any]) -> tuple[list[str], bytes]:
    indexed, _ = parts(entry)
    topics, rest = ["0x" + keccak(text=signature(entry)).hex()], []
    for parameter, value in zip(entry["inputs"], given_values, strict=True):
        if parameter in indexed:
            topics.append("0x" + eth_encode([canonical(parameter)], [value]).hex())
        else:
            rest.append(value)
    return topics, encoded(parts(entry)[1], rest)


@pytest.mark.parametrize(("module", "entry"), entries("event"))
@QUICK
@given(data=st.data())
def test_every_log_is_read_as_eth_abi_wrote_it(
    module: Any, entry: Parameter, data: st.DataObject
) -> None:
    given_values = data.draw(values(entry["inputs"]))
    topics, payload = log_of(entry, given_values)

    event = module.EVENTS[topics[0]](topics, payload)

    assert type(event).__name__ == entry["name"]
    assert plain(event) == as_bound(entry["inputs"], given_values)


@pytest.mark.parametrize(("module", "entry"), entries("function"))
@QUICK
@given(data=st.data())
def test_every_call_is_written_as_eth_abi_writes_it(
    module: Any, entry: Parameter, data: st.DataObject
) -> None:
    given_values = data.draw(values(entry["inputs"]))
    encode = getattr(module, f"encode_{snake(entry)}")

    calldata = encode(*as_arguments(module, entry["inputs"], given_values))

    assert calldata == selector(entry) + encoded(entry["inputs"], given_values)


@pytest.mark.parametrize(("module", "entry"), entries("function", with_outputs=True))
@QUICK
@given(data=st.data())
def test_every_result_is_read_as_eth_abi_wrote_it(
    module: Any, entry: Parameter, data: st.DataObject
) -> None:
    given_values = data.draw(values(entry["outputs"]))
    result = getattr(module, f"decode_{snake(entry)}")(encoded(entry["outputs"], given_values))

    expected = as_bound(entry["outputs"], given_values)
    assert plain(result) == (expected[0] if len(expected) == 1 else expected)


@pytest.mark.parametrize(("module", "entry"), entries("error"))
@QUICK
@given(data=st.data())
def test_every_error_is_read_as_eth_abi_wrote_it(
    module: Any, entry: Parameter, data: st.DataObject
) -> None:
    given_values = data.draw(values(entry["inputs"]))
    revert_data = selector(entry) + encoded(entry["inputs"], given_values)

    error = abi.decode_error(revert_data, module.ERRORS)

    assert error.name == entry["name"]
    assert tuple(error.args.values()) == as_bound(entry["inputs"], given_values)


@pytest.mark.parametrize("name", artifact.NAMES)
@QUICK
@given(data=st.data())
def test_every_constructor_is_written_as_eth_abi_writes_it(name: str, data: st.DataObject) -> None:
    (inputs,) = [e["inputs"] for n, e in ENTRIES if n == name and e["type"] == "constructor"]
    given_values = data.draw(values(inputs))

    written = MODULES[name].encode_constructor(*as_arguments(MODULES[name], inputs, given_values))

    assert written == encoded(inputs, given_values)


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """Return the data with some bytes changed, cut off, put in or added."""
    at = draw(st.integers(0, len(data)))
    match draw(st.sampled_from(["change", "word", "cut", "add", "insert"])):
        case "change" if data:
            at %= len(data)
            return data[:at] + draw(st.binary(min_size=1, max_size=1)) + data[at + 1 :]
        case "word" if data:
            at = at % len(data) // 32 * 32
            number = draw(st.sampled_from([0, 1, 32, 64, 2**32, 2**63, 2**64, 2**255, 2**256 - 1]))
            return data[:at] + number.to_bytes(32, "big") + data[at + 32 :]
        case "cut":
            return data[:at]
        case "insert":
            return data[:at] + bytes(32) + data[at:]
        case _:
            return data + draw(st.binary(min_size=1, max_size=40))


@pytest.mark.parametrize(("module", "entry"), entries("event"))
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_damaged_log_data_is_refused_or_is_exactly_another_log(
    module: Any, entry: Parameter, data: st.DataObject
) -> None:
    topics, payload = log_of(entry, data.draw(values(entry["inputs"])))
    payload = data.draw(damaged(payload))
    _, unindexed = parts(entry)
    try:
        event = module.EVENTS[topics[0]](topics, payload)
    except abi.AbiError:
        return
    names = [index for index, parameter in enumerate(entry["inputs"]) if parameter in unindexed]
    read = plain(event)
    assert isinstance(read, tuple)
    assert (
        encoded(unindexed, [raw(unindexed[i], read[index]) for i, index in enumerate(names)])
        == payload
    )


@pytest.mark.parametrize(("module", "entry"), entries("function", with_outputs=True))
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_a_damaged_result_is_refused_and_raises_nothing_else(
    module: Any, entry: Parameter, data: st.DataObject
) -> None:
    payload = data.draw(damaged(encoded(entry["outputs"], data.draw(values(entry["outputs"])))))
    try:
        result = plain(getattr(module, f"decode_{snake(entry)}")(payload))
    except abi.AbiError:
        return
    results = [result] if len(entry["outputs"]) == 1 else result
    assert isinstance(results, (list, tuple))
    back = [
        raw(parameter, value) for parameter, value in zip(entry["outputs"], results, strict=True)
    ]
    assert encoded(entry["outputs"], back) == payload


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=200), module=st.sampled_from(list(MODULES.values())))
def test_random_revert_data_raises_nothing_but_abi_error(data: bytes, module: Any) -> None:
    known = [bytes.fromhex(key[2:]) for key in module.ERRORS]
    for candidate in (data, *(prefix + data for prefix in known)):
        try:
            abi.decode_error(candidate, module.ERRORS)
        except abi.AbiError:
            continue


GOOD = "0x" + "ab" * 32


@pytest.mark.parametrize(
    "topics",
    [
        [],
        [GOOD],
        [GOOD, GOOD, "0x" + "00" * 12 + "ab" * 20, GOOD],
        [GOOD, "0x" + "ab" * 31, "0x" + "00" * 12 + "ab" * 20],
        [GOOD, "0x" + "zz" * 32, "0x" + "00" * 12 + "ab" * 20],
        [GOOD, "", "0x" + "00" * 12 + "ab" * 20],
        [GOOD, GOOD, GOOD],
        [GOOD, GOOD, "0x" + "00" * 12 + "AB" * 20],
        [GOOD, GOOD + "\n", "0x" + "00" * 12 + "ab" * 20],
    ],
)
def test_a_log_with_wrong_topics_is_refused(topics: list[str]) -> None:
    topic0 = next(
        t for t, read in heavy_compute_arbiter.EVENTS.items() if "task_assigned" in read.__name__
    )
    with pytest.raises(abi.AbiError):
        heavy_compute_arbiter.EVENTS[topic0]([topic0, *topics[1:]] if topics else [], bytes(192))


def test_a_log_of_another_event_is_refused() -> None:
    (first, read), (other, _), *_ = agpt.EVENTS.items()
    assert first != other
    with pytest.raises(abi.AbiError):
        read([other, GOOD, GOOD], bytes(32))


@pytest.mark.parametrize("number", [-1, 2**256, True, "1", 1.0])
def test_a_value_that_is_no_uint256_is_not_written(number: Any) -> None:
    with pytest.raises(abi.AbiError):
        agpt.encode_mint("0x" + "ab" * 20, number)


@pytest.mark.parametrize(
    "address", ["", "0x", "ab" * 20, "0x" + "ab" * 19, "0x" + "zz" * 20, "0x" + "ab" * 20 + "\n", 5]
)
def test_a_text_that_is_no_address_is_not_written(address: Any) -> None:
    with pytest.raises(abi.AbiError):
        agpt.encode_mint(address, 1)


@pytest.mark.parametrize("text", ["\ud800", 5, b"name"])
def test_a_value_that_is_no_text_is_not_written(text: Any) -> None:
    with pytest.raises(abi.AbiError):
        heavy_compute_arbiter.encode_register_node(text)


def test_solidity_names_are_in_the_style_of_python() -> None:
    assert heavy_compute_arbiter.TaskTerms.__slots__[4:6] == ("gpu_hours", "memory_gb")
    assert heavy_compute_arbiter.NodeRegistered.__slots__ == ("node", "metadata_uri")
    assert agpt.Transfer.__slots__ == ("from_", "to", "value")


def test_the_errors_every_contract_has_are_read() -> None:
    message = bytes.fromhex("08c379a0") + eth_encode(["string"], ["Unsafe rollback detected"])
    panic = bytes.fromhex("4e487b71") + eth_encode(["uint256"], [0x11])

    assert str(abi.decode_error(message)) == "Error(message=Unsafe rollback detected)"
    assert abi.decode_error(panic).args == {"code": 0x11}
    with pytest.raises(abi.AbiError):
        abi.decode_error(b"\x01\x02\x03\x04")


def raw(parameter: Parameter, value: Any) -> Any:
    """Return a value of a binding as eth_abi takes it."""
    solidity = str(parameter["type"])
    if solidity.endswith("[]"):
        inner = {**parameter, "type": solidity.removesuffix("[]")}
        return [raw(inner, item) for item in value]
    if solidity == "tuple":
        return tuple(raw(p, item) for p, item in zip(parameter["components"], value, strict=True))
    if solidity.startswith("bytes") and solidity != "bytes":
        return bytes.fromhex(value[2:])
    return value


def snake(entry: Parameter) -> str:
    return module_name(str(entry["name"]))
