// libFuzzer on one edge (Clang documentation, "libFuzzer"): `Fuzzer`, libFuzzer's options, directories of inputs,
// `-ignore_remaining_args=1 EDGE`. libFuzzer has the main function. `scripts/fuzz` builds and runs it.

import Edges
import Glibc

/// Set before the first input.
nonisolated(unsafe) private var edge = Edge.json

/// The last argument, so that the processes which libFuzzer itself starts have it too.
@c(LLVMFuzzerInitialize)
public func initialize(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>
) -> CInt {
    guard let name = arguments.pointee[Int(count.pointee) - 1], let named = Edge(rawValue: String(cString: name)) else {
        print("edges:", Edge.allCases.map(\.rawValue).joined(separator: " "))
        exit(2)
    }
    edge = named
    return 0
}

@c(LLVMFuzzerTestOneInput)
public func test(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    do { try edge.take(Array(UnsafeBufferPointer(start: data, count: size))) } catch {
        print("finding: \(error)")
        fflush(nil)
        abort()
    }
    return 0
}
