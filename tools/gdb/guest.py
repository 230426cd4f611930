# SPDX-License-Identifier: GPL-2.0
#
# Towards the guest: lodger-break-syscall and lodger-guest.
#
# A guest program's symbols are read from its file on the host: below the
# machine's --root (`lodger gdb` knows it; else set it with the parameter
# lodger-root). Programs of the built-in root have none worth reading.


class Root(gdb.Parameter):
    """The host folder that is the machine's root, for guests' symbols."""

    set_doc = "Set the host folder that is the machine's root."
    show_doc = "Show the host folder that is the machine's root."

    def __init__(self):
        super().__init__("lodger-root", gdb.COMMAND_FILES,
                         gdb.PARAM_OPTIONAL_FILENAME)
        self.value = os.environ.get("LODGER_GDB_ROOT", "")

    def get_set_string(self):
        return ""

    def get_show_string(self, svalue):
        return "The machine's root on the host is '%s'." % svalue


class BreakSyscall(Command):
    """lodger-break-syscall NAME [CONDITION]: stop when a guest calls NAME.

The condition is in C, on the call's own arguments, for instance
  lodger-break-syscall openat flags&0100
A guest address is a struct of one member: path.va."""

    name = "lodger-break-syscall"

    def run(self, argv):
        if not argv:
            raise gdb.GdbError("usage: lodger-break-syscall NAME [CONDITION]")
        where = "sys_" + argv[0]
        if not gdb.lookup_global_symbol(where):
            raise gdb.GdbError("no system call '%s' in this kernel" % argv[0])
        b = gdb.Breakpoint(where)
        if len(argv) > 1:
            b.condition = " ".join(argv[1:])


guest_loaded = set()


def guest_symbols(t):
    """Load symbols of the files that are mapped executable."""
    root = gdb.parameter("lodger-root")
    if not root:
        print("no --root, no symbols (set lodger-root DIR)")
        return
    for v in vmas(t):
        if not num(v["file"]) or num(v["flags"]) & 0x40000 or \
           not num(v["flags"]) & 4:
            continue
        inner = file_name(v["file"])
        host = os.path.join(root, inner.lstrip("/"))
        base = num(v["start"]) - (num(v["pgoff"]) << 12)
        if (host, base) in guest_loaded:
            continue
        try:
            off = elf_bias(host, num(v["pgoff"]) << 12, num(v["start"]))
            gdb.execute("add-symbol-file '%s' -o %#x" % (host, off),
                        to_string=True)
        except (OSError, ValueError, gdb.error) as e:
            print("%s: no symbols: %s" % (inner, e))
            continue
        guest_loaded.add((host, base))
        print("symbols of %s, loaded at %#x" % (inner, base))


def elf_bias(path, off, addr):
    """What to add to the addresses of a file mapped at addr from off."""
    import struct

    with open(path, "rb") as f:
        eh = f.read(64)
        if eh[:4] != b"\x7fELF" or len(eh) < 64:
            raise ValueError("no ELF file")
        phoff, = struct.unpack_from("<Q", eh, 32)
        size, n = struct.unpack_from("<HH", eh, 54)
        f.seek(phoff)
        for _ in range(n):
            ph = f.read(size)
            kind, _, o, va = struct.unpack_from("<IIQQ", ph)
            fsz, = struct.unpack_from("<Q", ph, 32)
            if kind == 1 and (o & ~4095) <= off < o + fsz:
                return addr - ((va & ~4095) + off - (o & ~4095))
    raise ValueError("it is not mapped as its headers say")


class Guest(Command):
    """lodger-guest TASK: the guest program's registers, and its symbols."""

    name = "lodger-guest"

    def run(self, argv):
        t = task_arg(argv, self.name)
        if t["kthread"]:
            raise gdb.GdbError("a kernel thread runs no guest program")
        r = task_regs(t)
        exe = t["mm"]["exe"]
        print("task %d (%s) runs %s" % (
            num(t["tid"]), text(t["comm"]),
            file_name(exe) if num(exe) else "?"))
        names = ("rip", "rsp", "rflags", "orig_rax", "rax", "rbx", "rcx",
                 "rdx", "rsi", "rdi", "rbp", "r8", "r9", "r10", "r11", "r12",
                 "r13", "r14", "r15")
        for i in range(0, len(names), 3):
            print("  ".join("%-8s %#018x" % (n, num(r[n]) & (2 ** 64 - 1))
                            for n in names[i:i + 3]))
        guest_symbols(t)
        sym = gdb.execute("info symbol %#x" % num(r["rip"]), to_string=True)
        if not sym.startswith("No symbol"):
            print("rip is in %s" % sym.strip())


Root()
for c in (BreakSyscall, Guest):
    c()
