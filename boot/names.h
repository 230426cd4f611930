/* SPDX-License-Identifier: GPL-2.0 */
/* Machines by name: their state folders and control sockets. */
#ifndef BOOT_NAMES_H
#define BOOT_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#define NAMES_MAX 48

/* The state folder of a machine that this process is about to run. */
struct name_state {
	char name[NAMES_MAX + 1];
	char dir[160];
	int dir_fd;  /* locked as long as the machine lives */
	int control; /* listening socket */
};

bool names_valid(const char *name);
/* Take a name (NULL: make one up). Dies with a sentence. */
void names_claim(struct name_state *st, const char *name);
/* The end: remove what names_claim() made. */
void names_release(struct name_state *st);

/* => folder of a running machine of that name; dies when there is none */
void names_find(const char *name, char *dir, size_t size);
/* => a socket connected to the machine of that folder, or -1 */
int names_dial(const char *dir);
/* => true and the pid of the `lodger` that runs the machine of that name */
bool names_pid(const char *name, int *pid);

/* `lodger ls`, `lodger stop NAME`, `lodger kill NAME` => exit status */
int names_ls(int argc, char **argv);
int names_stop(int argc, char **argv);
int names_kill(int argc, char **argv);

#endif
