/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Host calls that fail on purpose (FAULTS=1), included last by arch.h: all of
 * arch-um but faults.c then calls through here.
 */
#ifndef ARCH_FAULTS_H
#define ARCH_FAULTS_H

#ifdef CONFIG_FAULTS
long fault_host_call(long nr, long a1, long a2, long a3, long a4, long a5);
long fault_host_call6(long nr, long a1, long a2, long a3, long a4, long a5,
		      long a6);
long fault_host_clone(uint64_t flags, uint64_t stack, uint32_t *ptid,
		      uint32_t *ctid, void (*fn)(void *), void *arg);
#ifndef FAULTS_RAW
#define host_call  fault_host_call
#define host_call6 fault_host_call6
#define host_clone fault_host_clone
#endif
#endif

#endif
