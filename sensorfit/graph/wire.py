"""The protobuf of an untrusted model, read without its weights and within bounds.

Parsing a protobuf costs memory out of proportion to the file: two bytes on the
wire make a 150-byte object. So the wire format is walked first, over a memory
map of the file, in two passes that stop at a bound:

    file ─► slim: weights stay in the file ─► count: bounded ─► ParseFromString

``slim`` copies everything except large tensor payloads. Each payload becomes
external data that points into the model file itself (``location`` is its name,
with ``offset`` and ``length``), so a 375 MB model is parsed from a few hundred
kilobytes and its weights are never held.

The message types come from onnx's own descriptors.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from onnx import ModelProto, StringStringEntryProto, TensorProto

PAYLOAD_BYTES: Final = 16 * 1024
"""Messages and payloads up to this size are copied as they are."""

_VARINT, _FIXED64, _LEN, _FIXED32 = 0, 1, 2, 5  # wire types
_MAX_VARINT_BYTES: Final = 10
_MAX_DEPTH: Final = 100  # protobuf's own parser refuses deeper messages


class WireError(ValueError):
    """The bytes are not a well-formed protobuf, or exceed a bound; the text says which."""


@cache
def _children(kind: Any) -> dict[int, Any]:
    """Field number -> descriptor of each field of ``kind`` that holds a message."""
    return {field.number: field.message_type for field in kind.fields if field.message_type}


def _varint(data: Any, at: int, end: int) -> tuple[int, int]:
    value = shift = 0
    for _ in range(_MAX_VARINT_BYTES):
        if at >= end:
            raise WireError("it ends inside a field (truncated?)")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise WireError(f"byte {at} is not part of a protobuf")


def varint(value: int) -> bytes:
    """A whole number as protobuf writes it."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _message(field: int, body: bytes) -> bytes:
    return varint(field << 3 | _LEN) + varint(len(body)) + body


class _Walk:
    """One walk over ``data``, allowed to look at ``fields`` fields."""

    def __init__(self, data: Any, fields: int) -> None:
        self.data, self.bound, self.left = data, fields, fields

    def fields(self, at: int, end: int) -> Iterator[tuple[int, int, int, int, int]]:
        """(number, wire type, start of the field, start of its value, end) of each field in [at, end)."""
        data = self.data
        while at < end:
            self.left -= 1
            if self.left < 0:
                raise WireError(f"it holds more than {self.bound:,} fields that are not weights")
            start = at
            key, at = _varint(data, at, end)
            wire, value = key & 7, at
            if wire == _LEN:
                length, value = _varint(data, at, end)
                at = value + length
            elif wire == _VARINT:
                _, at = _varint(data, at, end)
            elif wire == _FIXED32:
                at += 4
            elif wire == _FIXED64:
                at += 8
            else:
                raise WireError(f"byte {start} is not part of a protobuf")
            if at > end:
                raise WireError("it ends inside a field (truncated?)")
            yield key >> 3, wire, start, value, at

    def slim(self, at: int, end: int, kind: Any, location: bytes, room: int, depth: int) -> bytearray:
        if depth > _MAX_DEPTH:
            raise WireError(f"its messages are nested more than {_MAX_DEPTH} deep")
        children = _children(kind)
        payload = self.payload(at, end) if kind is TensorProto.DESCRIPTOR else None
        out = bytearray()
        copied = at  # [copied, start) waits to be copied in one piece
        for field, wire, start, value, stop in self.fields(at, end):
            if payload and payload[0] == start:
                out += self.data[copied:start]
                copied = stop
            elif wire == _LEN and stop - value > PAYLOAD_BYTES and field in children:
                body = self.slim(value, stop, children[field], location, room - len(out), depth + 1)
                out += self.data[copied:start]
                out += _message(field, bytes(body))
                copied = stop
            elif len(out) + stop - copied > room:
                break
        if len(out) + end - copied > room:
            raise WireError("too much of it is not weights")
        out += self.data[copied:end]
        if payload:
            out += _external(location, payload[1] - payload[2], payload[2])
        return out

    def is_default(self, wire: int, at: int, end: int) -> bool:
        return wire == _VARINT and _varint(self.data, at, end)[0] == TensorProto.DEFAULT

    def payload(self, at: int, end: int) -> tuple[int, int, int] | None:
        """(start, end, bytes of value) of the field with a tensor's data, if worth leaving behind."""
        dtype = 0
        found: list[tuple[int, int, int, int]] = []
        for field, wire, start, value, stop in self.fields(at, end):
            if field == TensorProto.EXTERNAL_DATA_FIELD_NUMBER:
                return None
            # DEFAULT may be written out: then the data is here.
            if field == TensorProto.DATA_LOCATION_FIELD_NUMBER and not self.is_default(wire, value, stop):
                return None
            if field == TensorProto.DATA_TYPE_FIELD_NUMBER and wire == _VARINT:
                dtype = _varint(self.data, value, stop)[0]
            elif field in (TensorProto.FLOAT_DATA_FIELD_NUMBER, TensorProto.RAW_DATA_FIELD_NUMBER):
                found.append((field, start, stop, stop - value if wire == _LEN else 0))
        if len(found) != 1:  # no data, or data split over fields: the parser's to sort out
            return None
        field, start, stop, length = found[0]
        # Packed float_data has the very bytes of raw_data, but only for float32.
        plain = field == TensorProto.RAW_DATA_FIELD_NUMBER or dtype == TensorProto.FLOAT
        return (start, stop, length) if plain and length > PAYLOAD_BYTES else None


def _external(location: bytes, offset: int, length: int) -> bytes:
    """The fields of a TensorProto that say where its data is."""
    out = b""
    for key, text in ((b"location", location), (b"offset", b"%d" % offset), (b"length", b"%d" % length)):
        entry = _message(StringStringEntryProto.KEY_FIELD_NUMBER, key)
        entry += _message(StringStringEntryProto.VALUE_FIELD_NUMBER, text)
        out += _message(TensorProto.EXTERNAL_DATA_FIELD_NUMBER, entry)
    return out + varint(TensorProto.DATA_LOCATION_FIELD_NUMBER << 3 | _VARINT) + varint(TensorProto.EXTERNAL)


def slim(data: Any, location: str, *, max_bytes: int, max_fields: int) -> bytes:
    """The model in ``data`` (bytes or a map) with tensor payloads over ``PAYLOAD_BYTES`` left behind.

    They become external data at ``location``. WireError when the bytes are no
    protobuf, more than ``max_bytes`` remain, or more than ``max_fields`` fields
    have to be looked at.
    """
    walk = _Walk(data, max_fields)
    return bytes(
        walk.slim(0, len(data), ModelProto.DESCRIPTOR, location.encode(errors="replace"), max_bytes, 0)
    )


def count(data: Any, max_fields: int) -> int:
    """Number of fields in a model's bytes, those of nested messages included; WireError above ``max_fields``."""
    walk = _Walk(data, max_fields)
    waiting = [(0, len(data), ModelProto.DESCRIPTOR, 0)]
    while waiting:
        at, end, kind, depth = waiting.pop()
        if depth > _MAX_DEPTH:
            raise WireError(f"its messages are nested more than {_MAX_DEPTH} deep")
        children = _children(kind)
        for field, wire, _, value, stop in walk.fields(at, end):
            if wire == _LEN and field in children:
                waiting.append((value, stop, children[field], depth + 1))
    return max_fields - walk.left
