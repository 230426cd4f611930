# SPDX-License-Identifier: GPL-2.0
#
# Holding a whole machine: `lodger gdb` names its processes, here they are
# attached. A process that ends would stop everybody, as gdb does it, so the
# machine is told to park processes instead of ending them (blank_max), and
# where one ends all the same the machine goes on.

import time

LET_GO_NS = 2000000000


def lodger_attach(pids, kernel):
    first = True
    for pid in pids:
        try:
            if not first:
                gdb.execute("add-inferior -no-connection", to_string=True)
                gdb.execute("inferior %d" % gdb.inferiors()[-1].num,
                            to_string=True)
                gdb.execute("file %s" % kernel, to_string=True)
            gdb.execute("attach %d" % pid, to_string=True)
            first = False
        except gdb.error as e:
            if first:
                raise gdb.GdbError("cannot attach to %d: %s" % (pid, e))
    gdb.execute("inferior 1", to_string=True)
    try:
        gdb.execute("set var blank_max = 512")
    except gdb.error:
        pass


def lodger_start(pid, kernel):
    """A machine that waits for us before its first instruction."""
    lodger_attach([pid], kernel)
    gdb.execute("tbreak kern_start", to_string=True)
    gdb.execute("set var ((struct boot_params *)%d)->debug_wait = 0"
                % 0x680040000000)
    gdb.execute("continue")


def let_go(event=None):
    """Before threads are detached one by one: no end of the machine now.

    See machine_exit_after in arch-um/thread.c.
    """
    try:
        gdb.execute("set var machine_exit_after = %d"
                    % (time.monotonic_ns() + LET_GO_NS))
    except gdb.error:
        pass  # nothing there that could end


class LetGo(gdb.Command):
    """Of lodger: see attach.py."""

    def __init__(self):
        super().__init__("lodger-let-go", gdb.COMMAND_RUNNING)

    def invoke(self, arg, from_tty):
        let_go()


NOISE = (b"different PID namespaces", b"location number not found")


def filter_warnings():
    """Once for each process: nothing that anybody could do about it."""
    import threading

    real = os.dup(2)
    r, w = os.pipe()
    os.dup2(w, 2)
    os.close(w)

    def copy():
        line = b""
        while True:
            data = os.read(r, 4096)
            if not data:
                break
            *whole, line = (line + data).split(b"\n")
            for one in whole:
                if not any(n in one for n in NOISE):
                    os.write(real, one + b"\n")
            if line and not line.startswith(b"warning"):
                os.write(real, line)
                line = b""

    threading.Thread(target=copy, daemon=True).start()


exits = {"seen": False}


def on_exit(event):
    exits["seen"] = True
    if sys.stdin.isatty():
        gdb.post_event(go_on)


def go_on():
    """After an end that nobody asked about: the others continue."""
    if not exits["seen"]:
        return
    exits["seen"] = False
    alive = [i for i in gdb.inferiors() if i.pid]
    if not alive:
        print("The machine has ended.")
        return
    for i in alive:
        if any(th.is_running() for th in i.threads()):
            return
    th = alive[0].threads()[0]
    th.switch()
    gdb.execute("continue")


class GoOn(gdb.Command):
    """Of lodger: see attach.py."""

    def __init__(self):
        super().__init__("lodger-go-on", gdb.COMMAND_RUNNING)

    def invoke(self, arg, from_tty):
        while exits["seen"] and not sys.stdin.isatty():
            go_on()


if sys.stdin.isatty():  # what a batch says last must not be lost
    filter_warnings()
GoOn()
LetGo()
for verb in "detach", "quit":
    gdb.execute("define hook-%s\nlodger-let-go\nend" % verb, to_string=True)
if hasattr(gdb.events, "gdb_exiting"):  # the end of a batch is no command
    gdb.events.gdb_exiting.connect(let_go)
gdb.events.exited.connect(on_exit)
gdb.execute("define hookpost-continue\nlodger-go-on\nend", to_string=True)
