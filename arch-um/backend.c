// SPDX-License-Identifier: GPL-2.0
/*
 * Which backend runs; the direct one's table. Those of the strict ones are at the
 * end of task_strict.c.
 */
#include "backend.h"
#include <kernel/string.h>

const struct backend backend_direct = {
	.name = "direct",
	.patches_text = true,
	.init = direct_init,
	.signals = direct_signals,
	.thread_enter = direct_thread_enter,
	.first_thread = direct_first_thread,
	.server = zygote_server,
	.start_thread = direct_start_thread,
	.start_fork = direct_start_fork,
	.return_to_user = direct_return_to_user,
	.kick = direct_kick,
	.mm_exec = direct_mm_exec,
	.user_call = host_call,
	.user_mmap = host_mmap,
	.user_resident = direct_resident,
};

const struct backend *backend = &backend_direct;
bool backend_remote;

void backend_choose(const struct boot_params *bp)
{
	const char *name;

	if (bp->backend == BACKEND_PTRACE)
		backend = &backend_ptrace;
	else if (bp->backend == BACKEND_SECCOMP)
		backend = &backend_seccomp;
	backend_remote = backend->remote;
	name = bp->backend == BACKEND_DIRECT_UNWALLED ? "direct-unwalled"
						      : backend->name;
	strlcpy(host_info.backend, name, sizeof(host_info.backend));
}
