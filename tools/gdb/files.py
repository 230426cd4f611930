# SPDX-License-Identifier: GPL-2.0
#
# Files: lodger-fds, lodger-mounts; and what a task has mapped, lodger-vmas.


def mount_flags(f):
    names = ((1, "ro"), (2, "nosuid"), (4, "nodev"), (8, "noexec"))
    out = [n for bit, n in names if f & bit]
    return ",".join(out if f & 1 else ["rw"] + out)


def path_of(mnt, dentry):
    """A path from the machine's root; names as the kernel has them."""
    parts, n = [], 0
    while dentry and n < 256:
        n += 1
        if mnt and num(dentry) == num(mnt["root"]):
            if num(mnt["parent"]) == num(mnt) or not num(mnt["parent"]):
                break
            dentry, mnt = mnt["mountpoint"], mnt["parent"]
            continue
        if num(dentry["parent"]) == num(dentry):
            break
        parts.insert(0, text(dentry["name"], num(dentry["len"])))
        dentry = dentry["parent"]
    return "/" + "/".join(parts)


def file_name(f):
    p = f["path"]
    d = p["dentry"]
    if not num(d):
        return "?"
    if not num(p["mnt"]) or not num(p["mnt"]["ns"]):
        # pipes, sockets: the dentry's own name tells
        return text(d["name"], num(d["len"])) or "?"
    name = path_of(p["mnt"], d)
    if num(d["flags"]) & 4:
        name += " (deleted)"
    return name


def file_kind(f):
    if not num(f["ops"]):
        return "-"
    s = gdb.execute("info symbol %#x" % num(f["ops"]), to_string=True)
    return s.split()[0] if not s.startswith("No symbol") else "?"


class Fds(Command):
    """lodger-fds TASK: its open files."""

    name = "lodger-fds"

    def run(self, argv):
        t = task_arg(argv, self.name)
        if not num(t["files"]):
            print("it has none")
            return
        tab = t["files"]["tab"]
        for fd in range(num(tab["max"])):
            f = tab["fd"][fd]
            if not num(f):
                continue
            mode = num(f["mode"])
            rw = ("r" if mode & 1 else "-") + ("w" if mode & 2 else "-")
            print("%4d %s pos %-8d %-22s %s"
                  % (fd, rw, num(f["pos"]), file_kind(f), file_name(f)))


class Mounts(Command):
    """lodger-mounts: the mount tree."""

    name = "lodger-mounts"

    def run(self, argv):
        for m in list_entries(value("all_mounts"), "struct mount", "node"):
            if not num(m["ns"]):
                continue
            print("%3d %-10s %-24s %-12s %s"
                  % (num(m["id"]), text(m["sb"]["type"]["name"]),
                     path_of(m, m["root"]), mount_flags(num(m["flags"])),
                     text(m["source"])))


def vmas(t):
    """Of an address space, in order."""

    def walk(v):
        if num(v):
            yield from walk(v["left"])
            yield v
            yield from walk(v["right"])

    if num(t["mm"]):
        yield from walk(t["mm"]["root"])


class Vmas(Command):
    """lodger-vmas TASK: what it has mapped."""

    name = "lodger-vmas"

    def run(self, argv):
        t = task_arg(argv, self.name)
        if not num(t["mm"]):
            print("a kernel thread: it has no address space")
        for v in vmas(t):
            f = num(v["flags"])
            prot = "".join(c if f & bit else "-"
                           for bit, c in ((1, "r"), (2, "w"), (4, "x")))
            name = file_name(v["file"]) if num(v["file"]) else (
                "[stack]" if f & 0x800 else "[heap]" if f & 0x1000 else "")
            if f & 0x40000:
                name += " (trampolines)"
            print("%#014x-%#014x %s%s %08x %s"
                  % (num(v["start"]), num(v["end"]), prot,
                     "s" if f & 8 else "p", num(v["pgoff"]) << 12, name))


for c in (Fds, Mounts, Vmas):
    c()
