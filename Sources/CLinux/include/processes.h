// Processes by descriptor, signals as a descriptor, terminals.
#ifndef CLINUX_PROCESSES_H
#define CLINUX_PROCESSES_H

#include <spawn.h>
#include <stdint.h>

/// pidfd_open(2), close-on-exec; -1 with errno.
int varve_pidfd_open(int pid);

/// posix_spawn_file_actions_addclosefrom_np: the program gets no descriptor from `first` on. An errno value.
int varve_spawn_closing_from(posix_spawn_file_actions_t *actions, int first);

/// pidfd_send_signal(2).
int varve_pidfd_send_signal(int pidfd, int signal);

/// Waits for the child behind `pidfd` to end and reaps it. The result is its exit code, or 128 + the
/// signal that ended it; -1 with errno.
int varve_pidfd_wait(int pidfd);

/// Blocks the signals of `mask` (bit signal-1) in the calling thread, stores what was blocked before, and
/// returns a non-blocking, close-on-exec signalfd(2) of them; -1 with errno and nothing changed.
int varve_signals_open(uint64_t mask, uint64_t *previous);

/// The next signal's number from that descriptor, 0 when there is none; -1 with errno.
int varve_signals_next(int descriptor);

/// Sets the calling thread's blocked signals.
int varve_signals_block(uint64_t mask);

/// Unlocks a new pseudo terminal and opens its other side (TIOCSPTLCK, TIOCGPTPEER; ioctl_tty(2)): close-on-exec,
/// not as the controlling terminal. -1 with errno.
int varve_terminal_peer(int master);

/// A terminal's size in characters.
int varve_terminal_size(int terminal, uint16_t *rows, uint16_t *columns);
int varve_terminal_resize(int terminal, uint16_t rows, uint16_t columns);

#endif
