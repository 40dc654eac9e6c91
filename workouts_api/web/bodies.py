"""Reads request bodies: gzip is decompressed within bounds, and JSON is parsed strictly."""

from __future__ import annotations

import io
import json
import math
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import IO, Any
from urllib.parse import unquote_to_bytes

import orjson
from flask import Request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from workouts_api.errors import BadRequest, Invalid, UnsupportedMediaType
from workouts_api.web.problems import MOST_PROBLEMS
from workouts_api.web.sentences import UNKNOWN

_BOM = b"\xef\xbb\xbf"
_PIECE = 64 * 1024  # bytes read at a time
_MOST_MEMBERS = 1000  # a body may be several gzip files in a row; more than this would only keep the server busy
_ALWAYS_UNDERSTOOD = frozenset({"fields", "units", "_"})
_TWICE = "It is given twice: expected once."


def uncompress(request: Request) -> None:
    """Makes a compressed body readable as if it had come uncompressed.

    :raises UnsupportedMediaType: for another coding than gzip.
    """
    environ = request.environ
    given = environ.get("HTTP_CONTENT_ENCODING", "").lower().split(",")
    codings = [coding for coding in map(str.strip, given) if coding not in ("", "identity")]
    if not codings:
        return
    if codings not in (["gzip"], ["x-gzip"]):
        sentence = "Expected a body that is not compressed, or by gzip."
        raise UnsupportedMediaType(sentence, headers={"Accept-Encoding": "gzip"})
    length = environ.pop("CONTENT_LENGTH", None)
    if length or "wsgi.input_terminated" in environ:
        left = int(length) if length and length.isdecimal() else None
        environ["wsgi.input"] = Gunzip(environ["wsgi.input"], left, request)
        environ["wsgi.input_terminated"] = True
    del environ["HTTP_CONTENT_ENCODING"]  # later readers see the uncompressed body


class Gunzip(io.RawIOBase):
    """A stream of the uncompressed body. Neither form may be larger than the request's ``max_content_length``."""

    def __init__(self, compressed: IO[bytes], left: int | None, request: Request) -> None:
        """:param left: how many bytes there are to read; None: until the stream ends."""
        self._compressed, self._left, self._request = compressed, left, request
        self._input = b""
        self._member: Any = None  # typeshed has no name for it
        self._members = self._read_in = self._read_out = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._piece(len(buffer))
        self._read_out += len(piece)
        self._bound(self._read_out)
        buffer[: len(piece)] = piece
        return len(piece)

    def _piece(self, size: int) -> bytes:
        """Up to ``size`` bytes; none at the end.

        :raises BadRequest: when the body is not gzip, or was cut
        off.
        """
        while True:
            if not self._input:
                self._input = self._more()
            if not self._input and self._member is None:
                return b""
            if not self._input:
                raise BadRequest("The compressed body was cut off.")
            if self._member is None:
                self._begin_member()
            try:
                piece: bytes = self._member.decompress(self._input, size)
            except zlib.error as error:
                raise BadRequest("The body is no gzip.") from error
            self._input = self._member.unconsumed_tail or self._member.unused_data
            if self._member.eof:
                self._member = None
            if piece:
                return piece

    def _begin_member(self) -> None:
        self._members += 1
        if self._members > _MOST_MEMBERS:
            raise BadRequest(f"The body strings more than {_MOST_MEMBERS} gzip files together.")
        self._member = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)  # 16: gzip, with its header and checksum

    def _more(self) -> bytes:
        if self._left is not None:
            self._bound(self._read_in + self._left)
        read = self._compressed.read(_PIECE if self._left is None else min(_PIECE, self._left))
        self._read_in += len(read)
        self._bound(self._read_in)
        if self._left is not None:
            self._left -= len(read)
        return read

    def _bound(self, size: int) -> None:
        longest = self._request.max_content_length
        if longest is not None and size > longest:
            raise RequestEntityTooLarge


_NAME_OF_PART = re.compile(rb'[; \t]name="([^"]{1,100})"')


class FormParser(FormDataParser):
    """Reads forms and uploads, and says what is wrong with one. werkzeug's own takes a form that it cannot read for an
    empty one, so that each field was missing."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        """:raises BadRequest: for a form that is none. :raises Invalid: naming the part whose headers are not UTF-8."""
        self.silent = False
        try:
            return super().parse(*args, **kwargs)
        except UnicodeDecodeError as error:
            part = _NAME_OF_PART.search(error.object)
            name = part[1].decode(errors="replace") if part else "body"
            raise Invalid(
                details={name: ["Expected the name of the file, and all that describes it, in UTF-8."]}
            ) from error
        except UnicodeEncodeError as error:
            raise BadRequest("The body is no form: its boundary is not ASCII.") from error
        except ValueError as error:
            raise BadRequest(f"The body is no form: {error}.") from error


class FormRequest(Request):
    """Flask's, with our parser of forms."""

    form_data_parser_class = FormParser


def read_json(body: bytes) -> Any:
    """The parsed JSON of a body, without a byte order mark.

    :raises BadRequest: for what is no JSON. :raises Invalid: naming a key that an object has twice.
    """
    body = body.removeprefix(_BOM)
    try:
        read = orjson.loads(body)
    except orjson.JSONDecodeError as error:  # too deep, NaN, not UTF-8, cut off
        raise BadRequest(_why_not_json(body, error)) from error
    # orjson keeps the last of two equal keys. Written again, the JSON then has fewer colons, unless some were escaped.
    try:
        written = orjson.dumps(read)
    except TypeError:  # deeper than orjson writes; every schema refuses it
        return read
    if body.count(b":") != written.count(b":") or b"\\u003" in body:
        _refuse_keys_that_stand_twice(body)
    if (b"e-" in body or b"E-" in body or _ZEROS in body) and _TRIFLE.search(body):
        return _without_flushed(body, read)
    return read


def _why_not_json(body: bytes, error: orjson.JSONDecodeError) -> str:
    """orjson says of a body in another encoding that it is a str with surrogates, at its first character."""
    try:
        body.decode()
    except UnicodeDecodeError as found:
        return f"The body is not JSON in UTF-8: byte 0x{body[found.start]:02x} stands at place {found.start}, from 0."
    return f"The body is not JSON: {error}."


def _without_flushed(body: bytes, read: Any) -> Any:
    """The same, but a number that is too small for a float is NaN, which every field refuses: it is read as 0 else."""
    flushed = []

    def parse(number: str) -> float:
        value = float(number)
        if value or not _NOT_ZERO.match(number):
            return value
        flushed.append(number)
        return math.nan

    anew = json.loads(body, parse_float=parse, parse_int=float)
    return anew if flushed else read


# How a number is written that may be less than 5e-324: by an exponent of three digits, or by 200 zeros and any other.
_ZEROS = b"0" * 200
_TRIFLE = re.compile(rb"[eE]-[0-9]{3}|0{200}")
_NOT_ZERO = re.compile(r"-?[0.]*[1-9]")


class _Doubled(dict[str, Any]):
    """An object of which a key stands twice."""

    key = ""


def _refuse_keys_that_stand_twice(body: bytes) -> None:
    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        times = Counter(name for name, _ in pairs)
        doubled = _Doubled(found)
        doubled.key = next(name for name in found if times[name] > 1)
        return doubled

    paths = list(islice(_doubled_keys(json.loads(body, object_pairs_hook=collect), ()), MOST_PROBLEMS))
    if paths:
        raise Invalid(details={path: [_TWICE] for path in paths})


def _doubled_keys(value: Any, above: tuple[str, ...]) -> Iterator[str]:
    if isinstance(value, _Doubled):
        yield ".".join((*above, value.key))
    if isinstance(value, dict):
        for name, below in value.items():
            yield from _doubled_keys(below, (*above, name))
    elif isinstance(value, list):
        for place, below in enumerate(value):
            yield from _doubled_keys(below, (*above, str(place)))


def refuse_unknown(given: MultiDict[str, Any]) -> None:
    """Refuses every parameter of a route that declares none, so that typing errors are noticed.

    :raises Invalid: naming what is not understood.
    """
    unknown = given.keys() - _ALWAYS_UNDERSTOOD
    if unknown:
        raise Invalid(details={name: [UNKNOWN] for name in sorted(unknown)[:100]})


def refuse_undecodable(encoded: bytes) -> None:
    """Refuses a query string, or a form, in which something is not UTF-8. To be called before it is parsed.

    :raises Invalid: naming what cannot be read.
    """
    if encoded.isascii() and b"%" not in encoded:
        return
    wrong = set()
    for part in encoded.split(b"&"):
        try:
            unquote_to_bytes(part).decode()
        except UnicodeDecodeError:
            wrong.add(unquote_to_bytes(part.partition(b"=")[0]).decode(errors="replace"))
    if wrong:
        raise Invalid(details={name: ["Expected a text in UTF-8."] for name in sorted(wrong)[:100]})


def refuse_twice(given: MultiDict[str, Any]) -> None:
    """Refuses a parameter or form field that is given twice.

    :raises Invalid: naming what is given twice.
    """
    doubled = [name for name, values in given.lists() if len(values) > 1]
    if doubled:
        raise Invalid(details={name: [_TWICE] for name in sorted(doubled)[:100]})
