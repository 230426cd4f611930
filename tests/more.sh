# shellcheck shell=sh
# Sourced by run.sh: the tests that are no guest tests.
single abi sh tests/abi/run.sh "$build"
