/* SPDX-License-Identifier: GPL-2.0 */
/* Memory and string functions with their C meanings; kernel/lib/string.c. */
#ifndef KERNEL_STRING_H
#define KERNEL_STRING_H

#include <kernel/types.h>

void *memcpy(void *d, const void *s, size_t n);
void *memmove(void *d, const void *s, size_t n);
void *memset(void *d, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t n);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *h, const char *n);
/* Copies at most size-1 bytes and terminates; => strlen(src). */
size_t strlcpy(char *d, const char *s, size_t size);
/* Parse with base 10, 0x… or 0…; => 0 or -EINVAL. Stops at *end. */
int kstrtou64(const char *s, const char **end, u64 *out);

#endif
