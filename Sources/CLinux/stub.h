// What the parts of the stub share (docs/runtime.md, "The stub").
#ifndef CLINUX_STUB_H
#define CLINUX_STUB_H

// The program between this one and the container's (docs/runtime.md, "The stub"): what is in the section `varve_stub`,
// behind an ELF header, in a sealed file without a name. It is copied as it stands, so it may refer to nothing outside:
// no library (not even a strlen that the compiler sees in a loop), no string, no global, no address of its own.
#define STUB \
    __attribute__((section("varve_stub"), used, noinline, no_builtin, no_stack_protector, no_profile_instrument_function))

/// Goes on in a child, and is an init for it: gives it the signals that this process gets, waits for whatever processes end,
/// and ends as the child does. In lists of processes it is `init -- ` and the command.
/// @param own the first of this program's words.
/// @param arguments the command's words, behind those in memory; a null ends them.
/// @return in the child 0, or an errno value where there is none.
__attribute__((visibility("hidden"))) int varve_stub_become_init(char *own, char *const *arguments);

#if defined(__x86_64__)
STUB static long call(long number, long a, long b, long c, long d, long e) {
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    __asm__ volatile("syscall" : "+a"(number) : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
    return number;
}
#elif defined(__aarch64__)
STUB static long call(long number, long a, long b, long c, long d, long e) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
    return x0;
}
#else
#error "varve runs containers on x86-64 and AArch64"
#endif

#endif
