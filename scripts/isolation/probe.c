// Prints what the process that it is may do and see, a line each: a name, a tab, a value. Does nothing that it asks about:
// system calls are answered by the container's filter and then left out, files are opened and not written to.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

/// The sixth argument of calls that are only asked about.
enum { ASKED = 0x76617276, CALLS = 512, X32 = 0x40000000 };

struct call {
    const char *name;
    long number;
    long arguments[5];
};

static _Noreturn void give_up(const char *what) {
    perror(what);
    exit(1);
}

/// From here on, calls that are only asked about stop for the tracer, unless another filter answers them.
static void stop_at_asked(void) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[5])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ASKED, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) give_up("no_new_privs");
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0) give_up("seccomp");
}

static int make(const struct call *call) {
    const long *a = call->arguments;
    long result = syscall(call->number, a[0], a[1], a[2], a[3], a[4], (long)ASKED);
    int error = result < 0 ? errno : 0;
    // The mark stays in its register, and must not be taken for that of the next call.
    syscall(SYS_getpid, 0L, 0L, 0L, 0L, 0L, 0L);
    return error;
}

/// What the filter says of a call: "allowed", "killed" or the error. The child makes it; it is never carried out.
static const char *answer(const struct call *call) {
    static char text[32];
    fflush(stdout);
    pid_t child = fork();
    if (child < 0) give_up("fork");
    if (child == 0) {
        if (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0) _exit(251);
        raise(SIGSTOP);
        stop_at_asked();
        _exit(make(call));
    }
    int status;
    if (waitpid(child, &status, 0) < 0 || !WIFSTOPPED(status)) give_up("trace");
    if (ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL) < 0) give_up("trace");
    for (;;) {
        if (ptrace(PTRACE_CONT, child, 0, 0) < 0 || waitpid(child, &status, 0) < 0) give_up("trace");
        if (WIFSTOPPED(status) && status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8)) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            return "allowed";
        }
        if (WIFSIGNALED(status)) return "killed";
        if (WIFEXITED(status)) break;
        // A signal of the filter's own (SECCOMP_RET_TRAP).
        if (WSTOPSIG(status) == SIGSYS) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            return "killed";
        }
    }
    const char *name = strerrorname_np(WEXITSTATUS(status));
    snprintf(text, sizeof text, "%s", name ? name : "unknown");
    return text;
}

static void system_calls(void) {
    char name[32];
    for (long number = 0; number < CALLS; number++) {
        snprintf(name, sizeof name, "%ld", number);
        printf("call %s\t%s\n", name, answer(&(struct call){name, number, {0}}));
    }
    const struct call special[] = {
#ifdef __x86_64__
        {"read of x32", X32 | SYS_read, {0}},
        {"ptrace of x32", X32 | 521, {0}},
#endif
        {"clone(CLONE_NEWUSER)", SYS_clone, {CLONE_NEWUSER}},
        {"clone(CLONE_NEWNS)", SYS_clone, {CLONE_NEWNS}},
        {"clone(CLONE_NEWPID|SIGCHLD)", SYS_clone, {CLONE_NEWPID | SIGCHLD}},
        {"clone(CLONE_NEWNET)", SYS_clone, {CLONE_NEWNET}},
        {"clone(CLONE_NEWUTS)", SYS_clone, {CLONE_NEWUTS}},
        {"clone(CLONE_NEWIPC)", SYS_clone, {CLONE_NEWIPC}},
        {"clone(CLONE_NEWCGROUP)", SYS_clone, {CLONE_NEWCGROUP}},
        {"clone(CLONE_VM)", SYS_clone, {CLONE_VM}},
        {"personality(ADDR_NO_RANDOMIZE)", SYS_personality, {ADDR_NO_RANDOMIZE}},
        {"personality(READ_IMPLIES_EXEC)", SYS_personality, {READ_IMPLIES_EXEC}},
        {"personality(PER_LINUX32)", SYS_personality, {PER_LINUX32}},
        {"personality(UNAME26)", SYS_personality, {UNAME26}},
        {"personality(PER_LINUX32|UNAME26)", SYS_personality, {PER_LINUX32 | UNAME26}},
        {"personality(0xffffffff)", SYS_personality, {0xffffffff}},
        {"personality(MMAP_PAGE_ZERO)", SYS_personality, {MMAP_PAGE_ZERO}},
    };
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        printf("call %s\t%s\n", special[i].name, answer(&special[i]));
    for (long family = 0; family < 47; family++) {
        snprintf(name, sizeof name, "socket(%ld)", family);
        printf("call %s\t%s\n", name, answer(&(struct call){name, SYS_socket, {family, SOCK_DGRAM}}));
    }
}

static void copy(const char *path, const char *prefix, const char *const *fields) {
    FILE *file = fopen(path, "r");
    if (!file) return;
    char line[4096];
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        char *value = NULL;
        if (fields) {
            value = strchr(line, ':');
            if (!value) continue;
            *value++ = 0;
            value += strspn(value, "\t ");
            int wanted = 0;
            for (const char *const *field = fields; *field; field++) wanted |= strcmp(*field, line) == 0;
            if (!wanted) continue;
        }
        if (value) printf("%s %s\t%s\n", prefix, line, value);
        else printf("%s\t%s\n", prefix, line);
    }
    fclose(file);
}

static void namespaces(void) {
    const char *const names[] = {"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[64], target[64] = "";
        snprintf(path, sizeof path, "/proc/self/ns/%s", names[i]);
        if (readlink(path, target, sizeof target - 1) < 0) continue;
        printf("namespace %s\t%s\n", names[i], target);
    }
}

/// Opens without waiting, without side effects of terminals, and without writing.
static const char *opened(const char *path, int flags) {
    int file = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) return strerrorname_np(errno);
    close(file);
    return "opens";
}

/// What can be read of a path: "absent", "hidden" for nothing, "readable", or the error.
static const char *content(const char *path) {
    struct stat status;
    if (lstat(path, &status) < 0) return errno == ENOENT ? "absent" : strerrorname_np(errno);
    if (S_ISDIR(status.st_mode)) {
        DIR *directory = opendir(path);
        if (!directory) return strerrorname_np(errno);
        int count = 0;
        while (readdir(directory)) count++;
        closedir(directory);
        return count > 2 ? "readable" : "hidden";
    }
    if (S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3)) return "hidden";
    int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) return strerrorname_np(errno);
    char byte;
    ssize_t count = read(file, &byte, 1);
    int error = errno;
    close(file);
    return count < 0 ? strerrorname_np(error) : count == 0 ? "hidden" : "readable";
}

/// Regular files below `path` that can be opened for writing.
static void writable(const char *path, int depth) {
    DIR *directory = opendir(path);
    if (!directory) return;
    struct dirent *entry;
    while ((entry = readdir(directory))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        // Processes' own files are theirs.
        if (depth == 0 && strcmp(path, "/proc") == 0
            && (strspn(entry->d_name, "0123456789") == strlen(entry->d_name) || strstr(entry->d_name, "self")))
            continue;
        char child[4096];
        if (snprintf(child, sizeof child, "%s/%s", path, entry->d_name) >= (int)sizeof child) continue;
        struct stat status;
        if (lstat(child, &status) < 0) continue;
        // What is masked is the null device, which takes everything.
        if (S_ISDIR(status.st_mode)) writable(child, depth + 1);
        else if (S_ISREG(status.st_mode) && strcmp(opened(child, O_WRONLY), "opens") == 0)
            printf("writable %s\tyes\n", child);
    }
    closedir(directory);
}

static void devices(const char *path) {
    DIR *directory = opendir(path);
    if (!directory) return;
    struct dirent *entry;
    while ((entry = readdir(directory))) {
        if (entry->d_name[0] == '.') continue;
        char child[4096];
        snprintf(child, sizeof child, "%s/%s", path, entry->d_name);
        struct stat status;
        if (lstat(child, &status) < 0) continue;
        if (S_ISDIR(status.st_mode)) devices(child);
        if (!S_ISCHR(status.st_mode) && !S_ISBLK(status.st_mode)) continue;
        printf("device %s %c %u:%u\t%s\n", child, S_ISCHR(status.st_mode) ? 'c' : 'b', major(status.st_rdev),
            minor(status.st_rdev), opened(child, O_RDONLY));
    }
    closedir(directory);
}

/// Device files that the container makes itself.
static void made_devices(const char *const *places) {
    const struct { const char *name; mode_t type; unsigned int major, minor; } made[] = {
        {"mem", S_IFCHR, 1, 1}, {"null", S_IFCHR, 1, 3}, {"port", S_IFCHR, 1, 4}, {"kmsg", S_IFCHR, 1, 11},
        {"tty0", S_IFCHR, 4, 0}, {"console", S_IFCHR, 5, 1}, {"fuse", S_IFCHR, 10, 229}, {"kvm", S_IFCHR, 10, 232},
        {"tun", S_IFCHR, 10, 200}, {"loop0", S_IFBLK, 7, 0}, {"sda", S_IFBLK, 8, 0}, {"vda", S_IFBLK, 254, 0},
        {"loop-control", S_IFCHR, 10, 237}, {"vsock", S_IFCHR, 10, 123}, {"userfaultfd", S_IFCHR, 10, 126},
    };
    for (; *places; places++) {
        for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
            char path[256];
            snprintf(path, sizeof path, "%s/probe-%s", *places, made[i].name);
            const char *result = "can't be made";
            if (mknod(path, made[i].type | 0600, makedev(made[i].major, made[i].minor)) == 0) {
                result = opened(path, O_RDONLY);
                unlink(path);
            }
            printf("made device %s in %s\t%s\n", made[i].name, *places, result);
        }
    }
}

static void descriptors(void) {
    for (int number = 3; number < 1024; number++) {
        char path[64], target[256] = "";
        snprintf(path, sizeof path, "/proc/self/fd/%d", number);
        if (readlink(path, target, sizeof target - 1) >= 0) printf("descriptor %d\topen\n", number);
    }
}

int main(int count, char **words) {
    descriptors();
    copy("/proc/self/status", "status", (const char *const[]){
        "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "Seccomp_filters",
        "Speculation_Store_Bypass", "SpeculationIndirectBranch", "Uid", "Gid", "Groups", NULL});
    namespaces();
    copy("/proc/self/uid_map", "uid map", NULL);
    copy("/proc/self/gid_map", "gid map", NULL);
    copy("/proc/self/cgroup", "cgroup", NULL);
    copy("/proc/self/mountinfo", "mount", NULL);
    copy("/proc/self/attr/current", "label", NULL);
    long keyring = syscall(SYS_keyctl, 0, -3, 0);
    printf("keyring of the session\t%s\n", keyring < 0 ? strerrorname_np(errno) : "reached");
    for (int i = 1; i < count; i++) printf("content %s\t%s\n", words[i], content(words[i]));
    writable("/proc", 0);
    writable("/sys", 0);
    devices("/dev");
    made_devices((const char *const[]){"/", "/dev", "/dev/shm", NULL});
    system_calls();
    return 0;
}
