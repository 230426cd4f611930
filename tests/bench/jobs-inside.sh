#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Whole jobs, timed; run by tests/bench/jobs.sh on the host and in a machine,
# in the same tree. A line "NAME MICROSECONDS" for each job whose programs are
# there. Arguments: names of jobs; default all. A name that ends in _first is
# the first run of the job that stands behind it: a machine starts with empty
# caches, the host with full ones.
set -u
export PATH=/usr/bin:/bin:/usr/sbin:/sbin HOME=/tmp LC_ALL=C
cd /tmp || exit 1

have() {
	for p; do
		type "$p" >/dev/null 2>&1 || return 1
	done
}

timed() { # NAME FUNCTION
	local a=$EPOCHREALTIME b
	"$2" || { echo "$1 failed" >&2; return; }
	b=$EPOCHREALTIME
	echo "$1 $((${b/./} - ${a/./}))"
}

twice() {
	timed "$1_first" "$2"
	timed "$1" "$2"
}

want() { # NAME PROGRAM...
	local name=$1
	shift
	case " $jobs " in
	"  " | *" $name "*) have "$@" ;;
	*) return 1 ;;
	esac
}
jobs=$*

project() { # a C project of 30 files
	mkdir -p proj && cd proj || return
	for i in {1..30}; do
		{
			echo '#include <stdio.h>'
			echo '#include <stdlib.h>'
			echo '#include <string.h>'
			for j in {1..20}; do
				echo "int f${i}_$j(int n, const char *s) { int k = $j;"
				echo ' for (int i = 0; i < n; i++) k += s[i] * i;'
				echo ' if (k > 9) printf("%d %s\n", k, s); return k; }'
			done
		} >"f$i.c"
	done
	{
		for i in {1..30}; do
			echo "int f${i}_1(int n, const char *s);"
		done
		echo 'int main(void) { int k = 0;'
		for i in {1..30}; do
			echo "k += f${i}_1(1, \"a\");"
		done
		echo 'return k == 0; }'
	} >main.c
	printf 'OBJ := $(patsubst %%.c,%%.o,$(wildcard *.c))\nprog: $(OBJ)\n\t$(CC) -o $@ $(OBJ)\n%%.o: %%.c\n\t$(CC) -O1 -c -o $@ $<\nclean:\n\trm -f *.o prog\n' >Makefile
	cd ..
}

repository() {
	mkdir -p repo && cd repo && git init -q . || return
	for i in {1..20}; do
		mkdir -p "d$i"
		for j in {1..25}; do
			echo "$i $j" >"d$i/f$j"
		done
	done
	git add . && git -c user.name=b -c user.email=b@b commit -qm all
	cd ..
}

j_loop() { for ((i = 0; i < 500; i++)); do /bin/true; done; }
j_python() { python3 -c pass; }
j_python50() { for ((i = 0; i < 50; i++)); do python3 -c pass; done; }
j_find() { find / -xdev | wc -l >/dev/null; }
j_ls() { ls -lR /usr >/dev/null; }
j_tar() { tar c /usr 2>/dev/null | wc -c >/dev/null; }
j_make() { make -s -j2 -C proj; }
j_git() { for ((i = 0; i < 10; i++)); do git -C repo status >/dev/null; done; }
j_sqlite() {
	rm -f t.db
	sqlite3 t.db 'create table t(a integer primary key, b text);
		with recursive n(i) as (select 1 union all select i+1 from n
		limit 100000) insert into t select i, hex(randomblob(20)) from n;
		create index x on t(b); select count(*) from t' >/dev/null
}
j_sqlite_tx() { # a thousand transactions, each with its journal
	rm -f u.db
	{
		echo 'create table t(a integer primary key, b text);'
		for ((i = 0; i < 1000; i++)); do
			echo "insert into t values($i, 'text');"
		done
	} | sqlite3 u.db
}
j_redis() {
	redis-benchmark -s /tmp/redis.sock -q -n 20000 -c 20 -t get,set \
		>/dev/null 2>&1
}
j_compress() { gzip -1 <big >/dev/null; }

main() {
	want loop true && timed loop j_loop
	want python python3 && twice python j_python
	want python50 python3 && timed python50 j_python50
	want find find && twice find j_find
	want ls ls && twice ls j_ls
	want tar tar && twice tar j_tar
	want make make gcc && project && timed make_first j_make &&
		make -s -C proj clean && timed make j_make
	want git git && repository && timed git j_git
	want sqlite sqlite3 && timed sqlite j_sqlite
	want sqlite_tx sqlite3 && timed sqlite_tx j_sqlite_tx
	if want redis redis-server redis-benchmark; then
		redis-server --port 0 --unixsocket /tmp/redis.sock --save '' \
			--dir /tmp --loglevel warning >/dev/null 2>&1 &
		for ((i = 0; i < 100; i++)); do
			[ -S redis.sock ] && break
			sleep 0.05
		done
		timed redis j_redis
		kill $!
		wait
	fi
	if want compress gzip; then
		# text that compresses as text does; the same on both sides
		find / -xdev 2>/dev/null | head -c 1000000 >part
		for i in {1..100}; do cat part; done | head -c 100000000 >big
		timed compress j_compress
		rm -f big part
	fi
}
main </dev/null # not from the script
exit 0
