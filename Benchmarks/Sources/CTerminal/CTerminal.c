#define _XOPEN_SOURCE 600
#include "CTerminal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

int CTerminal_open(char name[64], unsigned short rows, unsigned short columns) {
    int end = posix_openpt(O_RDWR | O_NOCTTY);
    if (end < 0 || grantpt(end) != 0 || unlockpt(end) != 0 || !ptsname(end)) return -1;
    strncpy(name, ptsname(end), 63);
    name[63] = 0;
    struct winsize size = {rows, columns, 0, 0};
    return ioctl(end, TIOCSWINSZ, &size) == 0 ? end : -1;
}
