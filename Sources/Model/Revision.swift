/// What names a commit on the command line, parsed but not looked up (docs/revisions.md).
public struct Revision: Hashable, Sendable {
    /// Where the way to the commit starts.
    public enum Anchor: Hashable, Sendable {
        case tag(TagName)
        /// Where the tag was: `TAG@{…}`.
        case moved(TagName, TagMoment)
        /// 4 to 40 lowercase hexadecimal digits; a tag of that name goes first.
        case prefix(String)
    }

    /// A past state of a tag.
    public enum TagMoment: Hashable, Sendable {
        /// So many moves ago.
        case moves(Int)
        /// What the tag was at a time: the text inside the braces, for the caller to read.
        case date(String)
    }

    /// One step towards the past.
    public enum Step: Hashable, Sendable {
        /// `~N`: the first parent, N times.
        case ancestor(Int)
        /// `^N`: the N-th parent, from 1; `^0` is the commit itself.
        case parent(Int)
    }

    public struct Invalid: Error, Hashable, Sendable {
        public let text: String
        public let reason: String
    }

    /// The text before any step, as it was given; a container may have this name.
    public let name: String
    /// Nil where `name` can be neither a tag nor a commit id, so only a container's name.
    public let anchor: Anchor?
    public let steps: [Step]
    public let text: String

    public init(parsing text: String) throws(Invalid) {
        func refuse(_ reason: String) -> Invalid { Invalid(text: text, reason: reason) }

        let end = text.firstIndex { $0 == "~" || $0 == "^" || $0 == "@" } ?? text.endIndex
        let name = String(text[..<end])
        guard !name.isEmpty else { throw refuse("it names no tag, commit or container") }

        var rest = text[end...]
        var moment: TagMoment?
        if rest.hasPrefix("@") {
            guard rest.hasPrefix("@{"), let close = rest.firstIndex(of: "}") else {
                throw refuse("'@' takes a number of moves or a date in braces, as in \(name)@{1}")
            }
            let inside = String(rest.dropFirst(2)[..<close])
            guard !inside.isEmpty else { throw refuse("the braces are empty") }
            moment = Int(inside).map { .moves($0) } ?? .date(inside)
            if case .moves(let count) = moment, count < 0 { throw refuse("a number of moves is not negative") }
            rest = rest[rest.index(after: close)...]
        }

        var steps: [Step] = []
        while let sign = rest.popFirst() {
            guard sign == "~" || sign == "^" else { throw refuse("'\(sign)' is neither '~' nor '^'") }
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            guard let count = digits.isEmpty ? 1 : Int(digits) else { throw refuse("\(digits) is too large") }
            steps.append(sign == "~" ? .ancestor(count) : .parent(count))
        }

        let isHex = (4...40).contains(name.utf8.count) && name.utf8.allSatisfy { hexDigits.contains($0) }
        let tag: TagName?
        do throws(TagName.Invalid) { tag = try TagName(parsing: name) } catch { tag = nil }
        switch (tag, moment) {
        case (let tag?, let moment?): anchor = .moved(tag, moment)
        case (nil, _?): throw refuse("only a tag has a past to name with '@'")
        case (_, nil) where isHex: anchor = .prefix(name)
        case (let tag?, nil): anchor = .tag(tag)
        case (nil, nil): anchor = nil
        }
        self.name = name
        self.steps = steps
        self.text = text
    }
}
