import ArgumentParser
import Images

/// What a commit is to change in the image's config.
struct ConfigChangeOptions: ParsableArguments {
    @Option(
        name: [.customShort("c", allowingJoined: true), .customLong("change")],
        help: ArgumentHelp(
            "Change the config by a Dockerfile's instruction: CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME or WORKDIR.",
            valueName: "instruction"))
    var texts: [String] = []

    var changes: [ConfigChange] {
        get throws { try texts.map { try ConfigChange(parsing: $0) } }
    }
}
