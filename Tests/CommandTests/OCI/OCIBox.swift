import Glibc
import Linux
import Testbed
import Testing

/// A bundle with a busybox root, states in a directory of their own, and a shell in which `oci` is varve as a runtime.
final class OCIBox {
    let box: Box
    var path: String { box.path }

    init() throws {
        box = try Box(imported: false)
        // Containers outlive the shell, and would keep its pipes: they write to a file.
        let prelude = #"""
            oci() { varve oci --root "$BOX/s" "$@"; }
            create() { oci create --bundle "$BOX/b" "$@" </dev/null >>"$BOX/out" 2>"$BOX/err" || { cat "$BOX/err" >&2; false; }; }
            config() { python3 -c 'import json, sys
            with open("b/config.json") as file: config = json.load(file)
            exec(sys.argv[1])
            with open("b/config.json", "w") as file: json.dump(config, file)' "$1"; }
            program() { config "config['process']['args'] = ['sh', '-c', '$1']"; }
            status() { oci state "$1" | sed -n 's/.*"status": "\(.*\)",/\1/p'; }
            await() { while [ "$(status "$1")" != "$2" ]; do :; done; }
            """#
        try box.succeed("cat >oci.sh <<'END'\n\(prelude)\nEND")
        try succeed(
            """
            mkdir b; cp -r base b/rootfs; (cd b; crun spec); mkfifo b/rootfs/hold
            config "
            config['process'].update(terminal=False)
            config['process']['capabilities']['ambient'] = []
            config['root']['readonly'] = False"
            program 'echo up >/up; read line </hold'
            """)
    }

    deinit {
        _ = try? shell("for id in $(oci list -q); do oci delete --force $id; done")
    }

    @discardableResult
    func shell(_ script: String) throws -> CommandResult { try box.shell(". ./oci.sh\n\(script)") }

    @discardableResult
    func succeed(_ script: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
        try box.succeed(". ./oci.sh\n\(script)", sourceLocation: sourceLocation)
    }
}
