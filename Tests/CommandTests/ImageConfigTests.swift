import Testbed
import Testing

/// `run` and the configuration of an image (image-spec, "Image Configuration").
@Suite("An image's configuration", .enabled(if: isRoot))
struct ImageConfigTests {
    /// A repository whose tag `image` has this `config`.
    private func box(_ config: String, _ change: String = "true") throws -> Box {
        let box = try Box(imported: false)
        try box.succeed(
            """
            set -e
            (cd base; \(change))
            tar -C base -cf base.tar .
            varve -q import plain base.tar
            export GIT_DIR=r/git GIT_COMMITTER_NAME=x GIT_COMMITTER_EMAIL=x@example.org
            config=$(printf '%s' '{"config": \(config)}' | git hash-object -w --stdin)
            tree=$({ git ls-tree refs/heads/plain/@latest | grep -v 'config$'; printf '100644 blob %s\tconfig\n' $config; } | git mktree)
            varve tag image $(git commit-tree -m image $tree)
            """)
        return box
    }

    @Test("says what runs, where, as whom and with which environment, and options say otherwise")
    func process() throws {
        let box = try box(
            """
            {"Entrypoint": ["/bin/echo", "entry"], "Cmd": ["cmd"], "Env": ["A=image", "B=image", "PATH=/bin"], \
            "WorkingDir": "/made/here", "User": "ann:audio", "StopSignal": "SIGQUIT"}
            """, "ln -s busybox bin/echo")
        try box.transcript(
            """
            $ varve run --rm image
            entry cmd
            $ varve run --rm image mine
            entry mine
            $ varve run --rm --entrypoint pwd image
            /made/here
            $ varve run --rm --entrypoint '' image id
            uid=1000(ann) gid=29(audio)
            $ varve run --rm --entrypoint '' image
            ! varve: run: image: no command was given, and the image names none
            ! hint: put one behind: varve run image sh
            [125]
            $ varve run --rm -e A=option --entrypoint env image | grep -v HOSTNAME
            PATH=/bin
            A=option
            B=image
            HOME=/home/ann
            $ varve run --rm -u 5:6 -w / --entrypoint sh image -c 'id; pwd'
            uid=5 gid=6
            /
            $ varve run --rm -u ann:7 --entrypoint id image
            uid=1000(ann) gid=7
            $ varve run --rm -u ann:nosuch image
            ! varve: find group: nosuch: no such group in the container's /etc/group
            [125]
            $ varve run --name w image >/dev/null; grep -o '"stopSignal":[^,]*' r/containers/*/container.json
            "stopSignal":"SIGQUIT"
            """)
    }

    @Test("whose user is not there is told")
    func missingUser() throws {
        let box = try box(#"{"User": "nosuch", "Cmd": ["id"]}"#)
        try box.refuses(
            "varve run --rm image", code: 125,
            "varve: find user: nosuch: no such user in the container's /etc/passwd")
    }

    @Test("gives volumes that begin with what the image has, last as long as the container, and are no part of it")
    func volumes() throws {
        let box = try box(
            #"{"Volumes": {"/data": {}, "/data/inner": {}, "/link/deep": {}, "/new": {}}, "Cmd": ["sh"]}"#,
            "mkdir -p data store/deep; echo image >data/file; chown 1000:29 data; chmod 2770 data; "
                + "touch -d @5 data; echo deep >store/deep/file; ln -s /store link")
        try box.transcript(
            """
            $ varve run --name w -v $BOX/base/etc:/new image sh -c 'busybox stat -c "%a %u:%g %Y" /data; cat /data/file /store/deep/file; ls /new | head -n 1; echo mine >/data/file; touch /data/inner/x; echo kept >/etc/kept'
            2770 1000:29 5
            image
            deep
            group
            $ varve status w
            A /etc/kept
            $ varve cat w:/data/file
            image
            $ varve commit -q w | wc -c
            41
            $ varve start -a w
            2770 1000:29 5
            mine
            deep
            group
            $ ls r/containers/*/volumes
            0
            1
            2
            $ cat r/containers/*/volumes/0/file
            mine
            $ ls r/containers/*/volumes/1
            x
            $ varve run --rm image cat /data/file
            image
            $ varve rm -q w; ls r/containers
            """)
    }

    @Test(
        "that wants a volume over a file, the root or /proc is refused",
        arguments: ["/etc/passwd", "/", "data", "/proc", "/proc/self"])
    func badVolume(path: String) throws {
        let box = try box(#"{"Volumes": {"\#(path)": {}}}"#)
        let result = try box.shell("varve run --rm image true")
        #expect(result.status == 125 && result.errors.hasPrefix("varve: mount volume: \(path): "), "\(result.errors)")
        #expect(try box.succeed("ls r/containers") == "")
    }

    @Test("does not hide one volume behind another, in whatever order they are given")
    func depth() throws {
        let box = try box("{}")
        try box.transcript(
            """
            $ mkdir -p outer/b inner; touch inner/seen
            $ varve run --rm -v $BOX/inner:/a/b -v $BOX/outer:/a image ls /a/b
            seen
            """)
    }
}
