#include "CLinux.h"

#include <signal.h>
#include <string.h>

static volatile sig_atomic_t interrupted;
static volatile sig_atomic_t disregarded;

static void note(int number) {
    interrupted = number;
}

int varve_catch_signal(int number) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = note;
    // Without SA_RESTART a blocking read returns, and the reader looks at the flag.
    return sigaction(number, &action, NULL);
}

int varve_was_interrupted(void) {
    return disregarded ? 0 : interrupted;
}

void varve_disregard_interrupts(void) {
    disregarded = 1;
}
