# shellcheck shell=bash
# What the scripts beside this file share. Source it: it defines functions and one variable, and does nothing.

PROJECT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*" >&2; }

die() {
    printf '%s: %s\n' "$(basename -- "$0")" "$1" >&2
    shift
    if [ $# -gt 0 ]; then printf 'hint: %s\n' "$@" >&2; fi
    exit 3
}

have() { command -v -- "$1" >/dev/null 2>&1; }

is_root() { [ "$(id -u)" -eq 0 ]; }

# Which of the named Debian packages are not installed, one a line.
missing_packages() {
    local installed package
    have dpkg-query || die 'this is not a Debian system: dpkg-query is missing' \
        'install the equivalents of the packages named in scripts/setup, then build with "swift build"'
    # dpkg-query fails when a name is unknown to it; that package is missing, which is the answer looked for.
    installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
    for package in "$@"; do
        grep -qxF -- "installed $package" <<<"$installed" || printf '%s\n' "$package"
    done
}

# Runs a command, silent unless it fails: then what it said is shown.
quietly() {
    local log status=0
    log=$(mktemp)
    "$@" >"$log" 2>&1 </dev/null || status=$?
    [ "$status" -eq 0 ] || tail -n 30 -- "$log" >&2
    rm -f -- "$log"
    return "$status"
}

# Installs those of the named packages that are missing. Touches neither apt nor the network when none is.
install_packages() {
    local list missing
    list=$(missing_packages "$@") || exit
    mapfile -t missing <<<"$list"
    [ -n "$list" ] || return 0
    [ ${#missing[@]} -gt 0 ] || return 0
    is_root || die "Debian packages are missing: ${missing[*]}" \
        "as root: apt-get install --no-install-recommends ${missing[*]}"
    say "installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    quietly apt-get -q update || say 'apt-get update failed; trying with the package lists that are here'
    quietly apt-get -q -y --no-install-recommends install "${missing[@]}" ||
        die "apt-get could not install ${missing[*]}"
}

need_swift() {
    have swift || die 'the Swift toolchain is not on PATH' \
        'install Swift 6.3 for Debian 12 from https://www.swift.org/install/linux/ and put its usr/bin on PATH'
}

# Builds the executables as they are released and sets VARVE_BIN_DIR to where they are.
build_release() {
    # A static executable that is still loaded anywhere: without libraries to look symbols up in, and with its relocations
    # packed, a command starts in 2.1 ms of CPU time where it took 3.8. glibc moves no such executable that has an rpath.
    local flags=(
        --package-path "$PROJECT" -c release --product varve --static-swift-stdlib --disable-local-rpath
        -Xswiftc -use-ld=lld -Xswiftc -Xclang-linker -Xswiftc -static-pie -Xlinker -z -Xlinker pack-relative-relocs
    )
    say 'building varve (release); the first time takes some minutes'
    quietly swift build "${flags[@]}" || die 'the release build failed'
    VARVE_BIN_DIR=$(swift build "${flags[@]}" --show-bin-path)
    [ -x "$VARVE_BIN_DIR/varve" ] || die "the build left no $VARVE_BIN_DIR/varve"
    # Not by SwiftPM, which links C programs with Swift's library too. With a shared C library it has 120 KiB of memory
    # of its own, and 820 with a static one.
    quietly clang -std=gnu17 -Os -Wall -Wextra -fuse-ld=lld -D_FORTIFY_SOURCE=2 -fstack-protector-strong \
        -o "$VARVE_BIN_DIR/varve-supervisor" "$PROJECT"/Sources/Supervisor/*.c ||
        die 'building varve-supervisor failed'
}

# Makes a directory that is ours alone. A name in a directory anyone may write to is not trusted when another user,
# or a symbolic link, got there first.
private_directory() {
    [ -d "$1" ] || (umask 077 && mkdir -p -- "$1")
    if [ -L "$1" ] || [ ! -O "$1" ]; then die "$1 belongs to somebody else"; fi
}

# Removes a tree that a script made, but never looks below a mount.
remove_tree() {
    [ -e "$1" ] || return 0
    if awk -v under="$1/" 'index($5 "/", under) == 1 { found = 1 } END { exit !found }' /proc/self/mountinfo; then
        die "something is still mounted below $1" "umount it, then start again"
    fi
    rm -rf --one-file-system -- "$1"
}

# Writes a minimal Debian 12 root filesystem, with the packages named after it, as a tar.
# Fails when no Debian mirror answers.
make_debian_root() {
    local tar=$1 include=()
    shift
    [ $# -eq 0 ] || include=("--include=$(IFS=,; printf '%s' "$*")")
    quietly mmdebstrap --variant=minbase "${include[@]}" --format=tar \
        --aptopt='Acquire::http::Timeout "20"' --aptopt='Acquire::Retries "1"' \
        bookworm "$tar.part" || { rm -f -- "$tar.part"; return 1; }
    mv -- "$tar.part" "$tar"
}

# Writes a root filesystem around Debian's static busybox as a tar: no network needed.
make_busybox_root() (
    umask 022
    tree=$(mktemp -d)
    trap 'rm -rf -- "$tree"' EXIT
    busybox=$(command -v busybox)
    mkdir -p "$tree"/{bin,dev,etc,proc,root,run,srv,sys,tmp,usr/bin,var/log}
    chmod 0755 "$tree"
    chmod 0700 "$tree/root"
    chmod 1777 "$tree/tmp"
    cp -- "$busybox" "$tree/bin/busybox"
    "$busybox" --list | while IFS= read -r applet; do
        [ "$applet" = busybox ] || ln -s busybox "$tree/bin/$applet"
    done
    printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' >"$tree/etc/passwd"
    printf 'root:x:0:\nnogroup:x:65534:\n' >"$tree/etc/group"
    printf 'Welcome.\n' >"$tree/etc/motd"
    printf 'varve\n' >"$tree/etc/hostname"
    printf '127.0.0.1 localhost\n::1 localhost\n' >"$tree/etc/hosts"
    printf 'A root filesystem around busybox.\n' | tee "$tree/etc/issue" >"$tree/etc/issue.net"
    tar --create --file "$1.part" --sort=name --numeric-owner --owner=0 --group=0 --mtime=@1700000000 -C "$tree" .
    mv -- "$1.part" "$1"
)
