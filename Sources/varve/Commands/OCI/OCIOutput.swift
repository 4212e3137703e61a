import Glibc

/// An OCI runtime's results, on standard output.
enum OCIOutput {
    static func line(_ text: String) {
        if !put(Array("\(text)\n".utf8), to: STDOUT_FILENO) { Output.failWriting() }
    }
}
