#!/usr/bin/env python3
"""A small decoder of the Erlang external term format, to try the conformance
suite on. It is an example, not a library, and not for input from strangers:

  - it has no compressed terms, no text floats, no pids, ports and references and
    no funs, and refuses them;
  - it takes a map that has the same key twice;
  - it refuses terms that are nested more than 200 deep, and has no other limits.

    python3 conformance.py --call sample_decoder:decode
    python3 conformance.py python3 sample_decoder.py
"""
import base64
import json
import math
import struct
import sys

MAX_DEPTH = 200


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        if n > len(self.data) - self.at:
            raise ValueError("the data ends too soon")
        self.at += n
        return self.data[self.at - n:self.at]

    def number(self, n):
        return int.from_bytes(self.take(n), "big")


def decode(payload):
    """Returns how many bytes the first term takes, and the term in tagged JSON."""
    r = Reader(payload)
    if r.number(1) != 131:
        raise ValueError("no version byte")
    value = term(r, 0)
    return r.at, value


def term(r, depth):
    if depth > MAX_DEPTH:
        raise ValueError("too deep")
    tag = r.number(1)
    if tag == 97:
        return integer(r.number(1))
    if tag == 98:
        return integer(struct.unpack(">i", r.take(4))[0])
    if tag in (110, 111):
        return big(r, r.number(1 if tag == 110 else 4))
    if tag == 70:
        return floating(struct.unpack(">d", r.take(8))[0])
    if tag in (100, 118):
        return atom(r.take(r.number(2)), tag == 118)
    if tag in (115, 119):
        return atom(r.take(r.number(1)), tag == 119)
    if tag == 109:
        return binary(r.take(r.number(4)))
    if tag == 77:
        return bits(r)
    if tag == 107:
        return list(r.take(r.number(2)))
    if tag == 106:
        return []
    if tag in (104, 105):
        return {"tuple": terms(r, r.number(1 if tag == 104 else 4), depth)}
    if tag == 108:
        return cons(terms(r, r.number(4), depth), term(r, depth + 1))
    if tag == 116:
        return {"map": [terms(r, 2, depth) for _ in range(r.number(4))]}
    raise ValueError("tag %d" % tag)


def terms(r, n, depth):
    return [term(r, depth + 1) for _ in range(n)]


def integer(n):
    return n if abs(n) < 1 << 53 else {"int": str(n)}


def big(r, n):
    sign = r.number(1)
    if sign > 1:
        raise ValueError("sign %d" % sign)
    n = int.from_bytes(r.take(n), "little")
    return integer(-n if sign else n)


def floating(f):
    if not math.isfinite(f):
        raise ValueError("not a number")
    return {"float": repr(f)}


def atom(name, is_utf8):
    text = name.decode("utf-8" if is_utf8 else "latin-1")
    if len(text) > 255:
        raise ValueError("an atom of %d characters" % len(text))
    return text == "true" if text in ("true", "false") else {"atom": text}


def binary(b):
    try:
        return b.decode("utf-8")
    except UnicodeDecodeError:
        return {"binary": base64.b64encode(b).decode()}


def bits(r):
    n, last = r.number(4), r.number(1)
    data = r.take(n)
    if last > 8 or (last == 0) != (n == 0):
        raise ValueError("%d bits in the last byte" % last)
    if last in (0, 8):
        return binary(data)
    data = data[:-1] + bytes([data[-1] & (0xFF00 >> last) & 0xFF])
    return {"bits": base64.b64encode(data).decode(), "size": 8 * n - 8 + last}


def cons(elements, tail):
    if isinstance(tail, list):
        return elements + tail
    return {"list": elements, "tail": tail}


def main():
    try:
        used, value = decode(sys.stdin.buffer.read())
    except Exception:
        return 1
    print(used)
    print(json.dumps(value))
    return 0


if __name__ == "__main__":
    sys.exit(main())
