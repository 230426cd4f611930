# SPDX-License-Identifier: GPL-2.0
#
# Tasks: lodger-ps, lodger-bt, lodger-locks; and the kernel log, lodger-dmesg.


def tasks():
    return list_entries(value("all_tasks"), "struct task", "all_node")


def task_find(name):
    """By number or by name; the first that fits."""
    for t in tasks():
        if str(num(t["tid"])) == name or text(t["comm"]) == name:
            return t
    raise gdb.GdbError("no task '%s'; lodger-ps lists them" % name)


def task_arg(argv, command):
    if len(argv) != 1:
        raise gdb.GdbError("usage: %s TASK (a number or a name)" % command)
    return task_find(argv[0])


def task_state(t):
    s = num(t["state"])
    return TASK_STATES[s] if s < len(TASK_STATES) else "?%d" % s


def task_block(t):
    size = 131072  # TASK_BLOCK_SIZE
    return num(t) & ~(size - 1)


def task_regs(t):
    regs = gdb.lookup_type("struct pt_regs")
    return pointer(task_block(t) + 81920 - regs.sizeof, "struct pt_regs")


def task_thread(t):
    """The debugger's thread that runs on the task's kernel stack."""
    low = task_block(t)
    saved = gdb.selected_thread()
    found = None
    for inf in gdb.inferiors():
        for th in inf.threads():
            try:
                th.switch()
                sp = num(gdb.newest_frame().read_register("rsp"))
            except gdb.error:
                continue
            if low <= sp < low + 131072:
                found = th
    if saved and saved.is_valid():
        saved.switch()
    return found


class Ps(Command):
    """lodger-ps: the tasks of the machine, kernel threads too."""

    name = "lodger-ps"

    def run(self, argv):
        print("%7s %7s %-8s %-7s %-15s %s"
              % ("TID", "PID", "STATE", "HOST", "WAITS FOR", "NAME"))
        for t in tasks():
            host = num(t["host"]["host_tid"]) if num(t["host"]) else 0
            wchan = text(t["wchan"]) if num(t["wchan"]) else "-"
            comm = text(t["comm"])
            if t["kthread"]:
                comm = "[%s]" % comm
            print("%7d %7d %-8s %-7s %-15s %s"
                  % (num(t["tid"]), num(t["proc"]["pid"]), task_state(t),
                     host or "-", wchan, comm))


class Dmesg(Command):
    """lodger-dmesg: the kernel log."""

    name = "lodger-dmesg"

    def run(self, argv):
        buf, head = value("klog_buf"), num(value("klog_head"))
        size = buf.type.sizeof
        n = min(head, size)
        at = num(buf.address)
        inf = gdb.selected_inferior()
        first = (head - n) % size
        part = min(n, size - first)
        data = bytes(inf.read_memory(at + first, part)) if part else b""
        if n > part:
            data += bytes(inf.read_memory(at, n - part))
        sys.stdout.write(data.decode("utf-8", "replace"))


def where(pc):
    """Names and place of an address, inlined functions first."""
    out = []
    sal = gdb.find_pc_line(pc)
    place = ""
    if sal.symtab:
        place = " at %s:%d" % (sal.symtab.filename, sal.line)
    block = gdb.block_for_pc(pc)
    while block and not block.is_static and not block.is_global:
        if block.function:
            out.append("%s ()%s" % (block.function.print_name, place))
            place = ""
            if not str(block.function.type).startswith("inline"):
                # an inlined function's place in its caller is not told here
                pass
        block = block.superblock
    if not out:
        sym = gdb.execute("info symbol %#x" % pc, to_string=True).strip()
        out.append((sym if not sym.startswith("No symbol") else "??") + place)
    return out


def saved_frames(t):
    """Return addresses of a context that sleeps, from what it saved."""
    ht = t["host"]
    if not num(ht) or num(ht["ctx_state"]) == 0:
        return None
    word = gdb.lookup_type("unsigned long").pointer()
    sp = gdb.Value(num(ht["ctx_sp"])).cast(word)
    low = task_block(t)
    if not low <= num(sp) < low + 131072:
        return None
    frames, fp = [num(sp[6])], num(sp[5])
    while low <= fp < low + 131072 and len(frames) < 64:
        f = gdb.Value(fp).cast(word)
        if not num(f[1]):
            break
        frames.append(num(f[1]))
        if num(f[0]) <= fp:
            break
        fp = num(f[0])
    return frames


class Bt(Command):
    """lodger-bt TASK|all: the kernel's backtrace of a task, asleep or not."""

    name = "lodger-bt"

    def run(self, argv):
        if len(argv) != 1:
            raise gdb.GdbError("usage: lodger-bt TASK|all")
        for t in tasks() if argv[0] == "all" else [task_find(argv[0])]:
            self.show(t)

    def show(self, t):
        print("task %d (%s), %s%s" % (
            num(t["tid"]), text(t["comm"]), task_state(t),
            ", waits for %s" % text(t["wchan"]) if num(t["wchan"]) else ""))
        frames = saved_frames(t)
        if frames is None:
            th = task_thread(t)
            if th:
                saved = gdb.selected_thread()
                th.switch()
                gdb.execute("bt")
                if saved.is_valid():
                    saved.switch()
            else:
                print("    in user mode, or running in a process that is "
                      "not attached")
        else:
            n = 0
            for pc in frames:
                for line in where(pc - 1):
                    print("#%-2d %#018x in %s" % (n, pc, line))
                    n += 1
        if not t["kthread"]:
            r = task_regs(t)
            print("    guest: rip %#x rsp %#x rax %#x orig_rax %d"
                  % (num(r["rip"]), num(r["rsp"]), num(r["rax"]),
                     num(r["orig_rax"].cast(gdb.lookup_type("long")))))


class Locks(Command):
    """lodger-locks: who waits for a lock, and where; the great locks."""

    name = "lodger-locks"

    def run(self, argv):
        for name in ("tasklist_lock", "mount_lock", "uts_lock"):
            m = value(name)
            print("%-14s %s%s" % (
                name, ("free", "held", "held, wanted")[min(num(m["state"]), 2)],
                ", %s" % self.owner(m)))
        waiting = 0
        for t in tasks():
            if not num(t["wchan"]) or text(t["wchan"]) != "mutex":
                continue
            waiting += 1
            print("task %d (%s) waits for a mutex:"
                  % (num(t["tid"]), text(t["comm"])))
            for pc in (saved_frames(t) or [])[2:6]:
                print("    %s" % " <- ".join(where(pc - 1)))
        if not waiting:
            print("no task waits for a mutex")

    def owner(self, m):
        # who holds it is written down in LOCKDEP=1 builds
        return ("by task %d" % num(m["owner"]) if num(m["owner"]) and
                num(m["state"]) else "owner not recorded")


for c in (Ps, Dmesg, Bt, Locks):
    c()
