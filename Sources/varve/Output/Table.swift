/// Rows of text in columns that are as wide as what is in them.
struct Table {
    private var rows: [[String]]

    init(_ header: [String]) { rows = [header] }

    mutating func add(_ row: [String]) { rows.append(row) }

    func print(to output: Output) {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        for row in rows {
            let cells = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }
            let line = cells.joined(separator: "   ")
            output.line(String(line[...(line.lastIndex { $0 != " " } ?? line.startIndex)]))
        }
    }
}
