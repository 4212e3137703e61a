extension StringProtocol {
    /// Without blanks at either end.
    public var trimmed: SubSequence {
        let isBlank = { (character: Character) in character == " " || character == "\t" || character.isNewline }
        let start = firstIndex { !isBlank($0) } ?? endIndex
        let end = lastIndex { !isBlank($0) }.map { index(after: $0) } ?? start
        return self[start..<end]
    }
}
