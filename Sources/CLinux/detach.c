#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

pid_t varve_fork(void) { return fork(); }

int varve_wait(pid_t child) {
    int status;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) return -1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int varve_start_session(void) { return setsid(); }

/// The first number behind all that are given away.
enum { FIRST_GIVEN = 3, GIVEN_MAXIMUM = 16, ASIDE = FIRST_GIVEN + GIVEN_MAXIMUM };

void varve_become(int program, char *const *words, char *const *environment, const int *given, size_t count) {
    int aside[GIVEN_MAXIMUM];
    // Out of the way first, so that none is laid over another. What is close-on-exec here goes with a failure.
    int file = fcntl(program, F_DUPFD_CLOEXEC, ASIDE), null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (file < 0 || null < 0) return;
    for (size_t i = 0; i < count; i++) {
        aside[i] = given[i] < 0 ? -1 : fcntl(given[i], F_DUPFD_CLOEXEC, ASIDE);
        if (given[i] >= 0 && aside[i] < 0) return;
    }
    null = fcntl(null, F_DUPFD_CLOEXEC, ASIDE);
    if (null < 0) return;
    for (size_t i = 0; i < count; i++) {
        if (aside[i] < 0) close(FIRST_GIVEN + (int)i);
        else if (dup2(aside[i], FIRST_GIVEN + (int)i) < 0) return;
    }
    for (int stream = 0; stream < FIRST_GIVEN; stream++) {
        if (dup2(null, stream) < 0) return;
    }
    if (syscall(SYS_close_range, FIRST_GIVEN + (unsigned)count, ASIDE - 1, 0) < 0) return;
    if (chdir("/") < 0) return;
    // Those aside close themselves.
    if (syscall(SYS_close_range, ASIDE, ~0U, 1U << 2 /* CLOSE_RANGE_CLOEXEC */) < 0) return;
    syscall(SYS_execveat, file, "", words, environment, AT_EMPTY_PATH);
}

int varve_spawn(int program, char *const *words, char *const *environment, const int *given, size_t count) {
    int report[2], error = 0;
    if (pipe2(report, O_CLOEXEC) < 0) return -1;
    // Above all that is laid over or closed.
    int told = fcntl(report[1], F_DUPFD_CLOEXEC, ASIDE);
    pid_t child = told < 0 ? -1 : fork();
    if (child == 0) {
        setsid();
        varve_become(program, words, environment, given, count);
        error = errno;
        _exit(write(told, &error, sizeof error) == sizeof error ? 125 : 126);
    }
    if (child < 0) error = errno;
    close(report[1]);
    if (told >= 0) close(told);
    // The child's execution closes the pipe.
    while (child > 0 && read(report[0], &error, sizeof error) < 0 && errno == EINTR) {}
    close(report[0]);
    if (error == 0) return 0;
    if (child > 0) varve_wait(child);
    errno = error;
    return -1;
}
