// SPDX-License-Identifier: GPL-2.0
#include <kernel/ptrace.h>
#include "internal.h"

bool ptrace_syscall_enter(struct pt_regs *regs)
{
	return false;
}
void ptrace_syscall_exit(struct pt_regs *regs)
{
}
bool ptrace_seccomp(u32 data)
{
	return false;
}
