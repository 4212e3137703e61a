/// Memory in the form C wants, freed together.
final class PlanMemory {
    private var blocks: [UnsafeMutableRawPointer] = []

    deinit { for block in blocks { block.deallocate() } }

    func array<Element: BitwiseCopyable>(_ elements: [Element]) -> UnsafeMutablePointer<Element> {
        let pointer = UnsafeMutablePointer<Element>.allocate(capacity: max(elements.count, 1))
        pointer.initialize(from: elements, count: elements.count)
        blocks.append(UnsafeMutableRawPointer(pointer))
        return pointer
    }

    func text(_ bytes: some Sequence<UInt8>) -> UnsafeMutablePointer<CChar> {
        array(bytes.map { CChar(bitPattern: $0) } + [0])
    }

    func list(_ texts: [[UInt8]]) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
        array(texts.map { Optional(text($0)) } + [nil])
    }

    func constantList(_ texts: [[UInt8]?]) -> UnsafePointer<UnsafePointer<CChar>?> {
        UnsafePointer(array(texts.map { $0.map { UnsafePointer(text($0)) } } + [nil]))
    }
}
