// SPDX-License-Identifier: GPL-2.0
/* FUTEX_WAIT_REQUEUE_PI, FUTEX_CMP_REQUEUE_PI: condition variables over locks. */
#include "t.h"
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>

static int cond, lock, count, waiting, results[8];

static long fx(int *a, int op, int val, void *timeout, int *b, int val3)
{
	return syscall(SYS_futex, a, op | FUTEX_PRIVATE_FLAG, val, timeout, b,
		       val3);
}

static void take(void)
{
	int zero = 0;

	if (!__atomic_compare_exchange_n(&lock, &zero, gettid(), 0,
					 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		CHECK_EQ(fx(&lock, FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0);
}

static void release(void)
{
	int me = gettid();

	if (!__atomic_compare_exchange_n(&lock, &me, 0, 0, __ATOMIC_SEQ_CST,
					 __ATOMIC_SEQ_CST))
		CHECK_EQ(fx(&lock, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0);
}

static void *waiter(void *arg)
{
	int *result = arg;
	long r;

	__atomic_add_fetch(&waiting, 1, __ATOMIC_SEQ_CST);
	r = fx(&cond, FUTEX_WAIT_REQUEUE_PI, 0, NULL, &lock, 0);
	*result = r ? errno : 0;
	if (!r) {
		CHECK_EQ(lock & FUTEX_TID_MASK, gettid());
		count++;
		release();
	}
	return NULL;
}

static void start(pthread_t *t, int n)
{
	for (int i = 0; i < n; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, waiter, &results[i]), 0);
	while (__atomic_load_n(&waiting, __ATOMIC_SEQ_CST) < n)
		usleep(1000);
	t_settle();
}

static void finish(pthread_t *t, int n)
{
	for (int i = 0; i < n; i++) {
		CHECK_EQ(pthread_join(t[i], NULL), 0);
		CHECK_EQ(results[i], 0);
	}
	CHECK_EQ(count, n);
}

T(broadcast_with_the_lock_held)
{
	pthread_t t[5];

	start(t, 5);
	take();
	CHECK_EQ(fx(&cond, FUTEX_CMP_REQUEUE_PI, 1, (void *)INT_MAX, &lock, 0),
		 5);
	CHECK_EQ(count, 0);
	release();
	finish(t, 5);
	CHECK_EQ(lock & FUTEX_TID_MASK, 0);
}

T(the_first_gets_a_free_lock)
{
	pthread_t t[3];

	start(t, 3);
	CHECK_EQ(fx(&cond, FUTEX_CMP_REQUEUE_PI, 1, (void *)INT_MAX, &lock, 0),
		 3);
	finish(t, 3);
}

T(one_at_a_time)
{
	pthread_t t[4];

	start(t, 4);
	take();
	for (int i = 0; i < 4; i++)
		CHECK_EQ(fx(&cond, FUTEX_CMP_REQUEUE_PI, 1, NULL, &lock, 0), 1);
	CHECK_EQ(fx(&cond, FUTEX_CMP_REQUEUE_PI, 1, NULL, &lock, 0), 0);
	release();
	finish(t, 4);
}

static void *late_waiter(void *arg)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_nsec += 150000000;
	ts.tv_sec += ts.tv_nsec / 1000000000;
	ts.tv_nsec %= 1000000000;
	__atomic_add_fetch(&waiting, 1, __ATOMIC_SEQ_CST);
	*(int *)arg = fx(&cond, FUTEX_WAIT_REQUEUE_PI, 0, &ts, &lock, 0) ? errno
									 : 0;
	return NULL;
}

T(time_is_up_on_either_side)
{
	pthread_t t;

	CHECK_EQ(pthread_create(&t, NULL, late_waiter, &results[0]), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);
	CHECK_EQ(results[0], ETIMEDOUT);
	take();
	waiting = 0;
	CHECK_EQ(pthread_create(&t, NULL, late_waiter, &results[0]), 0);
	while (!__atomic_load_n(&waiting, __ATOMIC_SEQ_CST))
		usleep(1000);
	usleep(50000);
	CHECK_EQ(fx(&cond, FUTEX_CMP_REQUEUE_PI, 1, NULL, &lock, 0), 1);
	CHECK_EQ(pthread_join(t, NULL), 0);
	CHECK_EQ(results[0], ETIMEDOUT);
	release();
	take();
	release();
}

static void *owner_dies(void *arg)
{
	take();
	CHECK_EQ(fx(&cond, FUTEX_CMP_REQUEUE_PI, 1, (void *)INT_MAX, &lock, 0),
		 2);
	release();
	return arg;
}

T(woken_by_another_thread)
{
	pthread_t t[2], o;

	start(t, 2);
	CHECK_EQ(pthread_create(&o, NULL, owner_dies, NULL), 0);
	CHECK_EQ(pthread_join(o, NULL), 0);
	finish(t, 2);
}

T(errors)
{
	struct timespec past = { 0, 1 };

	CHECK_ERRNO(fx(&cond, FUTEX_WAIT_REQUEUE_PI, 1, NULL, &lock, 0),
		    EAGAIN);
	CHECK_ERRNO(fx(&cond, FUTEX_WAIT_REQUEUE_PI, 0, &past, &lock, 0),
		    ETIMEDOUT);
	CHECK_ERRNO(fx(&cond, FUTEX_WAIT_REQUEUE_PI, 0, &past, &cond, 0),
		    EINVAL);
	CHECK_EQ(fx(&cond, FUTEX_CMP_REQUEUE_PI, 1, NULL, &lock, 0), 0);
	CHECK_ERRNO(fx(&cond, FUTEX_CMP_REQUEUE_PI, 2, NULL, &lock, 0), EINVAL);
	CHECK_ERRNO(fx(&cond, FUTEX_CMP_REQUEUE_PI, 0, NULL, &lock, 0), EINVAL);
	CHECK_ERRNO(fx(&cond, FUTEX_CMP_REQUEUE_PI, 1, NULL, &cond, 0), EINVAL);
	CHECK_ERRNO(fx(&cond, FUTEX_CMP_REQUEUE_PI, 1, NULL, &lock, 7), EAGAIN);
	CHECK_ERRNO(fx(&cond, FUTEX_CMP_REQUEUE_PI, 1, (void *)-1, &lock, 0),
		    EINVAL);
	CHECK_ERRNO(fx(NULL, FUTEX_WAIT_REQUEUE_PI, 0, NULL, &lock, 0), EFAULT);
}

T(not_for_other_wakers)
{
	pthread_t t[1];

	start(t, 1);
	(void)fx(&cond, FUTEX_WAKE, 1, NULL, NULL, 0);
	CHECK_EQ(count, 0);
	CHECK_EQ(fx(&cond, FUTEX_CMP_REQUEUE_PI, 1, NULL, &lock, 0), 1);
	finish(t, 1);
}

T_MAIN
