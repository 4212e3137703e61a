import Glibc
import Images
import Linux

enum ArchiveEdge {
    static func take(_ bytes: [UInt8]) throws -> Bool {
        let isAccepted = try takeOnce(bytes)
        let signed = TarChecksums.corrected(bytes)
        return signed == bytes ? isAccepted : try takeOnce(signed) || isAccepted
    }

    private static func takeOnce(_ bytes: [UInt8]) throws -> Bool {
        let file = try Files.open("/tmp", flags: 0o20_200_000 | O_RDWR, mode: 0o600)
        try file.write(bytes)
        lseek(file.raw, 0, SEEK_SET)
        do {
            let archive = try ImageArchive(
                opening: file, named: "archive", spoolingTo: try Files.openDirectory("/tmp"), limit: 4 << 20)
            for image in try archive.images() {
                for layer in image.layers {
                    let source = try archive.open(layer)
                    while try !source.next().isEmpty {}
                }
            }
            return true
        } catch let error as ImagesError { return try Finding.refused(error.description) }
    }
}
