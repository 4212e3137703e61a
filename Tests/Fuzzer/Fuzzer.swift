// libFuzzer on one edge (Clang documentation, "libFuzzer"): `Fuzzer EDGE`, libFuzzer's options, directories of inputs.
// libFuzzer has the main function. `scripts/fuzz` builds and runs it.

import Edges
import Glibc

/// Set before the first input.
nonisolated(unsafe) private var edge = Edge.json

/// Takes the edge's name out of the arguments before libFuzzer looks at them.
@c(LLVMFuzzerInitialize)
public func initialize(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>
) -> CInt {
    guard count.pointee > 1, let name = arguments.pointee[1], let named = Edge(rawValue: String(cString: name)) else {
        print("edges:", Edge.allCases.map(\.rawValue).joined(separator: " "))
        exit(2)
    }
    edge = named
    arguments.pointee[1] = arguments.pointee[0]
    arguments.pointee += 1
    count.pointee -= 1
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
