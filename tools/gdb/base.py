# SPDX-License-Identifier: GPL-2.0
#
# gdb for Lodger's kernel: what the other files of this folder build upon, and
# the settings. The build joins the files into one script (base.py first), which
# `lodger gdb` and `lodger run --gdb` load, and which stands beside kernel.elf as
# kernel.elf-gdb.py, where gdb finds it by itself.
#
# All state of the machine is in memory that every process of it shares, so the
# commands work in any of them, in a stopped machine and in a core file alike.
# Everything is read through the kernel's own types: no offsets here.

import os
import sys

import gdb

TASK_STATES = ("new", "running", "sleeping", "stopped", "zombie", "dead")


def value(expr):
    return gdb.parse_and_eval(expr)


def num(v):
    return int(v)


def text(v, n=0):
    """A C string; a guest's names may be any bytes."""
    if n:
        return v.string("latin-1", length=n).split("\0")[0]
    return v.string("latin-1")


def pointer(addr, ctype):
    return gdb.Value(addr).cast(gdb.lookup_type(ctype).pointer())


def offset_of(ctype, member):
    for f in gdb.lookup_type(ctype).fields():
        if f.name == member:
            return f.bitpos // 8
    raise gdb.GdbError("struct %s has no %s" % (ctype, member))


def list_entries(head, ctype, member):
    """The entries of a list, given its head; stops where it is torn."""
    off = offset_of(ctype, member)
    start = num(head.address)
    node, n = num(head["next"]), 0
    while node and node != start and n < 100000:
        yield pointer(node - off, ctype)
        node = num(pointer(node, "struct list_head")["next"])
        n += 1


class Command(gdb.Command):
    """A command whose errors are one line, never a trace of ours."""

    name = ""

    def __init__(self):
        super().__init__(self.name, gdb.COMMAND_DATA)

    def invoke(self, arg, from_tty):
        try:
            self.run(gdb.string_to_argv(arg))
        except gdb.MemoryError as e:
            raise gdb.GdbError("the kernel's memory cannot be read here: %s"
                               % e)
        except gdb.error as e:
            if "No symbol" in str(e):
                raise gdb.GdbError("the kernel's symbols are not loaded: %s"
                                   % e)
            raise

    def run(self, argv):
        raise NotImplementedError


def settings():
    for line in (
        # how the machine works inside: of no interest
        "handle SIGSYS SIGURG SIGSEGV SIGBUS SIGCHLD nostop noprint pass",
        # a machine is many processes: all of them stop and go together
        "set detach-on-fork off",
        "set schedule-multiple on",
        "set follow-fork-mode parent",
        "set follow-exec-mode same",
        "set print inferior-events off",
        "set print thread-events off",
        "set exec-file-mismatch off",
        "set auto-solib-add off",
        "set backtrace past-main on",
    ):
        gdb.execute(line, to_string=True)


settings()
