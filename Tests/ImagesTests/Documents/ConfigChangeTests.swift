import Images
import Model
import Testbed
import Testing

@Suite("Config changes")
struct ConfigChangeTests {
    /// The config that docker's answers below were given for.
    static let start: JSON = [
        "architecture": "amd64", "x": .number("1.50"), "config": ["Env": ["A=b"], "Cmd": ["sh"]], "os": "linux",
    ]

    private func change(_ texts: String..., from start: JSON = start) throws -> JSON {
        try ConfigChange.apply(texts.map { text throws(ImagesError) in try ConfigChange(parsing: text) }, to: start)
    }

    @Test(
        "what docker 20.10 makes of an instruction",
        arguments: [
            ("CMD a b", #"{"Cmd":["/bin/sh","-c","a b"]}"#), (#"CMD ["a","b"]"#, #"{"Cmd":["a","b"]}"#),
            ("CMD $A", #"{"Cmd":["/bin/sh","-c","$A"]}"#),
            (#"CMD ["a" "b"]"#, ##"{"Cmd":["/bin/sh","-c","[\"a\" \"b\"]"]}"##),
            ("ENTRYPOINT x y", #"{"Cmd":null,"Entrypoint":["/bin/sh","-c","x y"]}"#),
            (#"ENTRYPOINT ["a"]"#, #"{"Cmd":null,"Entrypoint":["a"]}"#),
            ("ENTRYPOINT []", "{}"), ("ENV k v w", #"{"Env":["A=b","k=v w"]}"#),
            (#"ENV k=v k2="v 2" k3=a\ b"#, #"{"Env":["A=b","k=v","k2=v 2","k3=a b"]}"#),
            ("ENV a=$A b=${A} c=$$ d=$N", #"{"Env":["A=b","a=b","b=b","c=","d="]}"#),
            (#"ENV B=$A-${A}-${Q:-dflt}-${A:+alt}-\$A"#, #"{"Env":["A=b","B=b-b-dflt-alt-$A"]}"#),
            (#"ENV C='$A' D="$A""#, #"{"Env":["A=b","C=$A","D=b"]}"#), ("ENV A=new", #"{"Env":["A=new"]}"#),
            (#"ENV a=b"c d"e"#, #"{"Env":["A=b","a=bc de"]}"#), ("   env   z   y  x  ", #"{"Env":["A=b","z=y  x"]}"#),
            (#"ENV k "v w""#, #"{"Env":["A=b","k=v w"]}"#), (#"ENV k v\ w"#, #"{"Env":["A=b","k=v w"]}"#),
            ("ENV a=", #"{"Env":["A=b","a="]}"#), ("ENV a='b c' d=e", #"{"Env":["A=b","a=b c","d=e"]}"#),
            (
                "EXPOSE 80 443/udp 90-92",
                #"{"ExposedPorts":{"80/tcp":{},"443/udp":{},"90/tcp":{},"91/tcp":{},"92/tcp":{}}}"#
            ),
            ("EXPOSE 80/TCP", #"{"ExposedPorts":{"80/tcp":{}}}"#),
            (#"LABEL a=b "c d"="e f""#, #"{"Labels":{"a":"b","c d":"e f"}}"#),
            ("LABEL k v w", #"{"Labels":{"k":"v w"}}"#),
            ("LABEL l=$A", #"{"Labels":{"l":"b"}}"#), ("LABEL a=", #"{"Labels":{"a":""}}"#),
            ("USER joe:1", #"{"User":"joe:1"}"#), ("USER a b", #"{"User":"a b"}"#), ("USER $A", #"{"User":"b"}"#),
            ("VOLUME /a /b", #"{"Volumes":{"/a":{},"/b":{}}}"#), (#"VOLUME ["/c d"]"#, #"{"Volumes":{"/c d":{}}}"#),
            ("VOLUME /$A", #"{"Volumes":{"/b":{}}}"#), ("WORKDIR rel", #"{"WorkingDir":"/rel"}"#),
            ("WORKDIR /a/../b/", #"{"WorkingDir":"/a/../b/"}"#), ("WORKDIR .", #"{"WorkingDir":"/"}"#),
            ("WORKDIR a b", #"{"WorkingDir":"/a b"}"#), ("STOPSIGNAL SIGKILL", #"{"StopSignal":"SIGKILL"}"#),
            ("HEALTHCHECK NONE", #"{"Healthcheck":{"Test":["NONE"]}}"#),
            (#"HEALTHCHECK CMD ["a"]"#, #"{"Healthcheck":{"Test":["CMD","a"]}}"#),
            ("HEALTHCHECK CMD   a   b  ", #"{"Healthcheck":{"Test":["CMD-SHELL","a   b"]}}"#),
            (
                "HEALTHCHECK --interval=5m --timeout=3s --start-period=1h2m3.5s --retries=3 CMD curl x",
                #"{"Healthcheck":{"Test":["CMD-SHELL","curl x"],"Interval":300000000000,"Timeout":3000000000,"#
                    + #""StartPeriod":3723500000000,"Retries":3}}"#
            ),
            (
                "HEALTHCHECK --start-period=1.5m CMD a",
                #"{"Healthcheck":{"Test":["CMD-SHELL","a"],"StartPeriod":90000000000}}"#
            ),
            ("ONBUILD RUN a b", #"{"OnBuild":["RUN a b"]}"#), (#"ONBUILD CMD ["x"]"#, #"{"OnBuild":["CMD [\"x\"]"]}"#),
        ])
    func docker(text: String, set: String) throws {
        var expected = try #require(Self.start["config"])
        for member in try #require(JSON(parsing: set.utf8).object) {
            expected = expected.with(member.key, member.value.isNull ? Optional<JSON>.none : member.value)
        }
        #expect(try change(text) == Self.start.with("config", expected))
    }

    @Test(
        "what is no change is refused in one line",
        arguments: [
            ("FROM x", "'FROM' is none of CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER"),
            ("", "is none of"), ("# x", "is none of"), ("RUN x", "is none of"),
            ("CMD", "CMD takes something behind it"),
            ("CMD a\nCMD b", "one instruction on one line"), (#"cmd ["a", 1]"#, "something else than strings"),
            ("LABEL a", "LABEL takes name=value, or a name and a value"), ("ENV a=b c", "'c' is no name=value"),
            ("ENV =x", "a name is empty"), ("ENV a='b", "a single quote has no end"),
            (#"ENV a="b"#, "a double quote has no end"),
            ("ENV a=${A", "has no '}'"), ("ENV a=${A:x}", "takes only '-' or '+'"), ("ENV a=${A:-x", "'${' has no '}'"),
            ("ENV a=${}", "has no name"), ("EXPOSE x", "'x' is no port"), ("EXPOSE 1-70000", "is no port"),
            ("EXPOSE 80/foo", "is no port"), ("EXPOSE +80", "is no port"), ("EXPOSE 9-8", "is no port"),
            ("EXPOSE $A", "'b' is no port"),
            (#"VOLUME [""]"#, "a volume's path is empty"), ("VOLUME rel", "a volume's path is absolute"),
            ("VOLUME /", "not the root"), ("VOLUME /../x", "without '..'"),
            ("VOLUME /proc/self", "no volume is mounted"), ("STOPSIGNAL SIGNONE", "is no signal"),
            ("STOPSIGNAL 65", "is no signal"),
            ("HEALTHCHECK --x=1 CMD a", "--x is none of --interval"),
            ("HEALTHCHECK --interval=1us CMD a", "less than 1ms"),
            ("HEALTHCHECK --interval=-1s CMD a", "is no duration"),
            ("HEALTHCHECK --interval=1 CMD a", "is no duration"),
            ("HEALTHCHECK --interval=9999999999h CMD a", "is no duration"),
            ("HEALTHCHECK --interval=1s --interval=2s CMD a", "--interval stands twice"),
            ("HEALTHCHECK --interval 1s CMD a", "takes a value behind '='"),
            ("HEALTHCHECK --retries=0 CMD a", "from 1 on"),
            ("HEALTHCHECK FOO", "stands CMD or NONE"), ("HEALTHCHECK NONE x", "takes nothing else"),
            ("HEALTHCHECK CMD", "takes a command"), ("ONBUILD ONBUILD RUN x", "'ONBUILD' can't stand behind ONBUILD"),
            ("ONBUILD from x", "'FROM' can't stand behind ONBUILD"),
        ])
    func refused(text: String, reason: String) throws {
        do {
            let made = try change(text)
            Issue.record("\(made)")
        } catch let error as ImagesError {
            #expect(error.reason.contains(reason), "\(error)")
            #expect(!error.description.contains("\n"))
        }
    }

    @Test("an entrypoint takes away the command from before it, and not one that is set with it")
    func entrypoint() throws {
        #expect(try change("CMD x", #"ENTRYPOINT ["e"]"#)["config"]?["Cmd"] == ["/bin/sh", "-c", "x"])
        #expect(try change(#"ENTRYPOINT ["e"]"#, "CMD x")["config"]?["Cmd"] == ["/bin/sh", "-c", "x"])
    }

    @Test("labels, ports and volumes are added to, the image's shell is used, variables see what came before")
    func merging() throws {
        let start = Self.start.with(
            "config", ["Shell": ["bash", "-ec"], "Labels": ["a": "1", "b": "2"], "Volumes": nil])
        let config = try change(
            "LABEL b=3 c=4", "VOLUME /v", "CMD x", "ENV P=/p Q=$P", "ENV Q=$P", "WORKDIR $Q", "WORKDIR ../r",
            "ONBUILD USER a", "ONBUILD USER b", "STOPSIGNAL RTMIN+3", from: start)["config"]
        #expect(config?["Labels"] == ["a": "1", "b": "3", "c": "4"])
        #expect(config?["Volumes"] == ["/v": [:]] && config?["Cmd"] == ["bash", "-ec", "x"])
        #expect(config?["Env"] == ["P=/p", "Q=/p"] && config?["WorkingDir"] == "/r")
        #expect(config?["OnBuild"] == ["USER a", "USER b"] && config?["StopSignal"] == "RTMIN+3")
        #expect(try change("USER x", from: [:]) == ["config": ["User": "x"]])
    }

    @Test("words of random quotes and variables come out whole or are refused")
    func fuzz() throws {
        var random = SplitMix(seed: 41)
        let pieces = [
            "'", "\"", "\\", "$", "{", "}", ":", "-", "+", "A", "=", " ", "\t", "é", "[", "]", ",", "1", "/", "--",
        ]
        let names = [
            "CMD", "ENV", "LABEL", "EXPOSE", "VOLUME", "HEALTHCHECK", "HEALTHCHECK CMD", "USER", "WORKDIR",
            "ONBUILD RUN",
        ]
        var made = 0
        for _ in 0..<5_000 {
            let words = (0..<Int.random(in: 1...12, using: &random)).compactMap { _ in
                pieces.randomElement(using: &random)
            }
            let text = "\(names.randomElement(using: &random) ?? "CMD") \(words.joined())"
            do {
                let result = try change(text)
                #expect(try JSON(parsing: result.serialized()) == result)
                made += 1
            } catch let error as ImagesError { #expect(!error.description.contains("\n")) }
        }
        #expect(made > 1_000)
    }
}
