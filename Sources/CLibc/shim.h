#ifndef CLIBC_SHIM_H
#define CLIBC_SHIM_H

// What glibc and Linux have, and Swift's module of glibc does not show.

#include <errno.h>
#include <linux/openat2.h>
#include <malloc.h>
#include <sys/syscall.h>
#include <unistd.h>

// syncfs(2). <unistd.h> declares it for GNU programs only.
extern int syncfs(int descriptor);

// Opens a path below a directory by openat2(2), which follows no symbolic link and leaves the
// directory by no name. Returns a descriptor, or -1 with errno; ENOSYS on a kernel before 5.6.
static inline int CLibc_open_confined(int directory, const char *path, int flags) {
    struct open_how how = {
        .flags = (unsigned)flags,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof(how));
}

#endif
