/// The division of the rows of a table into folders by their names: `team/app` lies in `team/`.
package nonisolated struct RowGrouping<Row: Sendable>: Sendable {
    /// Returns the name of a row; nil for a row that lies in no folder.
    let name: @Sendable (Row) -> String?
    /// Returns a row without values for the path of a folder, such as `team`.
    let empty: @Sendable (_ path: String) -> Row?
    /// Adds the values of a row, or of a folder, to those of a folder.
    let add: @Sendable (inout Row, Row) -> Void

    package init(
        name: @escaping @Sendable (Row) -> String?, empty: @escaping @Sendable (_ path: String) -> Row?,
        add: @escaping @Sendable (inout Row, Row) -> Void
    ) {
        (self.name, self.empty, self.add) = (name, empty, add)
    }
}

/// A folder under the cursor.
package nonisolated struct FolderState: Sendable, Equatable {
    /// The path, which ends with a slash.
    package let path: String
    /// The number of shown rows in it.
    package let count: Int
    package let isOpen: Bool
}

/// The folders of the rows of a table. An *entry* is the number of a row, or the complement of the
/// number of a folder.
///
/// A folder has a row with the sums of its rows, for its cells and for the order. No command gets
/// this row.
nonisolated struct RowFolders<Row: Sendable>: Sendable {
    struct Folder: Sendable {
        /// Ends with a slash.
        let path: String
        /// The number of the folder around it, which is smaller than its own; nil for none.
        let parent: Int?
        let depth: Int
        /// The sums of the shown rows in it; nil if it has none.
        var sums: Row?
        /// True if a row in it has changed since the sums were made.
        var isStale = false
        /// The shown rows that lie directly in it, in their order.
        var rows: [Int] = []
        /// The folders with shown rows that lie directly in it.
        var folders: [Int] = []
        /// The number of shown rows in it, and of those with a mark.
        var count = 0
        var marked = 0
    }

    private let grouping: RowGrouping<Row>
    private(set) var folders: [Folder] = []
    private var numbers: [String: Int] = [:]
    /// The folder of each row; -1 for none.
    private var places: [Int32] = []
    /// The shown rows and folders that lie in no folder.
    private var top = Folder(path: "", parent: nil, depth: -1)

    init(_ grouping: RowGrouping<Row>) {
        self.grouping = grouping
    }

    /// The greatest number of folders around a row.
    private(set) var depth = 0

    /// Divides other rows.
    mutating func divide(_ rows: [Row]) {
        (folders, numbers) = ([], [:])
        places = []
        places.reserveCapacity(rows.count)
        // Neighbours often lie in the same folder.
        var last: (path: String, number: Int32) = ("", -1)
        for row in rows {
            guard let name = grouping.name(row), let slash = name.lastIndex(of: "/") else {
                places.append(-1)
                continue
            }
            let path = name[...slash]
            if path != last.path { last = (String(path), Int32(number(of: String(path)))) }
            places.append(last.number)
        }
        depth = folders.reduce(0) { max($0, $1.depth + 1) }
    }

    private mutating func number(of path: String) -> Int {
        if let known = numbers[path] { return known }
        let parent = path.dropLast().lastIndex(of: "/").map { number(of: String(path[...$0])) }
        folders.append(Folder(path: path, parent: parent, depth: parent.map { folders[$0].depth + 1 } ?? 0))
        numbers[path] = folders.count - 1
        return folders.count - 1
    }

    /// Returns the number of a folder; nil if there is none.
    func folder(_ path: String) -> Int? { numbers[path] }

    /// Returns the number of the folder around an entry; nil for none.
    func parent(of entry: Int) -> Int? {
        guard entry >= 0 else { return folders[~entry].parent }
        return places[entry] < 0 ? nil : Int(places[entry])
    }

    /// Returns the folders around an entry, the closest one first.
    func ancestors(of entry: Int) -> some Sequence<Int> {
        sequence(first: entry) { parent(of: $0).map { ~$0 } }.dropFirst().lazy.map { ~$0 }
    }

    /// The number of folders around an entry.
    func depth(of entry: Int) -> Int { parent(of: entry).map { folders[$0].depth + 1 } ?? 0 }

    // MARK: Shown rows

    /// Takes the shown rows, in their order.
    mutating func fill(_ shown: [Int], _ rows: [Row]) {
        for number in folders.indices { Self.clear(&folders[number]) }
        Self.clear(&top)
        for row in shown {
            guard let folder = parent(of: row) else {
                top.rows.append(row)
                continue
            }
            folders[folder].rows.append(row)
            folders[folder].count += 1
        }
        // A folder has a greater number than the one around it.
        for number in folders.indices.reversed() where folders[number].count > 0 {
            folders[number].sums = sums(of: number, rows)
            if let parent = folders[number].parent {
                folders[parent].folders.append(number)
                folders[parent].count += folders[number].count
            } else {
                top.folders.append(number)
            }
        }
    }

    private static func clear(_ folder: inout Folder) {
        folder.rows.removeAll(keepingCapacity: true)
        folder.folders.removeAll(keepingCapacity: true)
        (folder.sums, folder.isStale, folder.count, folder.marked) = (nil, false, 0, 0)
    }

    /// The sums of the rows of a folder and of the folders in it, whose sums are made.
    private func sums(of number: Int, _ rows: [Row]) -> Row? {
        let folder = folders[number]
        guard var sums = grouping.empty(String(folder.path.dropLast())) else { return nil }
        for row in folder.rows { grouping.add(&sums, rows[row]) }
        for inner in folder.folders { folders[inner].sums.map { grouping.add(&sums, $0) } }
        return sums
    }

    /// Notes that the values of a row have changed.
    mutating func touch(_ row: Int) {
        var next = parent(of: row)
        while let folder = next, !folders[folder].isStale {
            folders[folder].isStale = true
            next = folders[folder].parent
        }
    }

    /// Makes the sums of a folder again if they are stale.
    mutating func refresh(_ number: Int, _ rows: [Row]) {
        guard folders[number].isStale else { return }
        for inner in folders[number].folders { refresh(inner, rows) }
        folders[number].sums = sums(of: number, rows)
        folders[number].isStale = false
    }

    /// Returns the shown rows in a folder, in no particular order.
    func rows(in number: Int) -> [Int] {
        folders[number].rows + folders[number].folders.flatMap { rows(in: $0) }
    }

    // MARK: Marks

    /// Adds to the number of marks in the folders around a row.
    mutating func mark(_ row: Int, by count: Int) {
        var next = parent(of: row)
        while let folder = next {
            folders[folder].marked += count
            next = folders[folder].parent
        }
    }

    /// Forgets all marks.
    mutating func clearMarks() {
        for number in folders.indices { folders[number].marked = 0 }
    }

    // MARK: Entries

    /// Returns the entries to show: rows and folders of one level together, in the order of a
    /// column, and the content of open folders after them.
    func entries(
        _ rows: [Row], by order: Column<Row>.Order, descending: Bool, isOpen: (Folder) -> Bool
    ) -> [Int] {
        // A folder lies where the first of its rows would be.
        var firsts = [Int](repeating: .max, count: folders.count)
        for number in folders.indices.reversed() {
            firsts[number] = min(firsts[number], folders[number].rows.min() ?? .max)
            if let parent = folders[number].parent { firsts[parent] = min(firsts[parent], firsts[number]) }
        }
        func precedes(_ one: Int, _ other: Int) -> Bool {
            func place(_ entry: Int) -> (Row?, Int) {
                entry < 0 ? (folders[~entry].sums, firsts[~entry]) : (rows[entry], entry)
            }
            return RowOrder.precedes(place(one), place(other), by: order, descending: descending)
        }
        var found: [Int] = []
        func add(_ folder: Folder) {
            let inner = folder.folders.map { ~$0 }.sorted(by: precedes)
            var next = 0
            func addFolders(before row: Int?) {
                while next < inner.count, row.map({ precedes(inner[next], $0) }) ?? true {
                    found.append(inner[next])
                    let folder = folders[~inner[next]]
                    next += 1
                    if isOpen(folder) { add(folder) }
                }
            }
            if inner.isEmpty {
                found += folder.rows
            } else {
                for row in folder.rows {
                    addFolders(before: row)
                    found.append(row)
                }
                addFolders(before: nil)
            }
        }
        add(top)
        return found
    }
}
