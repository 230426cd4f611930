# Tests; included by the Makefile. See tests/run.sh.

TFLAGS	:= -std=gnu11 -O1 -g -Wall -Wextra -Wno-unused-parameter -Wno-stringop-overread -Wno-infinite-recursion -Wno-implicit-fallthrough -Wno-cast-function-type -pthread
GTEST	:= $(patsubst tests/%.c,$(O)/tests/%,$(wildcard tests/guest/*.c \
	   tests/attack/*.c tests/stress/*.c tests/diff/*.c))
# helpers on the host: tests/boot/NAME.c
HTEST	:= $(patsubst tests/boot/%.c,$(O)/tests/bin/%,$(wildcard tests/boot/*.c))
# not for kernels with checkers, which need a kernel around them
UTEST	:= $(if $(CHECKERS),,$(patsubst tests/unit/%/fake.c,$(O)/tests/bin/unit-%,$(wildcard tests/unit/*/fake.c)))

$(GTEST): $(wildcard tests/guest/*.h tests/attack/*.h tests/diff/*.h) $(O)/tests/attack/calls.h
$(O)/tests/diff/calls: $(O)/tests/attack/calls-there.h
# those that exist
$(O)/tests/attack/calls-there.h: kernel/syscall/syscalls.tbl tests/attack/gen-calls.awk
	$(Q)mkdir -p $(@D) && grep -v '	none	' $< | awk -f tests/attack/gen-calls.awk >$@
$(O)/tests/attack/calls.h: kernel/syscall/syscalls.tbl tests/attack/gen-calls.awk
	$(Q)mkdir -p $(@D) && awk -f tests/attack/gen-calls.awk $< >$@
$(GTEST): $(O)/tests/%: tests/%.c
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(TFLAGS) -static -I$(O)/tests/attack -Itests/guest -o $@ $<
$(O)/tests/bench/%: tests/bench/%.c
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(TFLAGS) -O2 -static -o $@ $<
$(HTEST): $(O)/tests/bin/%: tests/boot/%.c
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(TFLAGS) -o $@ $<

# A unit test: kernel files over a fake host (fake.c, built as the kernel is,
# its names hidden) linked with a Check program.
$(O)/tests/unit/%/fake.o: tests/unit/%/fake.c tests/unit/%/fake.h | $(GEN)
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(KFLAGS) $(KERNEL_ONLY) -w -I. -MT $@ -MF $(@:.o=.d) -c $< -o $@.tmp.o && ld -r -o $@ $@.tmp.o $(filter %.o,$^) && objcopy --localize-hidden $@
$(O)/tests/unit/mm/fake.o: $(O)/kernel/lib/string.o
UNITHOST_fs := drivers-host/hostfs_host.o drivers-host/hostfs_nodes_host.o drivers-host/hostfs_watch_host.o
.SECONDEXPANSION:
$(UTEST): $(O)/tests/bin/unit-%: $(O)/tests/unit/%/fake.o tests/unit/%/test_$$*.c $$(addprefix $(O)/,$$(UNITHOST_$$*))
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(TFLAGS) $(HSAN) -D_GNU_SOURCE -Wno-unused-function -Ikernel -I. -o $@ $(filter %.o %.c,$^) -lcheck -lsubunit -lm -lrt -lz -lpthread

.PHONY: tests test-deps san check-san check-faults coverage
test-deps:
	@sh tools/install-deps.sh test
tests: $(GTEST) $(HTEST) $(UTEST) $(O)/lodger-img
check-native: test-deps
	@$(MAKE) --no-print-directory $(jobs) $(O)/lodger tests
	@sh tests/run.sh $(O) native $(T)
# The kernel with sanitizers: where BUILD/san is there, `check` passes the guest tests with it as well.
san:
	@$(MAKE) --no-print-directory $(jobs) O=$(O)/san SAN=address,undefined $(O)/san/lodger
check: test-deps
	@$(MAKE) --no-print-directory $(jobs) $(O)/lodger tests
	@sh tests/run.sh $(O) check $(T)
check-long: test-deps
	@$(MAKE) --no-print-directory $(jobs) $(O)/lodger tests
	@$(MAKE) --no-print-directory san
	@sh tests/run.sh $(O) long
	@$(MAKE) --no-print-directory check-faults check-san
# A kernel of its own for tests/stress/faults.sh, whatever fails there.
check-faults: test-deps
	@$(MAKE) --no-print-directory $(jobs) O=$(O)/faults FAULTS=1 $(O)/faults/lodger
	@$(MAKE) --no-print-directory $(jobs) tests
	@ln -sfn ../tests $(O)/faults/tests
	@sh tests/run.sh $(O)/faults long faults
# All guest tests, attacks and storms with sanitizers, on all backends.
check-san: test-deps san
	@$(MAKE) --no-print-directory $(jobs) tests
	@ln -sfn ../tests $(O)/san/tests
	@sh tests/run.sh $(O)/san check $(T)
# What of the kernel the tests run through, by file.
coverage: test-deps
	@$(MAKE) --no-print-directory $(jobs) O=$(O)/kcov KCOV=1 $(O)/kcov/lodger
	@$(MAKE) --no-print-directory $(jobs) tests
	@ln -sfn ../tests $(O)/kcov/tests
	@rm -rf $(O)/kcov/cov && mkdir -p $(O)/kcov/cov
	-@LODGER_COVERAGE=$(abspath $(O)/kcov/cov) sh tests/run.sh $(O)/kcov check $(T)
	@sh tools/coverage.sh $(O)/kcov $(O)/kcov/cov
	@$(MAKE) --no-print-directory check-hosts
check-hosts: test-deps
	@$(MAKE) --no-print-directory $(jobs) $(O)/lodger tests $(O)/tests/bench/spine
	@sh tests/hosts/check-hosts.sh $(O)
BACKEND	?= auto
bench: $(O)/lodger $(O)/tests/bench/spine
	@BACKEND='$(BACKEND)' PEERS='$(PEERS)' UML='$(UML)' RUNSC='$(RUNSC)' \
		sh tests/bench/run.sh $(O)
	@sh tests/bench/jobs.sh $(O)
	@sh tests/bench/chart.sh $(O) tests/bench/ratios.svg
