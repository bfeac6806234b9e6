#ifndef CLIBC_SHIM_H
#define CLIBC_SHIM_H

// What glibc has, and its Swift module does not show.

#include <malloc.h>

// syncfs(2). <unistd.h> declares it for GNU programs only.
extern int syncfs(int descriptor);

#endif
