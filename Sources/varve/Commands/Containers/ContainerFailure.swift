import Engine

/// The exit codes of commands that run a container.
enum ContainerFailure {
    /// Exits as the container did; what varve itself fails at is 125, 126 or 127.
    static func exiting(_ body: () throws -> Int32) throws -> Never {
        do {
            throw Exit(try body())
        } catch let error as Exit { throw error } catch {
            Report.exit(for: error, as: 125)
        }
    }

    /// Tells of a failure that must not hide how the command ended.
    static func report(_ body: () throws -> Void) {
        do { try body() } catch { StandardError.write("varve: \(error)\n") }
    }
}
