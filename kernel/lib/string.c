/* SPDX-License-Identifier: GPL-2.0 */
/* Memory and string functions; the large ones by the string instructions. */
#include <abi/errno.h>
#include <kernel/checks.h>
#include <kernel/string.h>

void *memcpy(void *d, const void *s, size_t n)
{
	void *r = d;

	asan_check(s, n, false);
	asan_check(d, n, true);
	if (n >= 8 && n <= 16) {
		u64 a = *(const u64 *)s;
		u64 b = *(const u64 *)((const char *)s + n - 8);

		*(u64 *)d = a;
		*(u64 *)((char *)d + n - 8) = b;
		return r;
	}
	__asm__ volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(n) : : "memory");
	return r;
}

void *memmove(void *d, const void *s, size_t n)
{
	char *dc = d;
	const char *sc = s;

	if ((u64)dc - (u64)sc >= n)
		return memcpy(d, s, n);
	while (n >= 8) {
		n -= 8;
		*(u64 *)(dc + n) = *(const u64 *)(sc + n);
	}
	while (n--)
		dc[n] = sc[n];
	return d;
}

void *memset(void *d, int c, size_t n)
{
	void *r = d;

	asan_check(d, n, true);
	__asm__ volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(c) : "memory");
	return r;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *x = a, *y = b;

	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

void *memchr(const void *s, int c, size_t n)
{
	const u8 *p = s;

	for (; n; n--, p++)
		if (*p == (u8)c)
			return (void *)p;
	return NULL;
}

size_t strlen(const char *s)
{
	const char *p = s;

	while (*p)
		p++;
	return (size_t)(p - s);
}

size_t strnlen(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n && s[i]; i++)
		;
	return i;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (u8)*a - (u8)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++) {
		if (*a != *b)
			return (u8)*a - (u8)*b;
		if (!*a)
			break;
	}
	return 0;
}

char *strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c)
			return (char *)s;
		if (!*s)
			return NULL;
	}
}

char *strrchr(const char *s, int c)
{
	const char *best = NULL;

	for (;; s++) {
		if (*s == (char)c)
			best = s;
		if (!*s)
			return (char *)best;
	}
}

char *strstr(const char *h, const char *n)
{
	size_t len = strlen(n);

	for (; *h; h++)
		if (!strncmp(h, n, len))
			return (char *)h;
	return len ? NULL : (char *)h;
}

size_t strlcpy(char *d, const char *s, size_t size)
{
	size_t len = strlen(s);

	if (size) {
		size_t n = len < size ? len : size - 1;

		memcpy(d, s, n);
		d[n] = 0;
	}
	return len;
}

int kstrtou64(const char *s, const char **end, u64 *out)
{
	u64 v = 0, base = 10;
	const char *start;

	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		base = 16;
		s += 2;
	} else if (s[0] == '0') {
		base = 8;
	}
	for (start = s;; s++) {
		u64 d;

		if (*s >= '0' && *s <= '9')
			d = (u64)(*s - '0');
		else if (*s >= 'a' && *s <= 'f')
			d = (u64)(*s - 'a' + 10);
		else if (*s >= 'A' && *s <= 'F')
			d = (u64)(*s - 'A' + 10);
		else
			break;
		if (d >= base)
			break;
		if (__builtin_mul_overflow(v, base, &v) ||
		    __builtin_add_overflow(v, d, &v))
			return -EINVAL;
	}
	if (s == start)
		return -EINVAL;
	if (end)
		*end = s;
	*out = v;
	return 0;
}
