# Tests; included by the Makefile. See tests/run.sh.

GTEST	:= $(patsubst tests/guest/%.c,$(O)/tests/guest/%,$(wildcard tests/guest/*.c))
TFLAGS	:= -std=gnu11 -O1 -g -Wall -Wextra -Wno-unused-parameter -pthread

$(O)/tests/guest/%: tests/guest/%.c $(wildcard tests/guest/*.h)
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(TFLAGS) -static -o $@ $<
$(O)/tests/bench/%: tests/bench/%.c
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(TFLAGS) -O2 -static -o $@ $<

.PHONY: test-deps
test-deps:
	@sh tools/install-deps.sh test
tests: $(GTEST)
.PHONY: tests
check-native: test-deps
	@$(MAKE) --no-print-directory $(O)/lodger tests
	@sh tests/run.sh $(O) native $(T)
check: test-deps
	@$(MAKE) --no-print-directory $(O)/lodger tests
	@sh tests/run.sh $(O) check $(T)
check-long: test-deps
	@$(MAKE) --no-print-directory $(O)/lodger tests
	@sh tests/run.sh $(O) long
bench: $(O)/lodger $(O)/tests/bench/spine
	@sh tests/bench/run.sh $(O)
