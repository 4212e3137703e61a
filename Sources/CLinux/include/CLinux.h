// System calls and structures that glibc or the Swift importer do not offer.
#ifndef CLINUX_H
#define CLINUX_H

#include <stddef.h>
#include <stdint.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <sys/types.h>
#include <sys/xattr.h>

#include "detach.h"
#include "groups.h"
#include "ids.h"
#include "launch.h"
#include "links.h"
#include "mounts.h"
#include "processes.h"
#include "sockets.h"

// Values that glibc's headers show only under _GNU_SOURCE, which Swift's importer does not set.
#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif
#ifndef AT_NO_AUTOMOUNT
#define AT_NO_AUTOMOUNT 0x800
#endif
#ifndef SEEK_DATA
#define SEEK_DATA 3
#define SEEK_HOLE 4
#endif
#ifndef O_PATH
#define O_PATH 010000000
#endif
#ifndef O_TMPFILE
#define O_TMPFILE (020000000 | 0200000)
#endif
#ifndef F_OFD_GETLK
#define F_OFD_GETLK 36
#define F_OFD_SETLK 37
#define F_OFD_SETLKW 38
#endif
#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#define RENAME_EXCHANGE 2
#endif

/// Lets a signal only be noted; -1 with errno.
int varve_catch_signal(int number);

/// The last caught signal that is not to be disregarded; 0 where none has come.
int varve_was_interrupted(void);

/// Caught signals are disregarded from now on.
void varve_disregard_interrupts(void);

/// openat2(2). Returns a descriptor, or -1 with errno.
int varve_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);

/// statx(2), here because glibc's and the kernel's headers both define struct statx.
int varve_statx(int directory, const char *path, int flags, unsigned int mask, struct statx *result);

/// Which kind of filesystem a file is on: f_type of fstatfs(2), a number of linux/magic.h; -1 with errno.
int64_t varve_filesystem_type(int descriptor);

/// getdents64(2): bytes read, 0 at the end, -1 with errno.
ssize_t varve_getdents64(int directory, void *buffer, size_t count);

/// renameat2(2) (glibc hides it behind _GNU_SOURCE).
int varve_renameat2(int old_directory, const char *old_path, int new_directory, const char *new_path, unsigned int flags);

/// listxattrat(2) of the entry itself, no symlink followed (kernel 6.13; ENOSYS before).
ssize_t varve_listxattrat(int directory, const char *path, char *list, size_t count);

/// pipe2(2), close-on-exec: the reading end, then the writing one.
int varve_pipe(int ends[2]);

/// memfd_create(2), close-on-exec: an empty file without a name; -1 with errno.
int varve_memory_file(const char *label);

/// syncfs(2).
int varve_syncfs(int descriptor);

/// copy_file_range(2) without flags: bytes copied, 0 at the end, -1 with errno.
ssize_t varve_copy_file_range(int source, off_t *source_offset, int target, off_t *target_offset, size_t count);

/// The C library's text for an errno value, in `buffer` or static memory.
const char *varve_strerror(int error, char *buffer, size_t count);

/// makedev(3), a macro.
dev_t varve_makedev(unsigned int major, unsigned int minor);

#endif
