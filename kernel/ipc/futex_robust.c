/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Robust lists, following set_robust_list(2) and get_robust_list(2): what a
 * dying thread still holds is marked FUTEX_OWNER_DIED.
 *
 * The list lives in guest memory and is as trustworthy as the guest: every
 * link is read once, a fault ends the walk, and so does ROBUST_LIST_LIMIT.
 * Bit 0 of a link marks a priority-inheritance lock.
 */
#include "futex_internal.h"

/* => false: stop, the memory is not what it should be */
static bool futex_robust_one(uaddr a, bool pi, bool pending)
{
	u32 tid = pid_shown(current->tid), val, found, want;

	if (a.va & 3)
		return false;
	if (get_user(val, a))
		return false;
	for (;;) {
		if (pending && !pi && !val) {
			/* died between unlocking and waking */
			futex_wake(a, true, 1, FUTEX_BITSET_MATCH_ANY);
			return true;
		}
		if ((val & FUTEX_TID_MASK) != tid)
			return true;
		want = (val & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
		found = val;
		if (user_cmpxchg_u32(a, &found, want))
			return false;
		if (found == val)
			break;
		val = found;
	}
	if (!pi && (val & FUTEX_WAITERS))
		futex_wake(a, true, 1, FUTEX_BITSET_MATCH_ANY);
	return true;
}

static void futex_robust_walk(uaddr head_at)
{
	struct robust_list_head head;
	u64 entry, next;

	if (get_user(head, head_at))
		return;
	entry = head.list.next;
	for (u32 n = 0; (entry & ~1ull) != head_at.va && n < ROBUST_LIST_LIMIT;
	     n++) {
		bool bad = get_user(next, UADDR(entry & ~1ull));

		if ((entry & ~1ull) != (head.list_op_pending & ~1ull) &&
		    !futex_robust_one(
			    UADDR((entry & ~1ull) + head.futex_offset),
			    entry & 1, false))
			return;
		if (bad)
			break;
		entry = next;
	}
	if (head.list_op_pending & ~1ull)
		futex_robust_one(UADDR((head.list_op_pending & ~1ull) +
				       head.futex_offset),
				 head.list_op_pending & 1, true);
}

void futex_exit_robust(struct task *t)
{
	if (t->robust_list.va && t->mm)
		futex_robust_walk(t->robust_list);
	t->robust_list = UNULL;
	futex_pi_exit(t);
}
