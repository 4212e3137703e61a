#define _GNU_SOURCE
#include "supervisor.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool is_there[FIRST_FREE];

void descriptors_open(void) {
    for (int descriptor = 0; descriptor < FIRST_FREE; descriptor++) {
        is_there[descriptor] = fcntl(descriptor, F_GETFD) >= 0;
        // The lowest number that is free is this one.
        if (!is_there[descriptor]) (void)open("/dev/null", O_RDWR);
    }
    syscall(SYS_close_range, FIRST_FREE, ~0U, 0);
}

bool is_open(int descriptor) { return is_there[descriptor]; }

void descriptor_close(int descriptor) {
    is_there[descriptor] = false;
    // Standard input is the null device.
    dup2(STDIN_FILENO, descriptor);
}
