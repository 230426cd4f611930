/* SPDX-License-Identifier: GPL-2.0 */
/* getrandom(2), /dev/random. */
#ifndef ABI_RANDOM_H
#define ABI_RANDOM_H

#define RNDZAPENTCNT   0x5204
#define RNDCLEARPOOL   0x5206
#define RNDRESEEDCRNG  0x5207
#define RNDADDTOENTCNT 0x40045201
#define RNDADDENTROPY  0x40085203
#define RNDGETENTCNT   0x80045200u
#define RNDGETPOOL     0x80085202u
#define GRND_NONBLOCK  0x0001
#define GRND_RANDOM    0x0002
#define GRND_INSECURE  0x0004

#endif
