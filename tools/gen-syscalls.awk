# SPDX-License-Identifier: GPL-2.0
# Derives everything that is made from kernel/syscall/syscalls.tbl.
# awk -v out=syscalls|syscall_table|... -f tools/gen-syscalls.awk syscalls.tbl
# (written by the owner of kernel/syscall)
