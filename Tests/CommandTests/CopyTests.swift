import Glibc
import Linux
import Testbed
import Testing

/// `cp` between the host and containers, running or not.
@Suite("Copying", .enabled(if: isRoot))
struct CopyTests {
    /// `/d` has a file with two names, a symlink, a directory, a FIFO and a device.
    private func box() throws -> Box {
        let box = try Box(imported: false)
        try box.succeed(
            """
            set -e
            mkdir -p base/d/sub base/empty; echo one >base/d/one; ln base/d/one base/d/sub/again
            chown 1000:29 base/d/one base/d; chmod 4755 base/d/one; chmod 750 base/d; touch -d @5 base/d/one base/d
            ln -s /d/one base/d/link; ln -s /d base/dir; mkfifo base/d/fifo; mknod base/d/null c 1 3
            varve import -q debian:12 base
            varve run --name w debian:12 true
            mkdir there; echo host >file
            """)
        return box
    }

    private static let list = "find . | LC_ALL=C sort | tr '\\n' ' '"

    @Test("the end of one whose supervisor was killed is on record before anything is copied")
    func dead() throws {
        let box = try Box()
        try box.succeed("varve run -d --name w debian:12 sleep 1000")
        try box.succeed(DetachedTests.killKeeper)
        // Held as long as it lives, which is not for long.
        let running = try FileLock.acquire("\(box.root)/containers/\(try box.succeed("readlink r/names/w"))/running")
        _ = consume running
        #expect(try box.succeed("grep -o '\"state\":\"[a-z]*' r/containers/*/state.json") == "\"state\":\"running")
        try box.succeed("varve cp -q w:/etc/numbers got; cmp got base/etc/numbers")
        #expect(try box.succeed("grep -o '\"state\":\"[a-z]*' r/containers/*/state.json") == "\"state\":\"exited")
    }

    @Test("what goes where is told by whether it is there, and by slashes and dots at the end")
    func outwards() throws {
        let box = try box()
        let all = "./fifo ./link ./one ./sub ./sub/again "
        for (words, place, expected) in [
            ("w:/d new", "new", ". \(all)"),
            ("w:/d there", "there", ". ./d ./d/fifo ./d/link ./d/one ./d/sub ./d/sub/again "),
            ("w:/d/. there", "there", ". \(all)"), ("w:/d/. new", "new", ". \(all)"),
            ("w:/d/one there", "there", ". ./one "), ("w:/d/one there/", "there", ". ./one "),
            ("w:/d/one there/two", "there", ". ./two "), ("w:d/../d/one there", "there", ". ./one "),
            ("w:/dir/. there", "there", ". \(all)"), ("w:/dir there", "there", ". ./dir "),
            ("-L w:/dir there", "there", ". ./dir ./dir/fifo ./dir/link ./dir/one ./dir/sub ./dir/sub/again "),
            ("-L w:/d/link there", "there", ". ./link "), ("w:/empty/. there", "there", ". "),
        ] {
            try box.succeed("rm -rf there new; mkdir there; timeout 60 varve cp -q \(words)")
            #expect(try box.succeed("cd \(place); \(Self.list)") == expected, "\(words)")
        }
        #expect(
            try box.succeed("varve cp -L w:/d/link there/x; cat there/x; varve cp w:/d/link there/y; readlink there/y")
                == "one\n/d/one")
        #expect(try box.succeed("ln -s there/z to; varve cp w:/d/one to; cat there/z") == "one")
    }

    @Test("the same holds into a container, whose status tells of it")
    func inwards() throws {
        try box().transcript(
            """
            $ mkdir -p tree/sub; echo in >tree/sub/f; touch -d @5 tree/sub/f tree/sub tree
            $ varve cp file w:/new; varve cp file w:/dir; varve cp file w:d/link; varve cp tree w:/empty; varve cp tree/. w:/made
            $ varve status w
            A /d/file
            M /d/one
            A /empty/tree
            A /empty/tree/sub
            A /empty/tree/sub/f
            A /made
            A /made/sub
            A /made/sub/f
            A /new
            $ varve cat w:/d/one; varve start -a w; varve run --rm -v $PWD:/host debian:12 true
            host
            $ varve cp w:/made/sub/f - | tar -tv --numeric-owner --utc
            -rw-r--r-- 0/0               3 1970-01-01 00:00 f
            """)
    }

    @Test(
        "what can't be is told, and nothing is copied",
        arguments: [
            ("cp w:/nosuch .", 3, "copy: /nosuch: there is nothing at this path"),
            ("cp w:/no/such .", 3, "copy: /no/such: the directory that it would be in is not there"),
            ("cp w:/d/one no/such", 3, "copy: no/such: the directory that it would be in is not there"),
            ("cp w:/d/one no/", 3, "copy: no/: there is no such directory"),
            ("cp w:/d/one/ there", 3, "copy: /d/one/: it is no directory"),
            ("cp w:/d file", 3, "copy: file: a directory is not copied over a file"),
            ("cp w:/d/one file/", 3, "copy: file/: it is no directory"),
            ("cp file w:/no/such", 3, "copy: /no/such: the directory that it would be in is not there"),
            ("cp file w:/d/one/", 3, "copy: /d/one/: it is no directory"),
            ("cp there w:/d/one", 3, "copy: /d/one: a directory is not copied over a file"),
            ("cp - w:/d/one <base.tar", 3, "copy: /d/one: a tar file is unpacked into a directory, and there is none"),
            ("cp - w:/d <file", 3, "read archive: standard input: this is no tar archive, compressed or not"),
            ("cp nosuch:/x .", 2, "find container: nosuch: no container has this name or id"),
            ("cp a b", 2, "cp: a b: neither is in a container"),
            ("cp w:/a w:/b", 2, "cp: w:/a w:/b: one of them has to be on the host"),
            ("cp w: .", 2, "cp: w:: it takes CONTAINER:/path"),
        ])
    func refused(words: String, code: Int32, message: String) throws {
        let box = try box()
        try box.succeed("tar -C base -cf base.tar .")
        let result = try box.shell("varve \(words)")
        #expect(result.errors.hasPrefix("varve: \(message)\n") && result.status == code, "\(words): \(result.errors)")
        #expect(try box.succeed("ls there; cat file; varve status w; find . -name '.varve*'") == "host", "\(words)")
    }

    @Test("owners and what gives rights come along with -a alone")
    func archive() throws {
        let box = try box()
        let stat = "stat -c '%n %a %u:%g %h %Y' one; stat -c '%F' null 2>&1 | sed 's/.*: //'"
        try box.succeed(
            "setfattr -n user.note -v kept base/d/one; varve import -q debian:12 base; varve rm -q w; varve run --name w debian:12 true"
        )
        try box.transcript(
            """
            $ varve cp w:/d plain; cd plain; \(stat); getfattr --only-values -n user.note one; echo
            one 755 0:0 2 5
            No such file or directory
            kept
            ! varve: warning: copy: /d/null: it is a device, which only -a and tar files carry
            $ varve cp -a w:/d all; cd all; \(stat); stat -c %a .
            one 4755 1000:29 2 5
            character special file
            750
            $ chown 1000:29 file; chmod 6755 file; varve cp file w:/a; varve cp -a file w:/b
            $ varve ls -l w:/ | grep -E ' [ab]$' | cut -c1-18
            -rwxr-xr-x 0:0    
            -rwsr-sr-x 1000:29
            """.replacing("0:0    \n", with: "0:0    \n"))
    }

    @Test("a tar file carries every attribute out of one container and into another")
    func streams() throws {
        let box = try box()
        try box.succeed(
            """
            set -e
            cd base/d; setfattr -n user.note -v kept one; setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 sub
            setfacl -m u:77:rx,d:u:78:r sub || :
            truncate -s 10M sparse; echo end >>sparse; printf x >"$(printf 'a\\377\\n')"; touch -d '1960-01-01 00:00:00.123456789' one
            setfattr -n trusted.t -v 1 sub; cd ../..
            varve import -q debian:12 base
            varve run --name from debian:12 true; varve run --name to debian:12 busybox rm -r /d
            varve cp from:/d - | varve cp - to:/
            """)
        let sums = try box.succeed("for c in from to; do varve cp $c:/d - | sha256sum; done | uniq | wc -l")
        #expect(sums == "1")
        #expect(try box.succeed("varve cp from:/d - | tar -t | head -n 1") == "d/")
        #expect(try box.succeed("varve cp from:/d/one - | tar -t") == "one")
        #expect(try box.succeed("varve cp from:/d/. - | tar -t | grep -c '^one$\\|^./$'") == "2")
        // Sparse it stays.
        #expect(
            try box.succeed("varve cp to:/d/sparse there; [ $(stat -c %b there/sparse) -lt 100 ] && echo sparse")
                == "sparse")
        // Compressed is taken too, and parents that are missing are made, through symlinks of the container's.
        try box.succeed("mkdir -p t/dir/in; echo x >t/dir/in/f; tar -C t -czf t.tgz dir/in/f; varve cp - from:/ <t.tgz")
        #expect(try box.succeed("varve cat from:/d/in/f") == "x")
    }

    @Test("a running container is seen with all that is mounted in it")
    func running() throws {
        let box = try box()
        let container = try Spawned(
            [
                "varve", "run", "--name", "r", "-v", "data:/vol", "--tmpfs", "/t", "debian:12", "sh", "-c",
                "echo t >/t/f; echo v >/vol/f; echo up; exec sleep 1000",
            ], in: box)
        try container.waitForOutput("up")
        try box.transcript(
            """
            $ varve cp file r:/t; varve cp file r:/vol; cat r/volumes/data/data/file
            host
            $ varve cp r:/t - | tar -xO; varve cp r:/vol/. - | tar -t
            t
            host
            ./
            f
            file
            $ varve cp r:/etc/hostname there 2>/dev/null; varve cp r:/proc/1/comm there; varve cp r:/ all -q; ls all/proc; ls all/t
            f
            file
            """)
        try container.send(SIGTERM)
        _ = try box.shell("varve rm r")
    }

    @Test("a container that puts symlinks in the way has no file outside of it read or written")
    func hostile() throws {
        let box = try box()
        try box.succeed("mkdir -p secret/in; echo OUTSIDE >secret/f; echo OUTSIDE >secret/in/f; echo planted >planted")
        // Now /s is a directory, now a symlink to one of the host's that is not there inside; so is /s/in.
        let swap = """
            mkdir -p /s/in; echo inside >/s/f; echo inside >/s/in/f; echo up
            while :; do
              busybox mv /s /s.away; busybox ln -s \(box.path)/secret /s; busybox rm /s; busybox mv /s.away /s
              busybox mv /s/in /s/away; busybox ln -s \(box.path)/secret/in /s/in; busybox rm /s/in; busybox mv /s/away /s/in
              busybox mv /s/f /s/f.away; busybox ln -s \(box.path)/secret/f /s/f; busybox rm /s/f; busybox mv /s/f.away /s/f
            done
            """
        let container = try Spawned(["varve", "run", "--name", "r", "debian:12", "sh", "-c", swap], in: box)
        try container.waitForOutput("up")
        try box.shell(
            """
            for i in $(seq 10); do
              rm -rf out; mkdir out
              varve cp -q r:/s/f out/1; varve cp -q r:/s out/2; varve cp -q -L r:/s/in/f out/3; varve cp r:/s/in - >out/4
              cat $(find out -type f) >>seen
              varve cp -q planted r:/s/f; varve cp -q planted r:/s/in/planted; varve cp -aq there r:/s/in
              tar -c planted | varve cp -q - r:/s/in
            done
            """)
        #expect(try box.succeed("grep -ac OUTSIDE seen || :") == "0")
        #expect(try box.succeed("grep -ac inside seen") != "0")
        #expect(
            try box.succeed("cd secret; find . | sort | tr '\\n' ' '; cat f in/f")
                == ". ./f ./in ./in/f OUTSIDE\nOUTSIDE"
        )
        try container.send(SIGTERM)
    }

    @Test("a container with ids of its own is copied from and to while it does not run")
    func userNamespace() throws {
        try box().transcript(
            """
            $ varve run --name u --userns auto debian:12 sh -c 'echo own >/own; chown 1000:29 /own'
            $ varve cp u:/own - | tar -t --numeric-owner -v | cut -d' ' -f2
            1000/29
            $ varve cp -a u:/own there; stat -c %u:%g there/own; varve cp there/own u:/d/mine; varve cp -a there/own u:/d/kept
            1000:29
            $ varve start -a u; varve ls -l u:/d | grep -E 'mine|kept' | cut -d' ' -f2
            1000:29
            0:0
            """)
    }
}
