/* SPDX-License-Identifier: GPL-2.0 */
/* timerfd_create(2). */
#ifndef ABI_TIMERFD_H
#define ABI_TIMERFD_H

#define TFD_TIMER_ABSTIME	0x1
#define TFD_TIMER_CANCEL_ON_SET 0x2
#define TFD_NONBLOCK		0x800
#define TFD_CLOEXEC		0x80000
#define TFD_IOC_SET_TICKS	0x40085400

#endif
