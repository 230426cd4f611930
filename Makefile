# Lodger. `make run` boots the built-in machine, `make check` passes the tests.
# One Makefile, not recursive. O=DIR build folder, V=1 shows commands,
# SAN=address,undefined builds the kernel with these sanitizers, LOCKDEP=1 with a
# checker of lock order, DEBUG=1 with one of the heap, FAULTS=1 one that can be
# told what is to fail. See kernel/debug/.

O	?= build
V	?= 0
SAN	?=
PREFIX	?= /usr/local
SILENT	:= $(findstring s,$(filter-out --%,$(firstword -$(MAKEFLAGS))))
Q	:= $(if $(filter 1,$(V)),,@)
say	= $(if $(filter 1,$(V))$(SILENT),,@printf '  %-7s %s\n' $(1) $(2))

CC	?= gcc
WARN	:= -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes -Wshadow \
	   -Wundef -Wpointer-arith -Wwrite-strings -Wno-unused-parameter -Werror
COMMON	:= -std=gnu11 -O2 -g -MMD -MP $(WARN)

# --- The kernel: freestanding, general registers only, no libc ---------------
GCCINC	:= $(shell $(CC) -print-file-name=include)
KFLAGS	:= $(COMMON) -ffreestanding -mgeneral-regs-only -mpopcnt -mno-red-zone -fPIE \
	   -fvisibility=hidden -fno-stack-protector -fno-asynchronous-unwind-tables \
	   -fno-omit-frame-pointer -fno-strict-aliasing -fno-delete-null-pointer-checks \
	   -fcf-protection=none -fno-jump-tables -fno-tree-loop-distribute-patterns -ffunction-sections \
	   -include kernel/include/kernel/hidden.h -Ikernel -Ikernel/include -I$(O)
# kernel/ and *_kern.c see no host header at all
KERNEL_ONLY := -nostdinc -isystem $(GCCINC)
ifneq ($(findstring undefined,$(SAN)),)
KFLAGS	+= -fsanitize=undefined -fno-sanitize=alignment,vptr
HSAN	:= -fsanitize=undefined
endif

# which of the kernel has run: tools/hot-text.py
ifeq ($(COVER),1)
KFLAGS	+= -fsanitize-coverage=trace-pc
endif

# Only what checks.h and the like leave to be checked is instrumented: not
# arch-um, not the allocator, not the checkers. The shadow: kernel/debug/asan.c
ifneq ($(findstring address,$(SAN)),)
KSAN	:= -fsanitize=kernel-address -fsanitize-address-use-after-scope -fasan-shadow-offset=0x5b01f8000000 \
	   --param asan-globals=1 --param asan-stack=1 \
	   --param asan-instrument-allocas=0 \
	   --param asan-instrumentation-with-call-threshold=0
endif
ifeq ($(KCOV),1)
KSAN	+= -fsanitize-coverage=trace-pc
endif
UNCHECKED := $(O)/kernel/core/slab.o $(filter-out %/broken.o,$(patsubst %.c,$(O)/%.o,$(wildcard kernel/debug/*.c)))

# Checkers, and nothing of them where they are not asked for.
on	= $(if $(filter-out 0,$(1)),1)
debug-$(call on,$(filter 1,$(FAULTS))) += faults
debug-$(filter 1,$(COVER)) += cover
debug-$(call on,$(findstring undefined,$(SAN))) += ubsan
debug-$(call on,$(findstring address,$(SAN))) += asan
debug-$(call on,$(findstring address,$(SAN))$(filter 1,$(DEBUG) $(LOCKDEP))) += heap
debug-$(call on,$(findstring address,$(SAN))$(filter 1,$(DEBUG) $(LOCKDEP))) += lockdep
debug-$(call on,$(filter 1,$(KCOV))) += kcov
debug-$(call on,$(SAN)$(filter 1,$(DEBUG) $(LOCKDEP))) += broken
CHECKERS := $(filter-out ubsan broken,$(debug-1))
KFLAGS	+= $(if $(filter faults,$(debug-1)),-DCONFIG_FAULTS) \
	   $(if $(filter asan,$(debug-1)),-DCONFIG_ASAN) \
	   $(if $(filter heap,$(debug-1)),-DCONFIG_HEAP) \
	   $(if $(filter lockdep,$(debug-1)),-DCONFIG_LOCKDEP) \
	   $(if $(filter kcov,$(debug-1)),-DCONFIG_KCOV) \
	   $(if $(filter broken,$(debug-1)),-DCONFIG_BROKEN)
KSRC	:= $(sort $(filter-out kernel/debug/%,$(wildcard kernel/*/*.c kernel/*/*/*.c)) $(debug-1:%=kernel/debug/%.c))
DKSRC	:= $(sort $(wildcard drivers-host/*_kern.c))
ASRC	:= $(sort $(wildcard arch-um/*.c))
ASSRC	:= $(sort $(wildcard arch-um/*.S))
KOBJ	:= $(KSRC:%.c=$(O)/%.o) $(DKSRC:%.c=$(O)/%.o)
AOBJ	:= $(ASRC:%.c=$(O)/%.o) $(ASSRC:%.S=$(O)/%.o)

# --- The lodger command: an ordinary program ---------------------------------
HSRC	:= $(sort $(wildcard boot/*.c drivers-host/*_host.c))
HOBJ	:= $(HSRC:%.c=$(O)/%.o)
HFLAGS	:= $(COMMON) -D_GNU_SOURCE -fPIE -Ikernel -I. -I$(O) $(HSAN)
HLIBS	:= -lz -lseccomp -lcap-ng -lpthread

.DELETE_ON_ERROR:
all: $(O)/lodger $(O)/lodger-img
.PHONY: all run check check-long check-native check-hosts lint tables install clean bench deps

GEN	:= $(O)/gen/syscalls.h
.SECONDARY: $(GEN) # else it goes after a first build, and all is built again
$(O)/gen/%.h: kernel/syscall/syscalls.tbl tools/gen-syscalls.awk
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D) && awk -v out=$* -f tools/gen-syscalls.awk $< >$@.tmp && { cmp -s $@.tmp $@ && rm $@.tmp || mv $@.tmp $@; }

$(O)/kernel/syscall/dispatch.o: $(O)/gen/syscall_table.h
$(O)/kernel/%.o: kernel/%.c | $(GEN)
	$(call say,KCC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(KFLAGS) $(if $(filter $(UNCHECKED),$@),,$(KSAN)) $(KERNEL_ONLY) -c $< -o $@
$(O)/drivers-host/%_kern.o: drivers-host/%_kern.c | $(GEN)
	$(call say,KCC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(KFLAGS) $(KSAN) $(KERNEL_ONLY) -c $< -o $@
$(O)/arch-um/%.o: arch-um/%.c | $(GEN)
	$(call say,KCC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(KFLAGS) -mfsgsbase -Iarch-um -c $< -o $@
$(O)/arch-um/%.o: arch-um/%.S
	$(call say,KAS,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(KFLAGS) -Iarch-um -D__ASSEMBLY__ -c $< -o $@
$(O)/drivers-host/%_host.o: drivers-host/%_host.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(HFLAGS) -c $< -o $@
$(O)/boot/%.o: boot/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(HFLAGS) -c $< -o $@

# Everything but arch-um must need nothing but host_* (tools/check-boundary.sh).
$(O)/kernel-part.o: $(KOBJ) tools/check-boundary.sh
	$(call say,LD,$@)
	$(Q)ld -r -o $@ $(KOBJ) && sh tools/check-boundary.sh $@

$(O)/kernel.elf: $(O)/kernel-part.o $(AOBJ) arch-um/kernel.lds arch-um/hot.lds tools/kallsyms.sh
	$(call say,LD,$@)
	$(Q)sh tools/kallsyms.sh $(O) arch-um/kernel.lds $@ $(O)/kernel-part.o $(AOBJ)
	$(Q)sh tools/check-gates.sh $@

# What lodger carries: the image without debug sections, and the built-in root.
$(O)/kernel.img: $(O)/kernel.elf
	$(Q)objcopy -S $< $@
# The same with them, and the scripts for gdb, which finds them beside kernel.elf.
$(O)/kernel.dbg: $(O)/kernel.elf
	$(Q)objcopy --compress-debug-sections=zlib $< $@
$(O)/kernel.elf-gdb.py: tools/gdb/base.py $(filter-out tools/gdb/base.py,$(wildcard tools/gdb/*.py))
	$(Q)mkdir -p $(@D) && cat $^ >$@
$(O)/initramfs.cpio: $(shell find boot/initramfs) tools/mkinitramfs.sh
	$(call say,CPIO,$@)
	$(Q)sh tools/mkinitramfs.sh boot/initramfs $@
$(O)/boot/image.o: boot/image.S $(O)/kernel.img $(O)/kernel.dbg $(O)/kernel.elf-gdb.py $(O)/initramfs.cpio
	$(Q)mkdir -p $(@D) && $(CC) -I$(O) -c $< -o $@
$(O)/lodger: $(HOBJ) $(O)/boot/image.o
	$(call say,LD,$@)
	$(Q)$(CC) $(HSAN) -pie -o $@ $^ $(HLIBS)

# Images and COW files; shares the monitor's files of them.
$(O)/lodger-img: tools/lodger-img.c $(O)/drivers-host/cow_host.o $(O)/drivers-host/imgio_host.o
	$(call say,LD,$@)
	$(Q)$(CC) $(HFLAGS) -MF $@.d -o $@ $(filter %.c %.o,$^) -lpthread
# lodger-mount, where libfuse3 is there: hostkern with its names hidden.
ifneq ($(wildcard /usr/include/fuse3/fuse.h),)
$(if $(CHECKERS),,all: $(O)/lodger-mount)
endif
$(O)/tools/hostkern.o: tools/hostkern/hostkern.c tools/hostkern/hostkern.h | $(GEN)
	$(call say,KCC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(filter-out -fsanitize=% -fno-sanitize=%,$(KFLAGS)) $(KERNEL_ONLY) -w -I. -c $< -o $@ && objcopy --localize-hidden $@
$(O)/lodger-mount: tools/lodger-mount.c $(O)/tools/hostkern.o
	$(call say,LD,$@)
	$(Q)$(CC) $(COMMON) -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -I. -I/usr/include/fuse3 -MT $@ -o $@ $(filter %.c %.o,$^) -lfuse3

# what `make run` and the like build uses all processors unless told otherwise
jobs	= $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))
deps:
	@sh tools/install-deps.sh run
run: deps
	@$(MAKE) --no-print-directory $(jobs) $(O)/lodger
	@$(O)/lodger run

include $(wildcard tests/tests.mk)

install: $(O)/lodger $(O)/lodger-img
	install -D -m 755 $(O)/lodger $(DESTDIR)$(PREFIX)/bin/lodger
	install -D -m 755 $(O)/lodger-img $(DESTDIR)$(PREFIX)/bin/lodger-img
	install -D -m 644 boot/lodger.1 $(DESTDIR)$(PREFIX)/share/man/man1/lodger.1
lint:
	@sh tools/lint.sh
# Committed, because readers want it; lint tells when it is stale.
tables:
	$(Q)awk -v out=md -f tools/gen-syscalls.awk kernel/syscall/syscalls.tbl >kernel/syscall/SYSCALLS.md
clean:
	rm -rf $(O)

-include $(shell find $(O) -name '*.d' 2>/dev/null)
