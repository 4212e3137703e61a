import Testbed
import Testing

/// Control groups that others have at a container's `cgroupsPath`.
@Suite("The control groups of an OCI container", .enabled(if: isRoot))
struct GroupOwnershipTests {
    /// A shell with `group`, a path for the container, and `main` and `pids`, where that is in the hierarchy that all
    /// containers are in and in that of version 1 which limits processes (empty where there is none).
    private func box() throws -> OCIBox {
        let oci = try OCIBox()
        try oci.succeed(
            #"""
            cat >>oci.sh <<'END'
            mounted() { findmnt -n -o TARGET "$@" | head -n 1; }
            group=varve-test/oci-${BOX##*/}
            main=$(mounted -t cgroup2); main=${main:-$(mounted -t cgroup -O freezer)}/$group
            pids=$(mounted -t cgroup -O pids); pids=${pids:+$pids/$group}
            END
            . ./oci.sh; config "config['linux']['cgroupsPath'] = '/$group'"
            """#)
        return oci
    }

    private func hasPids(_ oci: OCIBox) throws -> Bool { try !oci.succeed("echo $pids").isEmpty }

    @Test("are not made where others are in one, and those are left alone", arguments: ["main", "pids"])
    func refused(hierarchy: String) throws {
        let oci = try box()
        if try hierarchy == "pids" && !hasPids(oci) { return }
        let text = try oci.succeed(
            """
            config "config['linux']['resources']['pids'] = {'limit': 50}"
            mkdir -p "$\(hierarchy)"
            sleep 1000 & pid=$!
            echo $pid >"$\(hierarchy)/cgroup.procs"
            create web 2>&1 || echo refused
            oci state web 2>/dev/null || echo nothing is left
            kill -0 $pid && echo alive
            cat "$\(hierarchy)/cgroup.procs" | grep -x $pid >/dev/null && echo in its place
            [ "$\(hierarchy)" = "$main" ] || ! test -d "$main" || echo another is left
            kill $pid; wait $pid; rmdir "$\(hierarchy)"
            """)
        let lines = text.split(separator: "\n")
        #expect(lines.first?.contains("use control group: ") == true, "\(text)")
        #expect(lines.first?.contains("other processes are in it") == true, "\(text)")
        #expect(lines.dropFirst() == ["refused", "nothing is left", "alive", "in its place"], "\(text)")
    }

    @Test("stay where they were there before, without what was the container's", arguments: [true, false])
    func joined(hasPIDNamespace: Bool) throws {
        let oci = try box()
        if !hasPIDNamespace {
            try oci.succeed(
                """
                config "config['linux']['namespaces'] = [n for n in config['linux']['namespaces'] if n['type'] != 'pid']"
                """)
        }
        let text = try oci.succeed(
            """
            set -e
            program 'sleep 1000 & echo up >/up; read line </hold'
            mkdir -p "$main"
            create web; oci start web
            until test -e b/rootfs/up; do :; done
            [ "$(oci ps web | wc -l)" -ge 3 ] && echo inside
            oci pause web
            oci delete --force web
            test -d "$main" && [ -z "$(cat "$main/cgroup.procs")" ] && echo empty
            # One that had stayed frozen would stop whoever comes next.
            sleep 0 & echo $! >"$main/cgroup.procs" || :; wait $!
            rmdir "$main" && echo removed
            """)
        #expect(text == "inside\nempty\nremoved", "\(text)")
    }

    @Test("are thawed for the end, those of version 1 too, which nobody dies in before", arguments: [true, false])
    func frozen(isJoined: Bool) throws {
        let oci = try box()
        guard try oci.shell("findmnt -t cgroup -O freezer").status == 0 else { return }
        let text = try oci.succeed(
            """
            cat >inner.sh <<'END'
            for place in $(findmnt -n -o TARGET -t cgroup2); do umount -l $place; done
            . ./oci.sh; \(isJoined ? "mkdir -p $main" : "")
            create web; oci start web; oci pause web; status web
            timeout 60 varve oci --root "$BOX/s" delete --force web; echo $?
            oci list -q; ! rmdir "$main" 2>/dev/null || echo removed
            END
            unshare -m sh inner.sh
            """)
        #expect(text == (isJoined ? "paused\n0\nremoved" : "paused\n0"))
    }

    @Test("that were there before keep no rules about devices for who comes next")
    func deviceRules() throws {
        let oci = try box()
        // A device that anybody may have who has the rules for it.
        guard try oci.shell(": </dev/fuse").status == 0 else { return }
        let text = try oci.succeed(
            """
            mkdir -p "$main"; ln -s busybox b/rootfs/bin/mknod
            config "
            for set in config['process']['capabilities'].values(): set.append('CAP_MKNOD')"
            program 'mknod /device c 10 229; (: </device) && echo opened || echo refused'
            create web; oci start web; await web stopped; oci delete web; cat out
            config "config['linux']['resources'] = {'devices': [{'allow': True, 'access': 'rwm'}]}"
            oci run --bundle b web
            rmdir "$main"
            """)
        #expect(text == "refused\nopened")
    }

    @Test("are not others' of the same path that it has nothing to do with")
    func unrelated() throws {
        let oci = try box()
        guard try hasPids(oci), try oci.succeed("echo $main") != "" else { return }
        let text = try oci.succeed(
            """
            mkdir -p "$pids"
            sleep 1000 & pid=$!
            echo $pid >"$pids/cgroup.procs"
            config "config['linux']['resources'] = {}"
            create web; oci start web
            oci ps web | grep -w $pid
            oci update --pids-limit 20 web 2>&1
            oci kill --all web KILL
            await web stopped; oci delete web
            kill -0 $pid && echo alive
            test -d "$main" || echo removed
            kill $pid; wait $pid; rmdir "$pids"
            """)
        let lines = text.split(separator: "\n")
        #expect(lines.first?.hasPrefix("varve: update limits of: ") == true, "\(text)")
        #expect(lines.dropFirst() == ["alive", "removed"], "\(text)")
    }

    @Test("that an update makes go with it too")
    func updated() throws {
        let oci = try box()
        guard try hasPids(oci) else { return }
        let text = try oci.succeed(
            """
            config "config['linux']['resources'] = {}"
            create web; oci start web
            oci update --pids-limit 20 web && cat "$pids/pids.max"
            oci delete --force web
            test -d "$main" || test -d "$pids" || echo removed
            """)
        #expect(text == "20\nremoved", "\(text)")
    }
}
