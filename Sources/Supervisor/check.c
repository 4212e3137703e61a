#define _GNU_SOURCE
#include "supervisor.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// A check is a varve of its own, which knows its time limit and records what it finds.

static int64_t due = -1;
static pid_t child = -1;

void check_open(void) {
    if (options.check_interval > 0) due = now() + options.check_interval;
}

int64_t check_wait(void) {
    if (child >= 0 || due < 0) return -1;
    int64_t left = due - now();
    return left > 0 ? left : 0;
}

void check_serve(void) {
    if (check_wait() != 0) return;
    due = now() + options.check_interval;
    child = fork();
    if (child != 0) return;
    // What says that the container runs must not stay open in what outlives it.
    syscall(SYS_close_range, DIRECTORY, ~0U, 0);
    become_varve("check", (const char *const[]){NULL});
}

void check_reap(void) {
    if (child < 0 || waitpid(child, NULL, WNOHANG) != child) return;
    child = -1;
    due = now() + options.check_interval;
}

void check_close(void) {
    if (child < 0) return;
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    child = -1;
}
