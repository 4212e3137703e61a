import Testbed
import Testing

/// Who enters a container that has been created and not started.
@Suite("An OCI container that waits for its start", .enabled(if: isRoot))
struct CreatedContainerTests {
    @Test("shows its gate to nobody inside")
    func hidden() throws {
        let oci = try OCIBox()
        let text = try oci.succeed(
            """
            create web
            oci exec web sh -c 'for file in /proc/1/fd/*; do (echo >$file) 2>/dev/null && echo opened; done; echo tried'
            status web
            oci start web && status web
            """)
        #expect(text == "tried\ncreated\nrunning")
    }

    @Test("is started though its gate is held open by who can look at anything")
    func held() throws {
        let oci = try OCIBox()
        let text = try oci.succeed(
            """
            cat >b/rootfs/hold.sh <<'END'
            for file in /proc/1/fd/*; do ! test -p $file || exec 9<>$file; done
            test -p /proc/self/fd/9 && echo yes >/held; sleep 1000
            END
            create web
            oci exec --detach --cap CAP_SYS_PTRACE web sh /hold.sh </dev/null >out 2>&1
            until test -s b/rootfs/held; do :; done
            oci start web; status web
            oci delete --force web; oci list -q
            """)
        #expect(text == "running")
    }

    @Test("is deleted though its start waits for a hook, and keeps who deletes it waiting", arguments: [true, false])
    func hanging(hasPIDNamespace: Bool) throws {
        let oci = try OCIBox()
        let text = try oci.succeed(
            """
            config "
            if '\(hasPIDNamespace)' == 'false':
                config['linux']['namespaces'] = [n for n in config['linux']['namespaces'] if n['type'] != 'pid']
            config['hooks'] = {'startContainer': [{'path': '/bin/sh', 'args': ['sh', '-c', 'echo >/reached; sleep 1000']}]}"
            create web
            oci start web >out 2>&1 & start=$!
            until test -e b/rootfs/reached; do :; done
            timeout 60 varve oci --root "$BOX/s" delete --force web; echo $?
            ! wait $start; oci list -q; test -e b/rootfs/up || echo not run
            """)
        #expect(text == "0\nnot run")
    }

    @Test("runs its start hooks with the capabilities that could be granted")
    func hookCapabilities() throws {
        let oci = try OCIBox()
        let text = try oci.succeed(
            #"""
            config "
            for set in config['process']['capabilities'].values():
                if 'CAP_KILL' in set: set.append('CAP_SYS_TIME')
            config['hooks'] = {'startContainer': [{'path': '/bin/sh', 'args': ['sh', '-c', 'grep CapBnd /proc/self/status >/told']}]}"
            ln -s busybox b/rootfs/bin/grep
            without() { setpriv --bounding-set=-sys_time "$@"; }
            without varve oci --root "$BOX/s" create --bundle b web </dev/null >out 2>&1 || cat out
            grep -q CAP_SYS_TIME out && echo warned
            without varve oci --root "$BOX/s" start web && await web running
            grep CapBnd /proc/$(oci state web | sed -n 's/.*"pid": \(.*\),/\1/p')/status | cmp - b/rootfs/told && echo the same
            """#)
        #expect(text == "warned\nthe same", "\(text)")
    }
}
