#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Print the functions of the kernel that a job reaches: what arch-um/hot.lds
should list. Needs a build with COVER=1 and the right to look into the machine's
monitor.

usage: hot-text.py BUILD NAME SECONDS

Clears the table of the running machine NAME, waits (start the job in it
meanwhile), and reads the table."""
import bisect
import os
import subprocess
import sys
import time

KIMAGE, ARENA, TEXT_MAX = 0x680000000000, 0x680040000000, 4 << 20


def symbols(elf):
    table, cover = [], None
    for line in subprocess.check_output(["nm", "-n", elf], text=True).splitlines():
        addr, kind, name = line.split()[:3]
        addr = int(addr, 16)
        if name == "cover_map":
            cover = addr - ARENA
        if kind in "tT" and addr < ARENA:
            table.append((addr - KIMAGE, name))
    return table, cover


def arena(lodger, name):
    for line in subprocess.check_output([lodger, "ls"], text=True).splitlines():
        word = line.split()
        if word[0] != name:
            continue
        folder = "/proc/%s/fd" % word[1]
        for fd in os.listdir(folder):
            if "lodger-arena" in os.readlink(folder + "/" + fd):
                return os.open(folder + "/" + fd, os.O_RDWR)
    sys.exit("no machine " + name)


def main():
    build, name, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    table, cover = symbols(build + "/kernel.elf")
    fd = arena(build + "/lodger", name)
    os.pwrite(fd, bytes(TEXT_MAX // 16), cover)
    time.sleep(seconds)
    marks = os.pread(fd, TEXT_MAX // 16, cover)
    addrs = [a for a, _ in table]
    print("\n".join(sorted({table[bisect.bisect_right(addrs, i * 16 + 15) - 1][1]
                            for i, mark in enumerate(marks) if mark})))


main()
