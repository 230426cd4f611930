// SPDX-License-Identifier: GPL-2.0
/*
 * Messages of the command. One write per message, so that lines of several
 * threads do not mix, and CR LF on a terminal, because the console may have
 * made it raw (a cooked one does not mind).
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "drivers-host/monitor.h"
#include "say.h"

static void say_v(const char *fmt, va_list ap)
{
	char buf[1024] = "lodger: ";
	const char *end = isatty(STDERR_FILENO) ? "\r\n" : "\n";
	size_t len = strlen(buf);
	int n = vsnprintf(buf + len, sizeof(buf) - len - 2, fmt, ap);

	if (n > 0)
		len += (size_t)n < sizeof(buf) - len - 2
			       ? (size_t)n
			       : sizeof(buf) - len - 3;
	memcpy(buf + len, end, strlen(end));
	if (write(STDERR_FILENO, buf, len + strlen(end)) < 0)
		return; /* nobody to tell */
}

void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_v(fmt, ap);
	va_end(ap);
}

void say_die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_v(fmt, ap);
	va_end(ap);
	exit(EXIT_LODGER);
}

void monitor_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_v(fmt, ap);
	va_end(ap);
}
