# SPDX-License-Identifier: GPL-2.0
#
# Derives everything that is made from kernel/syscall/syscalls.tbl:
#
#	awk -v out=WHAT -f tools/gen-syscalls.awk kernel/syscall/syscalls.tbl
#
# WHAT is
#   syscalls		prototypes of all sys_NAME (<gen/syscalls.h>)
#   syscall_table	thunks from registers to typed arguments, the dispatch
#			array, names and strace formats (<gen/syscall_table.h>,
#			included by kernel/syscall/dispatch.c alone)
#   md			the compatibility page, SYSCALLS.md
#   list		"number name level", for scripts
#
# The columns are explained at the top of syscalls.tbl. Only rows that are
# `part` or `full` are referred to by the table, so that a row can stand there
# long before its function does.

function die(msg)
{
	print FILENAME ":" FNR ": " msg >"/dev/stderr"
	failed = 1
	exit 1
}

BEGIN {
	split("rdi rsi rdx r10 r8 r9", reg)
	ctype["i"] = "int"
	ctype["u"] = "u32"
	ctype["l"] = "long"
	ctype["U"] = "u64"
	ctype["p"] = "uaddr"
	letter["i"] = letter["l"] = "d"
	letter["u"] = letter["U"] = "u"
	letter["p"] = "p"
	nr_max = -1
}

/^#/ || NF == 0 {
	next
}

{
	note = ""
	if (match($0, /;.*/)) {
		note = substr($0, RSTART + 1)
		sub(/^[ \t]+/, "", note)
		$0 = substr($0, 1, RSTART - 1)
	}
	if ($1 !~ /^[0-9]+$/ || NF < 4 || NF > 10)
		die("malformed line")
	if ($1 + 0 <= nr_max)
		die("numbers must ascend")
	if ($3 !~ /^(none|part|full)$/)
		die("level " $3)
	if ($4 !~ /^[duxofe]$/)
		die("result " $4)
	n = nr_max = $1 + 0
	name[n] = $2
	level[n] = $3
	result[n] = $4
	remark[n] = note
	count[$3]++
	proto = call = fmt = ""
	for (a = 5; a <= NF; a++) {
		if ($a !~ /^[iulUp]:[a-z_][a-z0-9_]*(\/[a-zA-Z])?$/)
			die("argument " $a)
		t = substr($a, 1, 1)
		arg = substr($a, 3)
		l = letter[t]
		if (match(arg, /\//)) {
			l = substr(arg, RSTART + 1)
			arg = substr(arg, 1, RSTART - 1)
		}
		v = "r->" reg[a - 4]
		if (t == "p")
			v = "UADDR(" v ")"
		else if (t != "U")
			v = "(" ctype[t] ")" v
		sep = a > 5 ? ", " : ""
		proto = proto sep ctype[t] " " arg
		call = call sep v
		fmt = fmt t l
	}
	protos[n] = proto == "" ? "void" : proto
	calls[n] = call
	fmts[n] = fmt
}

function head(guard)
{
	print "/* Made by tools/gen-syscalls.awk. */"
	print "#ifndef " guard
	print "#define " guard
	print ""
}

function out_syscalls(	n)
{
	head("GEN_SYSCALLS_H")
	print "#include <kernel/types.h>\n"
	for (n = 0; n <= nr_max; n++)
		if (n in name)
			print "#define __NR_" name[n] " " n
	print "#define NR_SYSCALLS " nr_max + 1 "\n"
	for (n = 0; n <= nr_max; n++)
		if (n in name)
			print "long sys_" name[n] "(" protos[n] ");"
	print "\n#endif"
}

function out_syscall_table(	n)
{
	head("GEN_SYSCALL_TABLE_H")
	print "#include <kernel/syscall.h>"
	print "#include <hostapi/regs.h>\n"
	for (n = 0; n <= nr_max; n++) {
		if (!(n in name) || level[n] == "none")
			continue
		print "static long syscall_do_" name[n] \
			"(const struct pt_regs *r)"
		print "{\n\treturn sys_" name[n] "(" calls[n] ");\n}"
	}
	print "\nstatic long (*const syscall_table[NR_SYSCALLS])" \
		"(const struct pt_regs *) = {"
	for (n = 0; n <= nr_max; n++) {
		if (!(n in name) || level[n] == "none")
			print "\t[" n "] = syscall_none,"
		else
			print "\t[" n "] = syscall_do_" name[n] ","
	}
	print "};\n"
	print "const struct syscall_format syscall_formats[NR_SYSCALLS] = {"
	for (n = 0; n <= nr_max; n++)
		if (n in name)
			print "\t[" n "] = { \"" name[n] "\", \"" fmts[n] \
				"\", '" result[n] "' },"
	print "};\n\n#endif"
}

function out_md(	n)
{
	print "# System calls\n"
	print "Made from `kernel/syscall/syscalls.tbl`. `full`: as Linux" \
		" 6.12; `part`: what is missing"
	print "stands in the last column; `none`: answers ENOSYS.\n"
	print count["full"] + 0 " full, " count["part"] + 0 " part, " \
		count["none"] + 0 " none.\n"
	print "| number | name | level | note |\n|---|---|---|---|"
	for (n = 0; n <= nr_max; n++)
		if (n in name)
			print "| " n " | " name[n] " | " level[n] " | " \
				remark[n] " |"
}

END {
	if (failed)
		exit 1
	if (out == "syscalls")
		out_syscalls()
	else if (out == "syscall_table")
		out_syscall_table()
	else if (out == "md")
		out_md()
	else if (out == "list") {
		for (n = 0; n <= nr_max; n++)
			if (n in name)
				print n, name[n], level[n]
	} else {
		print "gen-syscalls.awk: out=" out "?" >"/dev/stderr"
		exit 1
	}
}
