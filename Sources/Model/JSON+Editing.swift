extension JSON {
    /// The same object with one member given a value, in its place or, where there is none of this key, at the end; with nil,
    /// without the member. Anything but an object becomes an object of that member alone.
    public func setting(_ key: String, to value: JSON?) -> JSON {
        var members = object ?? []
        let index = members.firstIndex { $0.key.utf8.elementsEqual(key.utf8) }
        switch (index, value) {
        case (let index?, let value?): members[index].value = value
        case (let index?, nil): members.remove(at: index)
        case (nil, let value?): members.append(Member(key, value))
        case (nil, nil): break
        }
        return .object(members)
    }
}
