/* SPDX-License-Identifier: GPL-2.0 */
/* memfd_create(2). */
#ifndef ABI_MEMFD_H
#define ABI_MEMFD_H

#define MFD_CLOEXEC	  0x0001U
#define MFD_ALLOW_SEALING 0x0002U
#define MFD_HUGETLB	  0x0004U
#define MFD_NOEXEC_SEAL	  8
#define MFD_EXEC	  16

#endif
