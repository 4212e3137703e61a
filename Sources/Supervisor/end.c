#define _GNU_SOURCE
#include "supervisor.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Also docs/containers.md, "The end of a run".
enum { RECORD = 64, RECORD_COUNT = 64 };

/// Writes the end where it is found even if this process is killed now. The place was written to before, so that a full
/// disk has room for it.
static void note(int code, int number) {
    struct timespec time;
    char text[RECORD];
    clock_gettime(CLOCK_REALTIME, &time);
    memset(text, ' ', sizeof text);
    int count = snprintf(
        text, sizeof text, "%" PRIu64 " %d %d %lld %ld", options.run, code, number, (long long)time.tv_sec, time.tv_nsec);
    text[count] = ' ';
    text[RECORD - 1] = '\n';
    if (pwrite(RUNNING, text, sizeof text, (off_t)(options.run % RECORD_COUNT * RECORD)) < 0) return;
}

_Noreturn void end_record(bool is_stopping) {
    siginfo_t information = {0};
    // It stays a zombie until its end is on record, so that nobody takes a later process with its number for it.
    int failure = waitid(P_PIDFD, PROCESS, &information, WEXITED | WNOWAIT);
    int number = failure == 0 && information.si_code != CLD_EXITED ? information.si_status : 0;
    int code = failure ? 255 : number ? 128 + number : information.si_status;
    char codes[2][12];
    snprintf(codes[0], sizeof codes[0], "%d", code);
    snprintf(codes[1], sizeof codes[1], "%d", number);
    note(code, number);
    clients_finish(code);
    const char *details[] = {codes[0], codes[1], is_stopping ? "stopping" : NULL, NULL};
    become_varve("end", details);
}

_Noreturn void become_varve(const char *verb, const char *const *details) {
    const char *words[10] = {"varve", "--root", options.root, "supervise", verb, options.id};
    for (size_t i = 0; i < 4 && details[i]; i++) words[6 + i] = details[i];
    // The streams are done with. In their place stands this program, to be executed again.
    for (int descriptor = INPUT; descriptor < CLIENT; descriptor++) close(descriptor);
    // The lowest free number is that of INPUT. Where this fails, varve looks for it beside itself.
    (void)open("/proc/self/exe", O_PATH);
    sigset_t none;
    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    syscall(SYS_execveat, VARVE, "", words, environ, AT_EMPTY_PATH);
    // Whoever looks next finds the end in `running`.
    _exit(125);
}
