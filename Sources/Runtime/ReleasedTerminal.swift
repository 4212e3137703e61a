import Linux

extension ReleasedProcess {
    /// The numbers of the terminal's descriptors, which stay its own.
    public var terminalDescriptors: (outer: Int32, inner: Int32)? {
        switch terminal {
        case .some(let terminal): (terminal.outer.raw, terminal.inner.raw)
        case .none: nil
        }
    }
}
