#!/usr/bin/env python3
"""Hold a decoder of the Erlang external term format against the corpus.

This file stands alone: Python 3.8 or later, the unpacked corpus around it, and
nothing else. Three ways to name the decoder:

    conformance.py program arguments            a process for each case
    conformance.py --packet program arguments   one process, {packet,4} frames
    conformance.py --call module:function       a function in Python

Flags go in front of the program's name: what stands behind it is the program's.

A program that is started for each case reads the payload from standard input and
ends with status 0 to accept it or 1 to refuse it; anything else is a crash. It
may print how many bytes the term took (or "-") on a line, and the value below.
Before all cases it is given the empty list, to see that it starts.

A program that answers all cases reads frames of a 4 byte length, big endian, and
that many bytes of payload; its replies are frames too. A byte 0 refuses; a text
behind it, which says why, is shown with --list. A byte 1 accepts; then, if the
program can tell, 4 bytes of how many bytes the term took (2^32-1 if it cannot),
then, if it can tell, the value. It ends when its input does. The first
request to a new process is the empty list, and no case. A reply of a byte 2 and a
text says that the program itself is at fault and not the decoder in it: it ends
the run.

A function gets the payload as bytes, raises an exception to refuse it, and
returns None or a pair (used, value) of which each may be None. Anything else that
it returns ends the run; but a length of more than a frame can hold is the decoder's
own mistake, and counts as 2^32-2. It runs under the recursion limit of Python, like
any program, unless its module sets another.

A value is the term in tagged JSON (for a function: what json.dumps makes it of),
or bytes of term_to_binary(Term, [deterministic, {minor_version, 2}]). None, or
nothing behind the length, is a value that is not told; null in JSON is no term,
and wrong.

The exit status is 0 if the decoder agrees in all cases that were run, 1 if it does
not, 2 if there is no result.
"""
import argparse
import base64
import fnmatch
import hashlib
import importlib
import json
import math
import os
import re
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import zlib

VERSION = 131
EMPTY_LIST = bytes([VERSION, 106])
UNTOLD = 0xFFFFFFFF
MOST = UNTOLD - 1  # stands for all lengths that a frame has no room for; no payload is so long
MAX_REPLY = 64 << 20
MAX_WHY = 2000  # bytes that are kept of a text
MAX_LINE = 200  # characters of it in a list
UNSAID = "it does not say why"
START_TIME = 120  # seconds, for a VM that starts on a busy machine
DEEP = 10000  # the recursion limit for values; they are small, but may be deep
OUTCOMES = ["agree", "false_accept", "false_refuse", "crash", "hang", "memory", "wrong_used", "wrong_value"]


class NoResult(Exception):
    """Why there is nothing to tell of the decoder."""


# Payloads

def expand(parts):
    """The bytes of a recipe's parts."""
    return b"".join(expand_part(part) for part in parts)


def expand_part(part):
    if "hex" in part:
        return bytes.fromhex(part["hex"])
    if "repeat" in part:
        return bytes.fromhex(part["repeat"]["hex"]) * part["repeat"]["times"]
    if "nest" in part:
        n = part["nest"]
        return bytes.fromhex(n["open"]) * n["times"] + bytes.fromhex(n["inner"]) + bytes.fromhex(n["close"]) * n["times"]
    if "count" in part:
        return expand_count(part["count"])
    if "zlib" in part:
        data = expand(part["zlib"]["of"])
        size = part["zlib"].get("size", len(data))
        return struct.pack(">I", size & 0xFFFFFFFF) + zlib_stream(data)
    raise ValueError("a recipe has the part %s" % sorted(part))


def expand_count(c):
    before, after = bytes.fromhex(c["before"]), bytes.fromhex(c["after"])
    if "digits" in c:
        number = lambda i: str(i).zfill(c["digits"]).encode()
    else:
        number = lambda i: i.to_bytes(c["bytes"], "big")
    return b"".join(before + number(i) + after for i in range(c["times"]))


class Bits:
    """The bits of a deflate stream, packed from the lowest on."""

    def __init__(self):
        self.out, self.hold, self.n = bytearray(), 0, 0

    def put(self, value, n):
        self.hold |= value << self.n
        self.n += n
        if self.n >= 1 << 12:
            self.spill()

    def spill(self):
        whole = self.n // 8
        self.out += (self.hold & ((1 << 8 * whole) - 1)).to_bytes(whole, "little")
        self.hold >>= 8 * whole
        self.n -= 8 * whole

    def bytes(self):
        self.spill()
        return bytes(self.out) + (bytes([self.hold]) if self.n else b"")


def reverse(value, n):
    return int(format(value, "0%db" % n)[::-1], 2)


def literal(c):
    return (reverse(0x30 + c, 8), 8) if c < 144 else (reverse(0x190 + c - 144, 9), 9)


def match(n):
    """The bits of a match of n bytes, 3 to 258, at distance 1."""
    extra = 0
    if n == 258:
        symbol = 285
    elif n < 11:
        symbol = 254 + n
    else:
        extra = (n - 3).bit_length() - 3
        symbol = 261 + 4 * extra + ((n - 3) >> extra) - 4
    code, width = (reverse(symbol - 256, 7), 7) if symbol < 280 else (reverse(0xC0 + symbol - 280, 8), 8)
    code |= ((n - 3) & ((1 << extra) - 1)) << width
    return code, width + extra + 5  # the distance is five zeros


def run_end(data, at):
    """Where the run of equal bytes ends that starts at at."""
    end, many = at + 1, data[at:at + 1] * 4096
    while data.startswith(many, end):
        end += len(many)
    while end < len(data) and data[end] == data[at]:
        end += 1
    return end


def zlib_stream(data):
    """The stream that a recipe's zlib stands for, which is defined to the bit:
    one block of fixed codes; each run of equal bytes is a literal, matches of
    distance 1 while 3 or more are left, and literals."""
    literals = [literal(c) for c in range(256)]
    matches = {n: match(n) for n in range(3, 259)}
    w = Bits()
    w.put(1, 1)
    w.put(1, 2)
    at = 0
    while at < len(data):
        end = run_end(data, at)
        one, behind = literals[data[at]], end - at - 1
        at = end
        w.put(*one)
        while behind >= 3:
            n = min(behind, 258)
            w.put(*matches[n])
            behind -= n
        for _ in range(behind):
            w.put(*one)
    w.put(0, 7)
    return b"\x78\x9c" + w.bytes() + struct.pack(">I", zlib.adler32(data))


class Corpus:
    def __init__(self, folder):
        self.folder = folder
        try:
            with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as f:
                self.manifest = json.load(f)
        except FileNotFoundError:
            raise NoResult("no manifest.json in %s: run this file where the tarball was unpacked, or name the folder with --corpus" % folder)
        self.version, self.cases = self.manifest["version"], self.manifest["cases"]

    def payload(self, case):
        if "recipe" in case:
            data = expand(case["recipe"]["parts"])
        else:
            with open(os.path.join(self.folder, *case["file"].split("/")), "rb") as f:
                data = f.read()
        if len(data) != case["bytes"] or hashlib.sha256(data).hexdigest() != case["sha256"]:
            raise ValueError("the payload of %s is not the one in the manifest" % case["id"])
        return data


def find_corpus():
    here = os.path.dirname(os.path.abspath(__file__))
    for folder in (os.path.join(here, "corpus"), os.path.join(here, "..", "..", "corpus")):
        if os.path.exists(os.path.join(folder, "manifest.json")):
            return folder
    return os.path.join(here, "corpus")


# What is wanted

class Want:
    def __init__(self, accept, truth=None):
        truth = truth or {}
        self.accept, self.used, self.value = accept, truth.get("used"), truth.get("value")
        self.has_value = "value" in truth
        self.canonical = bytes.fromhex(truth["canonical"]) if truth.get("canonical") else None
        self.digest = truth.get("canonical_sha256")


def truth_of(case, release):
    """What is recorded of a release, or else of the next lower one."""
    known = [r for r in case["truth"] if r <= release]
    return case["truth"][max(known)] if known else None


def want(case, against):
    """What the reference says, None if it says nothing."""
    release = re.match(r"^otp(\d\d)$", against)
    if release:
        truth = truth_of(case, release.group(1))
        if truth is None:
            return None
        return Want(True, truth) if truth["verdict"] == "accept" else Want(False)
    policy = case["policy"].get(against)
    if policy is None:
        return None
    if policy["verdict"] != "accept":
        return Want(False)
    truth = truth_of(case, "25")
    return Want(True, truth if truth and truth["verdict"] == "accept" else None)


# Values

def normal(v):
    """A tagged JSON value in a form that is equal for equal terms."""
    if isinstance(v, bool):
        return ("atom", "true" if v else "false")
    if isinstance(v, int):
        return ("int", v)
    if isinstance(v, str):
        return normal_binary(v.encode("utf-8"))
    if isinstance(v, list):
        return ("list", tuple(map(normal, v)))
    if not isinstance(v, dict):
        raise ValueError("not tagged JSON: %r" % type(v))
    if set(v) == {"list", "tail"}:
        return normal_improper(v["list"], v["tail"])
    if set(v) == {"bits", "size"}:
        return normal_bits(base64.b64decode(v["bits"], validate=True), v["size"])
    (tag, x), = v.items()
    if tag == "int":
        return ("int", int(x))
    if tag == "float":
        return normal_float(x)
    if tag == "atom" and isinstance(x, str):
        return ("atom", x)
    if tag == "binary":
        return normal_binary(base64.b64decode(x, validate=True))
    if tag == "tuple" and isinstance(x, list):
        return ("tuple", tuple(map(normal, x)))
    if tag == "map":
        return ("map", tuple(sorted(((normal(k), normal(y)) for k, y in x), key=repr)))
    if tag in ("pid", "port", "reference", "export", "fun") and isinstance(x, dict):
        return (tag, tuple(sorted((k, normal_field(k, y)) for k, y in x.items())))
    raise ValueError("not tagged JSON: tag %.40r" % tag)


def normal_binary(b):
    return ("bits", 8 * len(b), b)


def normal_bits(b, size):
    if len(b) != (size + 7) // 8:
        raise ValueError("not tagged JSON: bits")
    return ("bits", size, b)


def normal_float(text):
    f = float(text)
    if not math.isfinite(f):
        raise ValueError("not tagged JSON: float %.40r" % text)
    return ("float", struct.pack(">d", f))


def normal_improper(elements, tail):
    if isinstance(tail, list):
        return normal(elements + tail)
    if isinstance(tail, dict) and set(tail) == {"list", "tail"}:
        return normal_improper(elements + tail["list"], tail["tail"])
    if not elements:
        return normal(tail)
    return ("improper", tuple(map(normal, elements)), normal(tail))


def normal_field(name, v):
    if name == "creator":
        return normal(v)
    if name == "free":
        return tuple(map(normal, v))
    if name == "ids":  # zeros at the end carry nothing
        while len(v) > 1 and v[-1] == 0:
            v = v[:-1]
        return tuple(v)
    if isinstance(v, str):
        return v
    kind, number = normal(v)
    if kind != "int":
        raise ValueError("not tagged JSON: field %s" % name)
    return number


def same_term(w, value):
    """True, False, or None if either side has nothing to compare with."""
    if not value:
        return None
    if value[0] == VERSION:
        if w.canonical is not None:
            return value == w.canonical
        if w.digest:
            return hashlib.sha256(value).hexdigest() == w.digest
        return None
    if not w.has_value:
        return None
    try:
        return normal(json.loads(value.decode("utf-8"))) == normal(w.value)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return False


# Programs

class Death(Exception):
    """A program did not answer: outcome is crash, hang or memory."""

    def __init__(self, outcome, why):
        super().__init__(why)
        self.outcome = outcome


def resident(pid):
    """Memory of a process and all its descendants in bytes; 0 without /proc."""
    total = 0
    try:
        with open("/proc/%d/statm" % pid) as f:
            total = int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        for task in os.listdir("/proc/%d/task" % pid):
            with open("/proc/%d/task/%s/children" % (pid, task)) as f:
                total += sum(resident(int(child)) for child in f.read().split())
    except (OSError, IndexError, ValueError):
        pass
    return total


class Process:
    """A running program that is killed when it takes too long or too much."""

    def __init__(self, args, options, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL):
        self.options, self.fate = options, None
        # Its standard error is no pipe, so that it cannot block.
        self.p = subprocess.Popen(args, stdin=stdin, stdout=stdout, stderr=stderr,
                                  start_new_session=hasattr(os, "setsid"))
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self):
        while self.p.poll() is None:
            if resident(self.p.pid) > self.options.memory << 20:
                self.kill("memory", "more than %d MiB resident" % self.options.memory)
            time.sleep(0.005)

    def kill(self, outcome, why):
        self.fate = self.fate or Death(outcome, why)
        try:
            os.killpg(self.p.pid, signal.SIGKILL)
        except (OSError, AttributeError):
            self.p.kill()

    def deadline(self, limit):
        timer = threading.Timer(limit, self.kill, ("hang", "no answer in %gs" % limit))
        timer.daemon = True
        timer.start()
        return timer

    def death(self):
        """How a program that broke off has ended."""
        self.p.wait()
        return self.fate or Death("crash", "it ended with status %d" % self.p.returncode)


def write_all(pipe, data, close):
    """Write in a thread: a program may answer, or die, before it has read all."""
    def write():
        try:
            pipe.write(data)
            pipe.flush()
            if close:
                pipe.close()
        except (OSError, ValueError):
            pass
    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    return thread


class Trial:
    """What a program does that is given a few bytes and the end of its input: fate,
    if it was killed, status, whether it left all of the bytes unread, and words, the
    last that it said on standard error."""

    def __init__(self, options, data, limit):
        # The bytes wait in the pipe. This end stays open, to see what is left of them.
        pipe, to = os.pipe()
        os.write(to, data)
        os.close(to)
        try:
            with tempfile.TemporaryFile() as said:
                process = Process(options.program, options, pipe, subprocess.DEVNULL, said)
                timer = process.deadline(limit)
                self.status, self.fate = process.p.wait(), process.fate
                timer.cancel()
                said.seek(max(0, said.seek(0, os.SEEK_END) - MAX_WHY))
                self.words = said.read().decode("utf-8", "replace").strip()
            self.unread = data != b"" and os.read(pipe, len(data)) == data
        finally:
            os.close(pipe)

    def end(self, how=""):
        if self.fate:
            return str(self.fate)
        return "it ended with status %d%s%s" % (self.status, how, ": " + self.words if self.words else "")


def stillborn(options):
    """Why a program that has not even been asked ends in failure, None if it does
    not: without input it has nothing to do but to end."""
    trial = Trial(options, b"", START_TIME)
    return trial.end() if trial.fate or trial.status != 0 else None


def deaf(options):
    """How a program has ended that did not read a single byte of a frame, None if it
    did: it is no server, as a module that only defines functions."""
    trial = Trial(options, struct.pack(">I", len(EMPTY_LIST)) + EMPTY_LIST, START_TIME)
    return trial.end(" without reading or answering") if trial.unread and not trial.fate else None


def ask_once(options, payload):
    """One process for one payload: (accept, used, value); of a refusal the third
    says why."""
    process = Process(options.program, options)
    timer = process.deadline(options.timeout)
    write_all(process.p.stdin, payload, True)
    out = process.p.stdout.read(MAX_REPLY)
    process.p.stdout.close()
    status = process.p.wait()
    timer.cancel()
    if process.fate or status not in (0, 1):
        raise process.death()
    if status == 1:
        return False, None, b""
    first, _, value = out.partition(b"\n")
    first = first.strip()
    if not re.match(rb"^(-|\d{0,18})$", first):
        raise Death("crash", "the first line printed is no length")
    if value[:1] != bytes([VERSION]):
        value = value.strip()
    return True, int(first) if first.isdigit() else None, value


class Server:
    """One process for all payloads."""

    def __init__(self, options):
        self.options, self.process, self.served = options, Process(options.program, options), 0
        self.first = None  # the answer to the empty list

    def warm(self):
        """Wait for an answer to the empty list: a start takes no payload's time."""
        try:
            self.first = self.ask(EMPTY_LIST, max(START_TIME, self.options.timeout))
        except Death:
            return False
        self.served = 0
        return True

    def ask(self, payload, limit):
        p, timer = self.process.p, self.process.deadline(limit)
        try:
            writer = write_all(p.stdin, struct.pack(">I", len(payload)) + payload, False)
            size, = struct.unpack(">I", self.read(4))
            if size > MAX_REPLY:
                self.process.kill("crash", "not a reply: a frame of %d bytes" % size)
                raise self.process.death()
            reply = self.read(size)
            writer.join()
        finally:
            timer.cancel()
        if reply[:1] == b"\0":
            answer = False, None, reply[1:]
        elif reply == b"\1":
            answer = True, None, b""
        elif reply[:1] == b"\1" and size >= 5:
            used, = struct.unpack(">I", reply[1:5])
            answer = True, None if used == UNTOLD else used, reply[5:]
        elif reply[:1] == b"\2":
            self.close()
            raise NoResult("it says of itself: " + reply[1:MAX_WHY + 1].decode("utf-8", "replace"))
        else:
            self.process.kill("crash", "not a reply: %d bytes" % size)
            raise self.process.death()
        self.served += 1
        return answer

    def read(self, n):
        data = self.process.p.stdout.read(n)
        if len(data) < n:
            raise self.process.death()
        return data

    def close(self):
        try:
            self.process.p.stdin.close()
        except OSError:
            pass
        timer = self.process.deadline(self.options.timeout)
        self.process.p.wait()
        timer.cancel()


class Runner:
    def __init__(self, options):
        self.options, self.server, self.unrepeated = options, None, 0
        self.refused = ""  # why it refuses the empty list, if it does

    def begin(self):
        """Ask for the empty list, to see that the program starts at all. One that
        dies of it does; the cases will show what that is."""
        if not self.options.packet:
            trial = Trial(self.options, EMPTY_LIST, self.options.timeout)
            if trial.unread and trial.status != 0 and not trial.fate:
                raise NoResult("the program does not start: " + trial.end(" without reading its input"))
            if trial.status == 1 and not trial.fate:
                self.refused = line(trial.words.rpartition("\n")[2]) or UNSAID
            return
        if self.options.call:  # it ends without input: that is known of this one
            why = stillborn(self.options)
            if why:
                raise NoResult(re.sub("^it ended with status 2: conformance: ", "", why))
        self.server = Server(self.options)
        if not self.server.warm():
            self.server = None
            why = stillborn(self.options) or deaf(self.options)
            if why:
                raise NoResult("the program does not start: " + why)
        elif not self.server.first[0]:
            self.refused = line(self.server.first[2]) or UNSAID

    def ask(self, payload):
        alone = self.server is None or self.server.served == 0
        try:
            return self.give(payload)
        except Death as death:
            if death.outcome != "hang" and (alone or not self.options.packet):
                raise
        # What came before may be to blame, as for a leak, or a busy machine.
        answer = self.give(payload)
        self.unrepeated += 1
        return answer

    def give(self, payload):
        if not self.options.packet:
            return ask_once(self.options, payload)
        if self.server is None:
            self.server = Server(self.options)
            if not self.server.warm():  # the cases will show why
                self.server = Server(self.options)
        try:
            return self.server.ask(payload, self.options.timeout)
        except Death:
            self.server = None
            raise

    def close(self):
        if self.server:
            self.server.close()


# The run

def line(text):
    """A text of a program as it fits in a line."""
    if isinstance(text, bytes):
        text = text[:MAX_WHY].decode("utf-8", "replace")
    text = "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))
    return text if len(text) <= MAX_LINE else text[:MAX_LINE] + "..."


def judge(w, answer, level):
    """The outcome, what was wrong, and whether used and value were not told."""
    accept, used, value = answer
    if accept and not w.accept:
        return "false_accept", "", False, False
    if not accept and w.accept:
        return "false_refuse", line(value), False, False
    if not w.accept or level == "verdict":
        return "agree", "", False, False
    if w.used is not None and used is not None and used != w.used:
        return "wrong_used", "used %d, want %d" % (used, w.used), False, False
    used_untold = w.used is not None and used is None
    if level == "used":
        return "agree", "", used_untold, False
    same = same_term(w, value)
    value_untold = same is None and bool(w.has_value or w.canonical or w.digest)
    if same is False:
        if value == b"null":
            return "wrong_value", "null is no term: say nothing where the value is not told", used_untold, False
        return "wrong_value", "value %.60r, want %.60r" % (value, w.value if w.has_value else w.canonical), used_untold, False
    return "agree", "", used_untold, value_untold


def words(case, kind):
    """What a pattern of this kind is about."""
    return {"class": [case["class"]], "id": [case["id"]], "feature": case.get("features", []), "flag": case.get("flags", [])}[kind]


def picked(case, patterns):
    for pattern in patterns:
        kind, _, glob = pattern.partition(":")
        if any(fnmatch.fnmatchcase(word, glob) for word in words(case, kind)):
            return True
    return False


def known(corpus, patterns):
    """Refuse patterns that pick nothing: they are mistyped."""
    for pattern in patterns:
        if not any(picked(case, [pattern]) for case in corpus.cases):
            kind = pattern.partition(":")[0]
            every = sorted({word for case in corpus.cases for word in words(case, kind)})
            raise NoResult("%s picks no case%s" % (pattern, "" if kind == "id" else "; there are: " + ", ".join(every)))


def tally(name):
    row = {"class": name, "cases": 0, "outcomes": dict.fromkeys(OUTCOMES, 0)}
    row.update(dict.fromkeys(("skipped", "no_reference", "used_untold", "value_untold"), 0))
    return row


class Progress:
    """Says every few seconds how far a run is."""

    def __init__(self, of, quiet):
        self.of, self.quiet, self.next = of, quiet, time.monotonic() + 5

    def __call__(self, done):
        if not self.quiet and time.monotonic() > self.next:
            print("%d of %d cases" % (done, self.of), file=sys.stderr, flush=True)
            self.next = time.monotonic() + 5


def choose(corpus, options, classes):
    """The cases to run, each with what is wanted and the row that counts it."""
    waiting = []
    for case in corpus.cases:
        if options.only and not picked(case, options.only):
            continue
        row, w = classes.setdefault(case["class"], tally(case["class"])), want(case, options.against)
        if picked(case, options.skip):
            row["skipped"] += 1
        elif w is None:
            row["no_reference"] += 1
        else:
            waiting.append((case, w, row))
    if not waiting:
        raise NoResult("there is no case to run")
    return waiting


def run(corpus, options):
    known(corpus, options.skip + options.only)
    classes, disagreements, accepted, told = {}, [], 0, 0
    waiting = choose(corpus, options, classes)
    runner, progress = Runner(options), Progress(len(waiting), options.quiet)
    try:
        runner.begin()
        for done, (case, w, row) in enumerate(waiting):
            try:
                answer = runner.ask(corpus.payload(case))
                accepted += answer[0]
                told += answer[0] and (answer[1] is not None or answer[2] != b"")
                outcome, detail, used_untold, value_untold = judge(w, answer, options.level)
            except Death as death:
                outcome, detail, used_untold, value_untold = death.outcome, str(death), False, False
            except NoResult as why:
                raise NoResult("at %s: %s" % (case["id"], why))
            row["cases"] += 1
            row["outcomes"][outcome] += 1
            row["used_untold"] += used_untold
            row["value_untold"] += value_untold
            if outcome != "agree":
                disagreements.append({"id": case["id"], "class": case["class"], "rule": case["rule"], "outcome": outcome, "detail": detail})
            progress(done + 1)
    finally:
        runner.close()
    rows = [classes[name] for name in sorted(classes)]
    total = tally("total")
    for row in rows:
        for name in OUTCOMES:
            total["outcomes"][name] += row["outcomes"][name]
        for name in ("cases", "skipped", "no_reference", "used_untold", "value_untold"):
            total[name] += row[name]
    return {"corpus": corpus.version, "against": options.against, "program": options.program, "packet": options.packet, "level": options.level,
            "classes": rows, "total": total, "accepted": accepted, "told": told, "empty_list_refused": runner.refused,
            "unrepeated": runner.unrepeated, "disagreements": disagreements}


def doubts(report):
    """What makes it doubtful that the decoder was asked at all."""
    total, refused = report["total"], report["empty_list_refused"]
    if report["accepted"] == 0 and total["outcomes"]["false_refuse"] > 0:
        why = refused if refused != UNSAID else ""
        why = why or next(d["detail"] for d in report["disagreements"] if d["outcome"] == "false_refuse")
        yield "accepted nothing; " + ("the first refusal says: " + why if why else UNSAID)
    elif refused:
        yield "refused the empty list, 131 106, which it was given first: %s" % refused
    if not report["packet"] and report["accepted"] == total["cases"] and report["told"] == 0:
        yield "accepted all %d cases without output: does it read its input?" % total["cases"]


def show(report, listed):
    if listed:
        for d in report["disagreements"]:
            print("%s  %s: %s%s" % (d["outcome"], d["id"], d["rule"], " (%s)" % d["detail"] if d["detail"] else ""))
    print("corpus %s against %s, level %s: %s" % (report["corpus"], report["against"], report["level"], " ".join(report["program"])))
    lines = [["class", "cases"] + [o.replace("_", " ") for o in OUTCOMES] + ["skipped"]]
    for row in report["classes"] + [report["total"]]:
        lines.append([row["class"], row["cases"]] + [row["outcomes"][o] for o in OUTCOMES] + [row["skipped"]])
    widths = [max(len(str(line[i])) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        print("  ".join(str(cell).rjust(width) for cell, width in zip(line, widths)))
    for note in doubts(report):
        print(note)
    total = report["total"]
    for n, note in ((total["used_untold"], "not told: how many bytes the term took, in %d accepted cases"),
                    (total["value_untold"], "not told: the value, or not in a form that can be compared, in %d accepted cases"),
                    (total["no_reference"], "not run: %d cases that this reference says nothing about"),
                    (report["unrepeated"], "the program died, or hung, %d times of a payload that it survived alone: see what it keeps between payloads, or how busy the machine is")):
        if n:
            print(note % n)


# A function as a program

def serve(name):
    """The program that --call runs: a loop around the function."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # the module may print
    decode = find(name)
    while True:
        head = sys.stdin.buffer.read(4)
        if len(head) < 4:
            return
        reply = answer(decode, sys.stdin.buffer.read(struct.unpack(">I", head)[0]))
        replies.write(struct.pack(">I", len(reply)) + reply)
        replies.flush()


def find(name):
    """The function that a name stands for."""
    module, _, function = name.partition(":")
    sys.path.insert(0, os.getcwd())
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as e:
        if e.name and (module + ".").startswith(e.name + "."):
            raise NoResult("there is no module %s, neither in this folder, %s, nor where Python looks" % (e.name, os.getcwd()))
        raise NoResult("the module %s cannot be imported\n%s" % (module, traceback.format_exc()))
    except (Exception, SystemExit):
        raise NoResult("the module %s cannot be imported\n%s" % (module, traceback.format_exc()))
    if not hasattr(found, function):
        others = [n for n, v in sorted(vars(found).items()) if callable(v) and not n.startswith("_")]
        raise NoResult("the module %s has no %s; it has: %s" % (module, function, ", ".join(others)))
    if not callable(getattr(found, function)):
        raise NoResult("%s of the module %s is no function" % (function, module))
    return getattr(found, function)


def answer(decode, payload):
    """The reply that says what the function made of a payload."""
    try:
        result = decode(payload)
    except MemoryError:
        raise
    except Exception as e:
        return b"\0" + reason(e)
    if result is None:
        result = None, None
    try:
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            raise TypeError("the function returned %.60r: want None or a pair of used and value" % (result,))
        used, value = result
        if used is not None and (isinstance(used, bool) or not isinstance(used, int)):
            raise TypeError("the function returned %.60r for used: want (used, value), in this order, and used is None or a number of bytes" % (used,))
        if used is not None and used < 0:
            raise TypeError("the function returned %.60r for used: want None or a number of bytes" % (used,))
        return b"\1" + struct.pack(">I", UNTOLD if used is None else min(used, MOST)) + told(value)
    except (TypeError, ValueError) as e:
        return b"\2" + str(e).encode("utf-8", "replace")


def reason(e):
    """The type and the text of an exception."""
    try:
        text = str(e)
    except Exception:  # one of the decoder's own, with a mistake in it
        text = ""
    return (type(e).__name__ + (": " + text if text else "")).encode("utf-8", "replace")[:MAX_WHY]


def told(value):
    """A value as it stands in a reply, empty if it is not told."""
    if value is None:
        return b""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, DEEP))
    try:
        return json.dumps(value).encode()
    except RecursionError:  # so deep a value is in no manifest
        return b""
    except (TypeError, ValueError) as e:
        raise TypeError("the function returned %.60r for value, and json.dumps says: %s" % (value, e))
    finally:
        sys.setrecursionlimit(limit)


# The command

def patterns(text):
    found = [pattern.strip() for pattern in text.split(",")]
    for pattern in found:
        kind, _, glob = pattern.partition(":")
        if kind not in ("class", "feature", "flag", "id") or not glob:
            raise argparse.ArgumentTypeError("%.60r: want class:, feature:, flag: or id: and a pattern" % pattern)
    return found


def function(text):
    if not re.match(r"^[^:\s]+:[^:\s.]+$", text):
        raise argparse.ArgumentTypeError("want a module and a function, as my_adapter:decode")
    return text


def seconds(text):
    number = re.match(r"^(\d+(?:\.\d*)?)(ms|s|m)?$", text)
    if not number or float(number.group(1)) <= 0:
        raise argparse.ArgumentTypeError("want seconds, or a time with ms, s or m behind it, as 10s")
    return float(number.group(1)) * {"ms": 0.001, "s": 1, "m": 60}[number.group(2) or "s"]


def mebibytes(text):
    number = re.match(r"^(\d+)(MiB|GiB)?$", text)
    if not number or int(number.group(1)) <= 0:
        raise argparse.ArgumentTypeError("want a number of MiB, or one with MiB or GiB behind it, as 512MiB")
    return int(number.group(1)) << (10 if number.group(2) == "GiB" else 0)


def parse(args):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False,
                                usage="%(prog)s [flags] program [arguments]\n       %(prog)s [flags] --call MODULE:FUNCTION\n       %(prog)s --check\n       %(prog)s --serve MODULE:FUNCTION")
    p.add_argument("--corpus", default=find_corpus(), help="the folder of manifest.json")
    p.add_argument("--packet", action="store_true", help="one process answers all cases")
    p.add_argument("--call", type=function, metavar="MODULE:FUNCTION", help="a Python function, looked for in this folder first")
    p.add_argument("--against", default="otp25", help="otp25, or a later release, is what binary_to_term/1 of that release does; safe and otp are policies of beamgate")
    p.add_argument("--level", default="value", choices=["verdict", "used", "value"], help="what is compared")
    p.add_argument("--skip", type=patterns, action="append", default=[], help="cases that are counted and not run, as flag:trailing,class:hostile")
    p.add_argument("--only", type=patterns, action="append", default=[], help="the only cases to look at: those that any of the patterns picks")
    p.add_argument("--timeout", type=seconds, default=10, help="time for one case in seconds, or with a unit, as 500ms")
    p.add_argument("--memory", type=mebibytes, default=1024, help="cap of resident memory in MiB, or with a unit, as 2GiB")
    p.add_argument("--json", action="store_true", help="print a report in JSON")
    p.add_argument("--list", action="store_true", help="print each disagreement above the table")
    p.add_argument("--quiet", action="store_true", help="no progress on standard error")
    p.add_argument("--check", action="store_true", help="only expand every payload and compare its SHA-256")
    p.add_argument("--serve", type=function, metavar="MODULE:FUNCTION", help="be the program that --call runs: what another runner of {packet,4} frames can start")
    p.add_argument("program", nargs=argparse.REMAINDER, help="the decoder and its arguments, behind all flags")
    o = p.parse_args(args)
    o.skip, o.only = sum(o.skip, []), sum(o.only, [])
    if o.program[:1] == ["--"]:
        del o.program[0]
    if o.program and (o.call or o.serve or o.check):
        p.error("no program goes with --call, --serve and --check: %s" % " ".join(o.program))
    late = [a for a in o.program[1:] if a.partition("=")[0] in p._option_string_actions]
    if late:
        print("conformance: %s: behind the program's name, so it goes to the program; flags of this one go before it" % " ".join(late), file=sys.stderr)
    if o.call:
        o.packet, o.program = True, [sys.executable, os.path.abspath(__file__), "--serve", o.call]
    if not (o.program or o.check or o.serve):
        p.error("no program is named")
    return o


def referee(corpus, against):
    """Refuse a reference of which the corpus says nothing."""
    policies = corpus.manifest["policies"]
    releases = {"otp" + release for case in corpus.cases for release in case["truth"]}
    if against not in releases and against not in policies:
        raise NoResult("reference %s: want %s, or a policy: %s" % (against, ", ".join(sorted(releases)), ", ".join(sorted(policies))))


def main(args):
    options = parse(args)
    try:
        if options.serve:
            serve(options.serve)
            return 0
        sys.setrecursionlimit(DEEP)
        corpus = Corpus(options.corpus)
        if options.check:
            for case in corpus.cases:
                corpus.payload(case)
            print("%d payloads are those of the manifest" % len(corpus.cases))
            return 0
        referee(corpus, options.against)
        report = run(corpus, options)
    except (OSError, ValueError, NoResult) as e:
        print("conformance: %s" % e, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("conformance: interrupted", file=sys.stderr)
        return 2
    sys.stdout.reconfigure(errors="backslashreplace")  # what a decoder says may be in any letters
    try:
        if options.json:
            json.dump(report, sys.stdout, indent=1)
            print()
        else:
            show(report, options.list)
        sys.stdout.flush()
    except BrokenPipeError:  # who reads, as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1 if report["disagreements"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
