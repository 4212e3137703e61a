#define _GNU_SOURCE
#include "supervisor.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct options options = {.has_log = true, .log_files = 1, .stop_signal = SIGTERM, .stop_timeout = 10000};

int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_BOOTTIME, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/// Takes `name=value`.
/// - Returns: false for one that this program does not know.
static bool set(char *word) {
    char *value = strchr(word, '=');
    if (!value) return false;
    *value++ = 0;
    long long number = strtoll(value, NULL, 10);
    if (!strcmp(word, "root")) options.root = value;
    else if (!strcmp(word, "id")) options.id = value;
    else if (!strcmp(word, "run")) options.run = (uint64_t)number;
    else if (!strcmp(word, "terminal")) options.has_terminal = number;
    else if (!strcmp(word, "ends-input")) options.ends_input = number;
    else if (!strcmp(word, "log")) options.has_log = number;
    else if (!strcmp(word, "log-size")) options.log_size = (uint64_t)number;
    else if (!strcmp(word, "log-files")) options.log_files = number > 1 ? (int)number : 1;
    else if (!strcmp(word, "stop-signal")) options.stop_signal = (int)number;
    else if (!strcmp(word, "stop-timeout")) options.stop_timeout = number;
    else if (!strcmp(word, "check-interval")) options.check_interval = number;
    else if (!strcmp(word, "wishes")) options.wishes = (uint8_t)number;
    else return false;
    return true;
}

/// When the container is killed that this process was asked to end; -1 for never.
static int64_t kill_time = -1;

static void obey_signals(int descriptor, bool *is_stopping) {
    int number;
    while ((number = signals_next(descriptor))) {
        if (number == SIGCHLD) {
            check_reap();
        } else if (!*is_stopping) {
            *is_stopping = true;
            process_signal(options.stop_signal);
            if (options.stop_timeout >= 0) kill_time = now() + options.stop_timeout;
        }
    }
    if (kill_time >= 0 && now() >= kill_time) {
        process_signal(SIGKILL);
        kill_time = -1;
    }
}

static int wait_time(void) {
    int64_t wait = check_wait();
    if (kill_time >= 0) {
        int64_t left = kill_time > now() ? kill_time - now() : 0;
        if (wait < 0 || left < wait) wait = left;
    }
    return wait > 3600000 ? 3600000 : (int)wait;
}

enum { SIGNALS, END, TYPED, STREAMS, CLIENTS = STREAMS + STREAM_COUNT };

static _Noreturn void watch(void) {
    struct pollfd requests[CLIENTS + CLIENT_MAXIMUM + 1];
    int signals = signals_open();
    bool is_stopping = false;
    for (int descriptor = INPUT; descriptor <= ERRORS; descriptor++) {
        if (is_open(descriptor)) fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
    }
    log_open();
    clients_open();
    check_open();
    do {
        requests[SIGNALS] = (struct pollfd){.fd = signals, .events = POLLIN};
        requests[END] = (struct pollfd){.fd = PROCESS, .events = POLLIN};
        short events = input_events();
        requests[TYPED] = (struct pollfd){.fd = events ? INPUT : -1, .events = events};
        streams_requests(requests + STREAMS);
        size_t count = clients_requests(requests + CLIENTS);
        if (poll(requests, CLIENTS + count, wait_time()) < 0) continue;
        obey_signals(signals, &is_stopping);
        check_serve();
        if (requests[TYPED].revents) input_serve(requests[TYPED].revents);
        streams_serve(requests + STREAMS);
        clients_serve(requests + CLIENTS, count);
    } while (!requests[END].revents);
    check_close();
    streams_drain();
    end_record(is_stopping);
}

/// Starts the container again after so long, unless a signal comes first.
static _Noreturn void pause_for(int64_t milliseconds) {
    struct pollfd request = {.fd = signals_open(), .events = POLLIN};
    const int64_t end = now() + milliseconds;
    int number = 0;
    for (int64_t left = milliseconds; left > 0 && number == 0; left = end - now()) {
        if (poll(&request, 1, (int)left) > 0) number = signals_next(request.fd);
        if (number == SIGCHLD) number = 0;
    }
    become_varve(number ? "stop" : "start", (const char *const[]){NULL});
}

/// `varve-supervisor watch NAME=VALUE…`, `varve-supervisor pause MILLISECONDS NAME=VALUE…`, `varve-supervisor drain`
int main(int count, char **words) {
    if (count == 2 && !strcmp(words[1], "drain")) drain();
    bool is_watching = count > 1 && !strcmp(words[1], "watch");
    if (!is_watching && !(count > 2 && !strcmp(words[1], "pause"))) {
        fputs("varve-supervisor: varve starts it for each container that runs on its own\n", stderr);
        return 2;
    }
    for (int i = is_watching ? 2 : 3; i < count; i++) {
        if (!set(words[i])) return 2;
    }
    descriptors_open();
    if (!options.root || !options.id || !is_open(VARVE) || !is_open(DIRECTORY) || !is_open(RUNNING)) return 2;
    if (is_watching) watch();
    pause_for(strtoll(words[2], NULL, 10));
}
