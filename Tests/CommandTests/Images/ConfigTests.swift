import Testbed
import Testing

/// What `commit -c` and `import -c` change, `run` obeys, and `save` writes.
@Suite("Changes to a config", .enabled(if: hasImageTools))
struct ConfigTests {
    private static let changes = [
        #"CMD ["-c", "id; pwd; echo $A $B; ls /data"]"#, #"ENTRYPOINT ["sh"]"#, "ENV A=one B='two words'",
        "EXPOSE 80 53/udp",
        "LABEL l=m", "USER ann:audio", "VOLUME /data", "WORKDIR /tmp", "STOPSIGNAL SIGQUIT",
        "HEALTHCHECK --interval=5s CMD true",
    ].map { "-c '\($0.replacing("'", with: "'\\''"))'" }.joined(separator: " ")

    private static let seen = "uid=1000(ann) gid=29(audio)\n/tmp\none two words"

    @Test("import -c and commit -c take all instructions, and run obeys them")
    func obeyed() throws {
        let box = try Box()
        try box.succeed("varve -q import \(Self.changes) imported base.tar")
        #expect(try box.succeed("varve run --rm imported") == Self.seen)
        try box.succeed(
            "varve -q run --name work debian:12 touch /made; varve -q commit work -t committed \(Self.changes)")
        #expect(try box.succeed("varve run --rm committed") == Self.seen)

        // All of it leaves, and comes back.
        try box.succeed("varve -q save -o out.tar committed")
        let config = try box.succeed(
            """
            skopeo inspect --raw --config oci-archive:out.tar |
                python3 -c 'import json, sys; print(json.dumps(json.load(sys.stdin)["config"], sort_keys=True))'
            """)
        let expected =
            #"{"Cmd": ["-c", "id; pwd; echo $A $B; ls /data"], "Entrypoint": ["sh"], "Env": ["A=one", "B=two words"], "#
            + #""ExposedPorts": {"53/udp": {}, "80/tcp": {}}, "Healthcheck": {"Interval": 5000000000, "Test": ["CMD-SHELL", "true"]}, "#
            + #""Labels": {"l": "m"}, "StopSignal": "SIGQUIT", "User": "ann:audio", "Volumes": {"/data": {}}, "WorkingDir": "/tmp"}"#
        #expect(config == expected)
        try box.succeed("varve -q load -i out.tar -t back")
        #expect(try box.succeed("varve run --rm back") == Self.seen)
        let inspected = try box.succeed(
            "varve inspect back | python3 -c 'import json, sys; print(json.load(sys.stdin)[0][\"config\"][\"config\"][\"User\"])'"
        )
        #expect(inspected == "ann:audio")
        try box.succeed(
            "varve -q run --name changed back -c true; varve -q commit changed --allow-empty -c 'CMD [\"-c\", \"pwd\"]'"
        )
        #expect(try box.succeed("varve run --rm back") == "/tmp")
    }

    @Test("what is no instruction is refused before anything happens")
    func refused() throws {
        let box = try Box()
        try box.succeed("varve -q run --name work debian:12 touch /made")
        for change in [
            "RUN true", "CMD", "ENV", "USER", "STOPSIGNAL none", "EXPOSE 70000", "HEALTHCHECK", "", "FROM x",
        ] {
            let seen = "varve tag; varve op log | cut -c 1-10; varve status work"
            let before = try box.succeed(seen)
            for command in ["commit work", "import new:1 base.tar"] {
                let result = try box.shell("varve \(command) -c '\(change)'")
                #expect(result.status == 2 && result.errors.split(separator: "\n").count <= 2, "\(result.errors)")
            }
            #expect(try box.succeed(seen) == before, "\(change)")
        }
    }
}
