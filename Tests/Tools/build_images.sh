#!/bin/sh
# Makes the images localhost/made:1 to localhost/made:12 by buildah, each of one layer more than the one before, and an OCI
# layout with all of them. Usage: build_images.sh DIRECTORY
set -eu
cd -- "$1"
storage="--root $PWD/storage --runroot $PWD/run --storage-driver ${DRIVER-overlay}"

# What each step does in the root filesystem.
step() {
    case $1 in
    1)
        mkdir -p bin dev etc/conf.d etc/many proc sys srv/tree/deep tmp usr/lib usr/bin usr/local/bin
        chmod 1777 tmp
        cp /bin/busybox bin/busybox
        for name in sh cat ls id find stat; do ln -s busybox bin/$name; done
        ln -s usr/lib lib
        printf 'root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/:/bin/sh\n' >etc/passwd
        for n in 1 2 3 4 5; do echo $n >etc/conf.d/$n; echo many $n >etc/many/$n; done
        echo library >usr/lib/libc.so
        ln usr/lib/libc.so usr/lib/libc.so.6
        ln usr/lib/libc.so usr/bin/libc
        echo ping >usr/bin/ping && setcap cap_net_raw+ep usr/bin/ping
        echo su >usr/bin/su && chmod 4755 usr/bin/su
        echo wall >usr/bin/wall && chown 0:5 usr/bin/wall && chmod 2755 usr/bin/wall
        setfattr -n user.note -v 'a note' etc/passwd
        echo acl >etc/acl && setfacl -m u:1000:r,g:5:rw etc/acl
        touch -d '2001-02-03 04:05:06.123456789' etc/conf.d/1 usr/bin
        touch -d '1969-12-31 23:59:58.5' etc/conf.d/2
        touch -h -d @5 lib
        mkfifo srv/fifo
        mknod dev/null c 1 3 && mknod dev/loop b 7 300
        truncate -s 1M srv/sparse && printf data | dd of=srv/sparse bs=4k seek=100 conv=notrunc 2>/dev/null
        echo odd >"srv/$(printf '\377\376 odd\nname')"
        echo long >"srv/$(printf '%0255d' 0)"
        echo deep >srv/tree/deep/file && ln -s ../../etc srv/tree/deep/link
        echo owned >srv/owned && chown 4000000:3000000 srv/owned
        ;;
    2) ln usr/bin/libc usr/local/bin/again && echo more >srv/more ;;
    3) rm -r etc/conf.d && mkdir etc/conf.d && echo new >etc/conf.d/new ;;
    4) rm srv/owned && mkdir srv/owned && echo in >srv/owned/in && rm -r srv/tree && echo file >srv/tree ;;
    5) echo through >lib/through && mkdir lib/sub && echo sub >lib/sub/file ;;
    6) chmod -R go-rwx etc/many && chown -R 33:33 etc/many ;;
    7) rm -r usr/lib/sub srv/more etc/many/3 ;;
    8) echo back >srv/more && mkdir -p usr/lib/sub && echo other >usr/lib/sub/file && ln -s 1 etc/many/3 ;;
    9) setfattr -n user.note -v other etc/passwd && setcap cap_chown+ep usr/bin/ping && chmod 0755 usr/bin/su ;;
    10) mv srv/owned srv/renamed && mv usr/lib/libc.so usr/lib/libd.so ;;
    11) rm dev/null srv/fifo && mknod dev/null c 1 5 && ln -s nowhere srv/fifo && rm lib && mkdir lib && echo l >lib/own ;;
    esac
}

for n in 1 2 3 4 5 6 7 8 9 10 11; do
    container=$(buildah $storage from -q --name "made-$n" "$([ $n = 1 ] && echo scratch || echo localhost/made:$((n - 1)))")
    (cd -- "$(buildah $storage mount "$container")" && step $n)
    buildah $storage config --created-by "step $n" --env N=$n --cmd '["sh", "-c", "cat /etc/passwd"]' "$container"
    buildah $storage commit -q "$container" localhost/made:$n >/dev/null
    buildah $storage rm "$container" >/dev/null
    buildah $storage push -q localhost/made:$n oci:layout:localhost/made:$n
done
# Steps without files among those with.
printf 'FROM localhost/made:11\nENV A=b\nCOPY added /srv/\nLABEL l=m\nCMD ["cat", "/srv/added"]\n' >Dockerfile
echo added >added
buildah $storage bud -q --layers --isolation chroot -t localhost/made:12 . >/dev/null
buildah $storage push -q localhost/made:12 oci:layout:localhost/made:12
