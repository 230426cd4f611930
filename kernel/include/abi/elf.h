/* SPDX-License-Identifier: GPL-2.0 */
/* ELF64 as exec, core dumps and ptrace need it. */
#ifndef ABI_ELF_H
#define ABI_ELF_H

#include <kernel/types.h>

#define ET_NONE		       0
#define ET_REL		       1
#define ET_EXEC		       2
#define ET_DYN		       3
#define ET_CORE		       4
#define EM_NONE		       0
#define EM_386		       3
#define EM_X86_64	       62
#define EM_AARCH64	       183
#define ELFCLASSNONE	       0
#define ELFDATANONE	       0
#define ELFCLASS32	       1
#define ELFDATA2LSB	       1
#define ELFCLASS64	       2
#define ELFDATA2MSB	       2
#define ELFCLASSNUM	       3
#define SELFMAG		       4
#define EI_CLASS	       4
#define EI_DATA		       5
#define EI_VERSION	       6
#define EI_OSABI	       7
#define EI_PAD		       8
#define EI_NIDENT	       16
#define EV_NONE		       0
#define EV_CURRENT	       1
#define EV_NUM		       2
#define ELFOSABI_NONE	       0
#define ELFOSABI_LINUX	       3
#define ELFMAG		       "\177ELF"

#define PT_NULL		       0
#define PT_LOAD		       1
#define PT_DYNAMIC	       2
#define PT_INTERP	       3
#define PT_NOTE		       4
#define PT_SHLIB	       5
#define PT_PHDR		       6
#define PT_TLS		       7
#define PT_LOOS		       0x60000000
#define PT_GNU_EH_FRAME	       0x6474e550
#define PT_GNU_STACK	       0x6474e551
#define PT_GNU_RELRO	       0x6474e552
#define PT_GNU_PROPERTY	       0x6474e553
#define PT_HIOS		       0x6fffffff
#define PT_LOPROC	       0x70000000
#define PT_HIPROC	       0x7fffffff
#define PF_X		       0x1
#define PF_W		       0x2
#define PF_R		       0x4

#define DT_NULL		       0
#define DT_NEEDED	       1
#define DT_PLTRELSZ	       2
#define DT_PLTGOT	       3
#define DT_HASH		       4
#define DT_STRTAB	       5
#define DT_SYMTAB	       6
#define DT_RELA		       7
#define DT_RELASZ	       8
#define DT_RELAENT	       9
#define DT_STRSZ	       10
#define DT_SYMENT	       11
#define DT_INIT		       12
#define DT_FINI		       13
#define DT_SONAME	       14
#define DT_RPATH	       15
#define DT_SYMBOLIC	       16
#define DT_REL		       17
#define DT_RELSZ	       18
#define DT_RELENT	       19
#define DT_PLTREL	       20
#define DT_DEBUG	       21
#define DT_TEXTREL	       22
#define DT_JMPREL	       23
#define DT_ENCODING	       32
#define DT_LOOS		       0x6000000d
#define DT_HIOS		       0x6ffff000
#define DT_VERSYM	       0x6ffffff0
#define DT_RELACOUNT	       0x6ffffff9
#define DT_RELCOUNT	       0x6ffffffa
#define DT_FLAGS_1	       0x6ffffffb
#define DT_VERDEF	       0x6ffffffc
#define DT_VERDEFNUM	       0x6ffffffd
#define DT_VERNEED	       0x6ffffffe
#define DT_VERNEEDNUM	       0x6fffffff
#define DT_LOPROC	       0x70000000
#define DT_HIPROC	       0x7fffffff

#define SHT_NULL	       0
#define SHT_PROGBITS	       1
#define SHT_SYMTAB	       2
#define SHT_STRTAB	       3
#define SHT_RELA	       4
#define SHT_HASH	       5
#define SHT_DYNAMIC	       6
#define SHT_NOTE	       7
#define SHT_NOBITS	       8
#define SHT_REL		       9
#define SHT_SHLIB	       10
#define SHT_DYNSYM	       11
#define SHT_NUM		       12
#define SHT_LOPROC	       0x70000000
#define SHT_HIPROC	       0x7fffffff
#define SHT_LOUSER	       0x80000000
#define SHT_HIUSER	       0xffffffff
#define SHF_WRITE	       0x1
#define SHF_ALLOC	       0x2
#define SHF_EXECINSTR	       0x4
#define SHF_MASKPROC	       0xf0000000
#define SHN_UNDEF	       0
#define SHN_LOPROC	       0xff00
#define SHN_LORESERVE	       0xff00
#define SHN_HIPROC	       0xff1f
#define SHN_LIVEPATCH	       0xff20
#define SHN_ABS		       0xfff1
#define SHN_COMMON	       0xfff2
#define SHN_HIRESERVE	       0xffff

#define NT_PRSTATUS	       1
#define NT_PRFPREG	       2
#define NT_PRPSINFO	       3
#define NT_TASKSTRUCT	       4
#define NT_GNU_PROPERTY_TYPE_0 5
#define NT_AUXV		       6
#define NT_386_TLS	       0x200
#define NT_X86_XSTATE	       0x202
#define NT_FILE		       0x46494c45
#define NT_PRXFPREG	       0x46e62b7f
#define NT_SIGINFO	       0x53494749

struct elf64_ehdr {
	u8 e_ident[16];
	u16 e_type;
	u16 e_machine;
	u32 e_version;
	u64 e_entry;
	u64 e_phoff;
	u64 e_shoff;
	u32 e_flags;
	u16 e_ehsize;
	u16 e_phentsize;
	u16 e_phnum;
	u16 e_shentsize;
	u16 e_shnum;
	u16 e_shstrndx;
};

struct elf64_phdr {
	u32 p_type;
	u32 p_flags;
	u64 p_offset;
	u64 p_vaddr;
	u64 p_paddr;
	u64 p_filesz;
	u64 p_memsz;
	u64 p_align;
};

struct elf64_shdr {
	u32 sh_name;
	u32 sh_type;
	u64 sh_flags;
	u64 sh_addr;
	u64 sh_offset;
	u64 sh_size;
	u32 sh_link;
	u32 sh_info;
	u64 sh_addralign;
	u64 sh_entsize;
};

struct elf64_sym {
	u32 st_name;
	u8 st_info;
	u8 st_other;
	u16 st_shndx;
	u64 st_value;
	u64 st_size;
};

struct elf64_dyn {
	s64 d_tag;
	u64 d_val;
};

struct elf64_rela {
	u64 r_offset;
	u64 r_info;
	s64 r_addend;
};

struct elf64_nhdr {
	u32 n_namesz;
	u32 n_descsz;
	u32 n_type;
};

#endif
