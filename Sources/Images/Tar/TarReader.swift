import Linux
import Model

/// Reads a tar archive from front to end: ustar, GNU, pax or older, compressed by gzip, xz, zstd, bzip2, lz4 or not at
/// all (docs/import.md). Memory doesn't grow with the size of what is read.
///
/// After an error the reader gives the same error for ever.
public final class TarReader {
    /// Bytes of holes that the entries of one archive may have together. Holes cost nothing in the archive, and whoever
    /// hashes or copies the bodies reads them as zeros all the same.
    static let defaultHoleLimit: UInt64 = 64 << 30

    private let name: String
    private let reader: ByteReader
    private let accounts: Accounts
    private let dialect: TarDialect
    private let holeLimit: UInt64
    /// Bytes of holes so far.
    private var holeCount: UInt64 = 0
    private var global = PaxRecords()
    private var body = TarBody()
    /// The current entry's name as people see it.
    private var entryName: String?
    private var hasEnded = false
    private var failure: ImagesError?

    /// Reads as much as it takes to tell the compression.
    /// - Parameters:
    ///   - descriptor: an open file, or a pipe; read from its current position.
    ///   - name: what messages call the archive.
    ///   - accounts: for access control lists that have names alone; an unknown name is refused.
    public convenience init(
        reading descriptor: consuming Descriptor, name: String, accounts: Accounts = Accounts(),
        dialect: TarDialect = .archive
    ) throws(ImagesError) {
        let source = try DecompressedSource.make(DescriptorSource(descriptor, name: name), name: name)
        self.init(ByteReader(source, name: name), name: name, accounts: accounts, dialect: dialect)
    }

    /// - Parameters:
    ///   - reader: at the archive's first byte, not compressed.
    ///   - holeLimit: throws where the entries have more bytes of holes.
    init(
        _ reader: ByteReader, name: String, accounts: Accounts, dialect: TarDialect,
        holeLimit: UInt64 = defaultHoleLimit
    ) {
        self.reader = reader
        self.name = name
        self.accounts = accounts
        self.dialect = dialect
        self.holeLimit = holeLimit
    }

    /// The next entry, in the archive's order; what is left of the current one's body is stepped over.
    /// Nil at the end, when all bytes up to the end of the input have been read and checked.
    public func next() throws(ImagesError) -> TarEntry? {
        try remembering { () throws(ImagesError) in try advance() }
    }

    /// Reads the current entry's body: exactly `attributes.size` bytes in all, holes as zeros.
    /// - Returns: how many bytes it wrote to the start of `buffer`; 0 at the end, or where nothing fits.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(ImagesError) -> Int {
        try remembering { () throws(ImagesError) in try body.read(into: buffer, from: reader) }
    }

    /// Steps to the end of the current entry's body.
    /// - Parameter recorded: whether its bytes are recorded as those of headers are.
    func skipBody(recorded: Bool) throws(ImagesError) {
        try remembering { () throws(ImagesError) in try body.skip(reader, recorded: recorded) }
    }

    /// Does what fails for ever when it fails.
    func remembering<Result>(_ work: () throws(ImagesError) -> Result) throws(ImagesError) -> Result {
        if let failure { throw failure }
        do throws(ImagesError) { return try work() } catch {
            failure = error
            throw error
        }
    }

    private func advance() throws(ImagesError) -> TarEntry? {
        if hasEnded { return nil }
        try body.finish(reader)
        entryName = nil
        guard let member = try nextMember() else {
            hasEnded = true
            return nil
        }
        entryName = Self.shown(member.name)
        let stored = try checked { () throws(Refusal) in try member.storedSize() }
        let (map, used) = try sparseMap(of: member, stored: stored)
        guard map.dataCount == stored - used else { throw refused(SparseMap.malformed) }
        try countHoles(of: map)
        body = TarBody(map, stored: stored - used)
        return try checked { () throws(Refusal) in try member.entry(map, dialect) }
    }

    // MARK: Headers

    /// Reads headers up to one of a file; nil at the end of the archive.
    private func nextMember() throws(ImagesError) -> TarMember? {
        var local = PaxRecords()
        var longName: [UInt8]?
        var longLink: [UInt8]?
        var isAfterSpecial = false
        while let header = try nextHeader() {
            switch header.type {
            case UInt8(ascii: "x"):
                let text = try special(header)
                try checked { () throws(Refusal) in try local.add(text) }
            case UInt8(ascii: "g"):
                let text = try special(header)
                try checked { () throws(Refusal) in try global.addGlobal(text) }
            case UInt8(ascii: "L"): longName = TarHeader.longName(try special(header))
            case UInt8(ascii: "K"): longLink = TarHeader.longName(try special(header))
            case UInt8(ascii: "V"): _ = try special(header)
            default:
                return TarMember(
                    header: header, records: local.over(global), accounts: accounts, longName: longName,
                    longLink: longLink)
            }
            isAfterSpecial = isAfterSpecial || header.type != UInt8(ascii: "g") && header.type != UInt8(ascii: "V")
        }
        if isAfterSpecial { throw reader.truncated() }
        return nil
    }

    /// Nil at the end of the archive: two blocks of zeros, or one, or none, since some writers leave them out and GNU
    /// tar takes that too. Nothing but zeros may follow, up to the end of the input.
    private func nextHeader() throws(ImagesError) -> TarHeader? {
        let start = reader.position
        let block = try reader.bytes(TarHeader.byteCount)
        if block.isEmpty {
            if start == 0, dialect != .layer { throw refused(Refusal("it is empty")) }
            return nil
        }
        if let header = TarHeader(block) { return header }
        if block.count == TarHeader.byteCount, block.allSatisfy({ $0 == 0 }) {
            guard try reader.restIsZeros() else {
                throw refused(Refusal("there is something else after the end mark at byte \(start)"))
            }
            return nil
        }
        if start == 0 { throw refused(Refusal("this is no tar archive, compressed or not")) }
        if block.count < TarHeader.byteCount { throw reader.truncated() }
        throw refused(Refusal("the header at byte \(start) is damaged"))
    }

    /// The body of a header that says something of the entries after it.
    private func special(_ header: TarHeader) throws(ImagesError) -> [UInt8] {
        let limit = header.specialLimit ?? 0
        guard let size = header.size, (0...Int64(limit)).contains(size) else {
            throw refused(Refusal("a special header at byte \(reader.position) is larger than \(limit) bytes"))
        }
        let bytes = try reader.bytes(Int(size))
        guard bytes.count == Int(size) else { throw reader.truncated() }
        try reader.skip(UInt64(-size & 0x1ff))
        return bytes
    }

    // MARK: Sparse files

    private func countHoles(of map: SparseMap) throws(ImagesError) {
        let count = map.size - map.dataCount
        guard count <= holeLimit - holeCount else {
            let remedy =
                switch dialect {
                case .archive: "unpack it, and import the directory"
                case .files: "unpack it, and copy the directory"
                case .layer: "--max-layer-size SIZE allows more"
                }
            throw refused(Refusal("with it there are more than \(holeLimit) bytes of holes; \(remedy)"))
        }
        holeCount += count
    }

    /// Where the file has data, and how many of the stored bytes said so.
    private func sparseMap(
        of member: TarMember, stored: UInt64
    ) throws(ImagesError) -> (map: SparseMap, used: UInt64) {
        if member.header.type == UInt8(ascii: "S") { return (try oldSparseMap(member.header), 0) }
        let records = member.records
        if try checked({ () throws(Refusal) in try records.hasSparseMapInBody() }) {
            let (pairs, used) = try sparsePairsInBody(stored: stored)
            let map = try checked { () throws(Refusal) in
                try SparseMap(pairs, size: try records.sparseSize() ?? -1)
            }
            return (map, used)
        }
        let map = try checked { () throws(Refusal) in
            guard let pairs = try records.sparsePairs() else { return SparseMap(whole: stored) }
            return try SparseMap(pairs, size: try records.sparseSize() ?? -1)
        }
        return (map, 0)
    }

    /// GNU's old format: in the header and in blocks after it.
    private func oldSparseMap(_ header: TarHeader) throws(ImagesError) -> SparseMap {
        guard var pairs = header.sparsePairs, let size = header.sparseRealSize else {
            throw refused(SparseMap.malformed)
        }
        var isExtended = header.sparseIsExtended
        while isExtended {
            let block = try reader.bytes(TarHeader.byteCount)
            guard block.count == TarHeader.byteCount else { throw reader.truncated() }
            guard let more = TarHeader.sparseExtension(block), pairs.count <= SparseMap.maximumCount else {
                throw refused(SparseMap.malformed)
            }
            pairs += more.pairs
            isExtended = more.isExtended
        }
        return try checked { () throws(Refusal) in try SparseMap(pairs, size: size) }
    }

    /// GNU's format 1.0: lines of one decimal number, the first of which counts the pairs, in whole blocks.
    private func sparsePairsInBody(stored: UInt64) throws(ImagesError) -> (pairs: [(Int64, Int64)], used: UInt64) {
        // Numbers, not lines: of a large map those would take ten times the memory.
        var numbers: [Int64] = []
        var line: [UInt8] = []
        var expected = 1
        var used: UInt64 = 0
        while numbers.count < expected {
            guard used + UInt64(TarHeader.byteCount) <= stored else { throw refused(SparseMap.malformed) }
            let block = try reader.bytes(TarHeader.byteCount)
            guard block.count == TarHeader.byteCount else { throw reader.truncated() }
            used += UInt64(block.count)
            for byte in block where numbers.count < expected {
                guard byte == UInt8(ascii: "\n") else {
                    line.append(byte)
                    continue
                }
                guard let number = Int64(decimal: line[...]) else { throw refused(SparseMap.malformed) }
                line = []
                numbers.append(number)
                if numbers.count == 1 {
                    guard number <= SparseMap.maximumCount else { throw refused(SparseMap.malformed) }
                    expected = 1 + 2 * Int(number)
                }
            }
            guard line.count <= 20 else { throw refused(SparseMap.malformed) }
        }
        let pairs = stride(from: 1, to: numbers.count, by: 2).map { (numbers[$0], numbers[$0 + 1]) }
        return (pairs, used)
    }

    // MARK: Errors

    func checked<Result>(_ work: () throws(Refusal) -> Result) throws(ImagesError) -> Result {
        do throws(Refusal) { return try work() } catch { throw refused(error) }
    }

    /// A name for one line of a message: cut where it is longer than any that the kernel takes.
    private static func shown(_ name: [UInt8]) -> String {
        name.count <= TarNames.maximumPath + 1
            ? Escaping.displayed(name) : Escaping.displayed(Array(name.prefix(200))) + "…"
    }

    func refused(_ refusal: Refusal) -> ImagesError {
        let subject = entryName.map { "\(name): entry '\($0)'" } ?? name
        return ImagesError("read archive", subject, refusal.reason)
    }
}
