import CLinux
import Glibc
import Linux
import Testing

/// What a process tells on its way, as it comes out of the pipe.
@Suite("What a starting process tells")
struct LaunchOrderTests {
    @Test("is nothing while another is to take its place, and ends it", arguments: 0..<5)
    func early(number: Int) throws {
        let stages = [
            VARVE_TELLS_PREPARED, VARVE_TELLS_READY, VARVE_TELLS_PREPARED, VARVE_TELLS_READY, VARVE_TELLS_SUCCESSOR,
        ]
        var process =
            switch number {
            // Asks before the one in the user namespace has come.
            case 0: try Reported(successors: 1, isAsked: true)
            // Is ready before the one in the pid namespace has come.
            case 1: try Reported(successors: 1, last: 1, hasGate: true)
            // Asks though there is nothing to ask.
            case 2: try Reported()
            // Is ready though it has not asked.
            case 3: try Reported(isAsked: true, hasGate: true)
            // Has its last successor before it has asked.
            default: try Reported(successors: 1, isAsked: true, last: 1)
            }
        let pid = process.launch.pid
        try process.tell(stages[number], pid)
        #expect(process.next() == -1)
        #expect(process.said.stage == Int32(VARVE_STAGE_HAND_OVER) && process.said.error == EPROTO)
        #expect(kill(pid, 0) == -1 && errno == ESRCH)
    }

    @Test("is taken in its order")
    func order() throws {
        var process = try Reported(successors: 2, isAsked: true, last: 1, hasGate: true)
        let successors = [try Reported.start(), try Reported.start()]
        try process.tell(VARVE_TELLS_SUCCESSOR, successors[0])
        try process.tell(VARVE_TELLS_PREPARED)
        try process.tell(VARVE_TELLS_SUCCESSOR, successors[1])
        try process.tell(VARVE_TELLS_READY)
        // Who is succeeded ends by itself.
        kill(process.launch.pid, SIGKILL)
        #expect(process.next() == 1)
        #expect(process.launch.pid == successors[0])
        kill(process.launch.pid, SIGKILL)
        #expect(process.next() == 0)
        #expect(process.launch.pid == successors[1])
        varve_launch_abandon(&process.launch)
    }

    @Test("has to be all before the end")
    func silent() throws {
        var process = try Reported(isAsked: true)
        process.reports = nil
        #expect(process.next() == -1)
        #expect(process.said.stage == Int32(VARVE_STAGE_DIED))
    }
}

/// A launch of a process that does nothing, for which the test reports.
private struct Reported: ~Copyable {
    var launch = varve_launch()
    var said = varve_report()
    var reports: Descriptor?

    init(successors: Int32 = 0, isAsked: Bool = false, last: Int32 = 0, hasGate: Bool = false) throws {
        var ends: [Int32] = [-1, -1]
        try system("make", "pipe") { varve_pipe(&ends) }
        reports = Descriptor(owning: ends[1])
        launch.pid = try Reported.start()
        let pid = launch.pid
        launch.pidfd = try system("open", "process") { varve_pidfd_open(pid) }
        (launch.reports, launch.answers) = (ends[0], -1)
        (launch.successors, launch.last_successors) = (successors, last)
        (launch.is_asked, launch.has_gate) = (isAsked ? 1 : 0, hasGate ? 1 : 0)
    }

    static func start() throws -> Int32 {
        var pid: Int32 = 0
        let words: [UnsafeMutablePointer<CChar>?] = [strdup("sleep"), strdup("1000"), nil]
        defer { words.forEach { free($0) } }
        let failure = posix_spawnp(&pid, "sleep", nil, nil, words, environ)
        guard failure == 0 else { throw SystemError("start", "sleep", Errno(rawValue: failure)) }
        return pid
    }

    /// Writes a report's head: three numbers of 32 bits.
    func tell(_ stage: Int, _ detail: Int32 = 0) throws {
        let numbers = [Int32(stage), 0, detail]
        let bytes = numbers.withUnsafeBytes { Array($0) }
        switch reports {
        case .some(let reports): try reports.write(bytes)
        case .none: Issue.record("the pipe is closed")
        }
    }

    mutating func next() -> Int32 { varve_launch_next(&launch, &said) }
}
