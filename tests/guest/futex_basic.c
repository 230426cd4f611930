/* SPDX-License-Identifier: GPL-2.0 */
/* futex(2): wait, wake, bitsets, requeue, wake_op, timeouts, robust, PI. */
#include "t.h"
#include <linux/futex.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

static uint32_t *word; /* shared with children */

static void setup(void)
{
	word = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(word != MAP_FAILED);
}

static long futex(volatile void *a, int op, uint32_t v, const void *ts,
		  volatile void *b, uint32_t v3)
{
	return syscall(SYS_futex, a, op, v, ts, b, v3);
}

/* Children asleep on word[i] with a bitset; 0 when woken. */
static pid_t sleeper(int i, uint32_t bits)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	_exit(futex(&word[i], FUTEX_WAIT_BITSET, 0, NULL, NULL, bits) == 0 ? 0
									   : 1);
}

static int reap(int n)
{
	int st, ok = 0;

	while (n--)
		if (wait(&st) > 0 && st == 0)
			ok++;
	return ok;
}

T(wrong_uses)
{
	setup();
	CHECK_ERRNO(futex(word, FUTEX_WAIT, 1, NULL, NULL, 0), EAGAIN);
	CHECK_ERRNO(futex((char *)word + 1, FUTEX_WAIT, 0, NULL, NULL, 0),
		    EINVAL);
	CHECK_ERRNO(futex((char *)word + 2, FUTEX_WAKE, 1, NULL, NULL, 0),
		    EINVAL);
	CHECK_ERRNO(futex((void *)4096, FUTEX_WAIT, 0, NULL, NULL, 0), EFAULT);
	CHECK_ERRNO(futex((void *)4096, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0),
		    EFAULT);
	CHECK_ERRNO(futex(word, 77, 0, NULL, NULL, 0), ENOSYS);
	CHECK_ERRNO(futex(word, FUTEX_WAIT_BITSET, 0, NULL, NULL, 0), EINVAL);
	CHECK_ERRNO(futex(word, FUTEX_WAKE_BITSET, 0, NULL, NULL, 0), EINVAL);
	CHECK_ERRNO(futex(word, FUTEX_WAIT | FUTEX_CLOCK_REALTIME, 0, NULL,
			  NULL, 0),
		    ENOSYS);
	CHECK_EQ(futex(word, FUTEX_WAKE, 1, NULL, NULL, 0), 0);
}

T(timeouts)
{
	struct timespec t = { 0, 50000000 }, a, b, bad = { 0, 1000000000 };

	setup();
	clock_gettime(CLOCK_MONOTONIC, &a);
	CHECK_ERRNO(futex(word, FUTEX_WAIT, 0, &t, NULL, 0), ETIMEDOUT);
	clock_gettime(CLOCK_MONOTONIC, &b);
	CHECK((b.tv_sec - a.tv_sec) * 1000000000ll + b.tv_nsec - a.tv_nsec >=
	      50000000);
	CHECK_ERRNO(futex(word, FUTEX_WAIT, 0, &bad, NULL, 0), EINVAL);
	clock_gettime(CLOCK_MONOTONIC, &t);
	CHECK_ERRNO(futex(word, FUTEX_WAIT_BITSET, 0, &t, NULL, 1), ETIMEDOUT);
	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec += 20000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_nsec -= 1000000000;
		t.tv_sec++;
	}
	CHECK_ERRNO(futex(word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &t,
			  NULL, 1),
		    ETIMEDOUT);
}

T(wake_counts)
{
	setup();
	for (int i = 0; i < 5; i++)
		sleeper(0, ~0u);
	t_settle();
	CHECK_EQ(futex(word, FUTEX_WAKE, 2, NULL, NULL, 0), 2);
	CHECK_EQ(futex(word, FUTEX_WAKE, 100, NULL, NULL, 0), 3);
	CHECK_EQ(reap(5), 5);
}

T(bitsets)
{
	setup();
	sleeper(0, 1);
	sleeper(0, 2);
	sleeper(0, 6);
	t_settle();
	CHECK_EQ(futex(word, FUTEX_WAKE_BITSET, 9, NULL, NULL, 8), 0);
	CHECK_EQ(futex(word, FUTEX_WAKE_BITSET, 9, NULL, NULL, 2), 2);
	CHECK_EQ(futex(word, FUTEX_WAKE_BITSET, 9, NULL, NULL, 1), 1);
	CHECK_EQ(reap(3), 3);
}

T(requeue)
{
	setup();
	for (int i = 0; i < 6; i++)
		sleeper(0, ~0u);
	t_settle();
	CHECK_ERRNO(futex(word, FUTEX_CMP_REQUEUE, 1, (void *)9, &word[1], 5),
		    EAGAIN);
	CHECK_EQ(futex(word, FUTEX_CMP_REQUEUE, 1, (void *)3, &word[1], 0), 4);
	CHECK_EQ(futex(&word[1], FUTEX_WAKE, 100, NULL, NULL, 0), 3);
	CHECK_EQ(futex(word, FUTEX_WAKE, 100, NULL, NULL, 0), 2);
	CHECK_EQ(reap(6), 6);
}

T(wake_op)
{
	setup();
	sleeper(0, ~0u);
	sleeper(1, ~0u);
	t_settle();
	/* word[1] += 5; wake on word[1] too, as its old value was 0 */
	CHECK_EQ(futex(word, FUTEX_WAKE_OP, 1, (void *)1, &word[1],
		       FUTEX_OP(FUTEX_OP_ADD, 5, FUTEX_OP_CMP_EQ, 0)),
		 2);
	CHECK_EQ(word[1], 5);
	CHECK_EQ(reap(2), 2);
	CHECK_EQ(futex(word, FUTEX_WAKE_OP, 1, (void *)1, &word[1],
		       FUTEX_OP(FUTEX_OP_ANDN, 4, FUTEX_OP_CMP_GT, 9)),
		 0);
	CHECK_EQ(word[1], 1);
	CHECK_EQ(futex(word, FUTEX_WAKE_OP, 1, (void *)1, &word[1],
		       FUTEX_OP((FUTEX_OP_OR | FUTEX_OP_OPARG_SHIFT), 4,
				FUTEX_OP_CMP_LT, 0)),
		 0);
	CHECK_EQ(word[1], 17);
}

static void on_sig(int s)
{
}

T(signals)
{
	struct sigaction sa = { .sa_handler = on_sig };

	setup();
	sigaction(SIGALRM, &sa, NULL);
	alarm(1);
	CHECK_ERRNO(futex(word, FUTEX_WAIT, 0, NULL, NULL, 0), EINTR);
}

T(a_stop_does_not_lengthen_the_wait)
{
	struct timespec t = { 0, 400000000 };
	pid_t pid;
	int st;

	setup();
	pid = fork();
	if (!pid)
		_exit(futex(word, FUTEX_WAIT, 0, &t, NULL, 0) == -1 &&
				      errno == ETIMEDOUT
			      ? 0
			      : 1);
	usleep(100000);
	kill(pid, SIGSTOP);
	CHECK_EQ(waitpid(pid, &st, WUNTRACED), pid);
	kill(pid, SIGCONT);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, 0);
}

T(a_shared_file_mapping_is_one_futex_at_two_addresses)
{
	char name[] = "/tmp/t_futex.XXXXXX";
	int fd = mkstemp(name);
	uint32_t *a, *b;
	pid_t pid;
	int st;

	CHECK(fd >= 0);
	unlink(name);
	CHECK_EQ(ftruncate(fd, 4096), 0);
	a = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	b = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(a != MAP_FAILED && b != MAP_FAILED && a != b);
	pid = fork();
	if (!pid)
		_exit(futex(&a[3], FUTEX_WAIT, 0, NULL, NULL, 0) ? 1 : 0);
	t_settle();
	CHECK_EQ(futex(&b[3], FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0), 0);
	CHECK_EQ(futex(&b[3], FUTEX_WAKE, 1, NULL, NULL, 0), 1);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, 0);
}

T(private_memory_is_not_shared_after_fork)
{
	static uint32_t mine;
	struct timespec t = { 1, 0 };
	pid_t pid = fork();
	int st;

	if (!pid)
		_exit(futex(&mine, FUTEX_WAIT, 0, &t, NULL, 0) == -1 &&
				      errno == ETIMEDOUT
			      ? 0
			      : 1);
	t_settle();
	CHECK_EQ(futex(&mine, FUTEX_WAKE, 1, NULL, NULL, 0), 0);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, 0);
}

#ifdef SYS_futex_waitv
T(waitv)
{
	struct futex_waitv v[2] = { { 0, 0, FUTEX_32, 0 },
				    { 0, 0, FUTEX_32, 0 } };
	struct timespec t;
	pid_t pid;
	int st;

	setup();
	v[0].uaddr = (uintptr_t)&word[0];
	v[1].uaddr = (uintptr_t)&word[1];
	CHECK_ERRNO(syscall(SYS_futex_waitv, v, 0, 0, NULL, 0), EINVAL);
	CHECK_ERRNO(syscall(SYS_futex_waitv, v, 2, 1, NULL, 0), EINVAL);
	word[1] = 1;
	CHECK_ERRNO(syscall(SYS_futex_waitv, v, 2, 0, NULL, 0), EAGAIN);
	word[1] = 0;
	clock_gettime(CLOCK_MONOTONIC, &t);
	CHECK_ERRNO(syscall(SYS_futex_waitv, v, 2, 0, &t, CLOCK_MONOTONIC),
		    ETIMEDOUT);
	pid = fork();
	if (!pid)
		_exit(syscall(SYS_futex_waitv, v, 2, 0, NULL, 0));
	t_settle();
	CHECK_EQ(futex(&word[1], FUTEX_WAKE, 1, NULL, NULL, 0), 1);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(WEXITSTATUS(st), 1);
}
#endif

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static long counter, turn;

static void *add(void *arg)
{
	for (int i = 0; i < 20000; i++) {
		pthread_mutex_lock(&mutex);
		counter++;
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

T(threads_add_under_a_mutex)
{
	pthread_t t[4];

	for (int i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, add, NULL), 0);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
	CHECK_EQ(counter, 80000);
}

static void *take_turns(void *arg)
{
	long me = (long)arg;

	for (int i = 0; i < 2000; i++) {
		pthread_mutex_lock(&mutex);
		while (turn % 3 != me)
			pthread_cond_wait(&cond, &mutex);
		turn++;
		pthread_cond_broadcast(&cond);
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

T(threads_take_turns_by_a_condition)
{
	pthread_t t[3];

	for (long i = 0; i < 3; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, take_turns, (void *)i), 0);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
	CHECK_EQ(turn, 6000);
}

static pthread_mutex_t *shared_mutex(int pi)
{
	pthread_mutex_t *m = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_t a;

	CHECK(m != MAP_FAILED);
	pthread_mutexattr_init(&a);
	pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	if (pi)
		pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT);
	CHECK_EQ(pthread_mutex_init(m, &a), 0);
	return m;
}

static void owner_dies(int pi)
{
	pthread_mutex_t *m = shared_mutex(pi);
	volatile int *state = &m->__data.__lock;
	pid_t pid = fork();

	if (!pid) {
		pthread_mutex_lock(m);
		while (!(*state & FUTEX_WAITERS))
			usleep(1000);
		_exit(0);
	}
	while (!*state)
		usleep(1000);
	CHECK_EQ(pthread_mutex_lock(m), EOWNERDEAD); /* waits for the death */
	CHECK_EQ(pthread_mutex_consistent(m), 0);
	CHECK_EQ(pthread_mutex_unlock(m), 0);
	CHECK_EQ(pthread_mutex_lock(m), 0);
	CHECK_EQ(pthread_mutex_unlock(m), 0);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	/* nobody waiting when it dies */
	pid = fork();
	if (!pid) {
		pthread_mutex_lock(m);
		kill(getpid(), SIGKILL);
	}
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	CHECK_EQ(pthread_mutex_lock(m), EOWNERDEAD);
}

T(robust_mutex_tells_that_its_owner_died)
{
	owner_dies(0);
}

T(robust_pi_mutex_tells_that_its_owner_died)
{
	owner_dies(1);
}

T(pi_mutex_between_processes)
{
	pthread_mutex_t *m = shared_mutex(1);
	volatile int *n = (int *)(m + 1);
	int st;

	for (int i = 0; i < 3; i++) {
		if (fork())
			continue;
		for (int k = 0; k < 3000; k++) {
			if (pthread_mutex_lock(m))
				_exit(1);
			++*n;
			if (pthread_mutex_unlock(m))
				_exit(1);
		}
		_exit(0);
	}
	for (int i = 0; i < 3; i++) {
		CHECK(wait(&st) > 0);
		CHECK_EQ(st, 0);
	}
	CHECK_EQ(*n, 9000);
}

T(pi_words)
{
	uint32_t me = syscall(SYS_gettid);
	struct timespec t;

	setup();
	CHECK_EQ(futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0);
	CHECK_EQ(*word, me);
	CHECK_ERRNO(futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), EDEADLK);
	CHECK_ERRNO(futex(word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0), EDEADLK);
	if (!fork()) {
		clock_gettime(CLOCK_REALTIME, &t);
		if (futex(word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0) != -1 ||
		    errno != EAGAIN)
			_exit(1);
		if (futex(word, FUTEX_LOCK_PI, 0, &t, NULL, 0) != -1 ||
		    errno != ETIMEDOUT)
			_exit(2);
		if (futex(word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0) != -1 ||
		    errno != EPERM)
			_exit(3);
		_exit(0);
	}
	CHECK_EQ(reap(1), 1);
	CHECK_EQ(futex(word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0);
	CHECK_EQ(*word, 0);
	*word = 0x3ffffff0; /* nobody has this id */
	CHECK_ERRNO(futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), ESRCH);
}

static void *do_nothing(void *arg)
{
	return arg;
}

T(threads_are_joined)
{
	for (long i = 0; i < 200; i++) {
		pthread_t t;
		void *r;

		CHECK_EQ(pthread_create(&t, NULL, do_nothing, (void *)i), 0);
		CHECK_EQ(pthread_join(t, &r), 0);
		CHECK_EQ((long)r, i);
	}
}

T(robust_list_of_a_thread)
{
	void *head = NULL;
	size_t len = 0;

	CHECK_EQ(syscall(SYS_get_robust_list, 0, &head, &len), 0);
	CHECK_EQ(len, sizeof(struct robust_list_head));
	CHECK(head != NULL);
	CHECK_ERRNO(syscall(SYS_set_robust_list, head, 3), EINVAL);
	CHECK_ERRNO(syscall(SYS_get_robust_list, 0x3ffffff0, &head, &len),
		    ESRCH);
}

T_MAIN
