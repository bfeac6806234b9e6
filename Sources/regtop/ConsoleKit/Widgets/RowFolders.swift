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
        /// The shown rows that lie directly in it, in their order.
        var rows: [Int] = []
        /// The folders with shown rows that lie directly in it.
        var folders: [Int] = []
        /// The sums of its members by blocks: of the rows, and then of the folders; none if one
        /// block has all of them.
        fileprivate var blocks: [Row?] = []
        /// The blocks in which a row has changed since their sums were made.
        fileprivate var stale: Set<Int> = []
        /// Its place among the members of the folder around it.
        fileprivate var slot = 0
        /// The number of shown rows in it, and of those with a mark.
        var count = 0
        var marked = 0
    }

    private let grouping: RowGrouping<Row>
    private(set) var folders: [Folder] = []
    private var numbers: [String: Int] = [:]
    /// The folder of each row; -1 for none.
    private var places: [Int32] = []
    /// The place of each shown row among the members of its folder.
    private var slots: [Int32] = []
    /// The number of members whose sums are made together: a change of one row costs so many
    /// additions, and one for each block of its folder.
    private static var block: Int { 256 }
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
        slots = [Int32](repeating: 0, count: rows.count)
        for row in shown {
            guard let folder = parent(of: row) else {
                top.rows.append(row)
                continue
            }
            slots[row] = Int32(folders[folder].rows.count)
            folders[folder].rows.append(row)
            folders[folder].count += 1
        }
        // A folder has a greater number than the one around it.
        for number in folders.indices.reversed() where folders[number].count > 0 {
            let members = folders[number].rows.count + folders[number].folders.count
            if members > Self.block {
                let blocks = (members + Self.block - 1) / Self.block
                folders[number].blocks = (0..<blocks).map { sums(of: $0, in: number, rows) }
            }
            folders[number].sums = sums(of: number, rows)
            if let parent = folders[number].parent {
                folders[number].slot = folders[parent].rows.count + folders[parent].folders.count
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
        if !folder.blocks.isEmpty { folder.blocks = [] }
        if !folder.stale.isEmpty { folder.stale = [] }
        (folder.sums, folder.count, folder.marked) = (nil, 0, 0)
    }

    /// The sums of a block of members of a folder. Those of the folders among them are made.
    private func sums(of block: Int, in number: Int, _ rows: [Row]) -> Row? {
        guard var sums = grouping.empty(String(folders[number].path.dropLast())) else { return nil }
        let (own, inner) = (folders[number].rows, folders[number].folders)
        for member in block * Self.block..<min(own.count + inner.count, (block + 1) * Self.block) {
            if member < own.count {
                grouping.add(&sums, rows[own[member]])
            } else {
                folders[inner[member - own.count]].sums.map { grouping.add(&sums, $0) }
            }
        }
        return sums
    }

    /// The sums of a folder, by its blocks if it has any.
    private func sums(of number: Int, _ rows: [Row]) -> Row? {
        guard var sums = grouping.empty(String(folders[number].path.dropLast())) else { return nil }
        guard folders[number].blocks.isEmpty else {
            for block in folders[number].blocks { block.map { grouping.add(&sums, $0) } }
            return sums
        }
        for row in folders[number].rows { grouping.add(&sums, rows[row]) }
        for inner in folders[number].folders { folders[inner].sums.map { grouping.add(&sums, $0) } }
        return sums
    }

    /// Notes that the values of a row have changed.
    mutating func touch(_ row: Int) {
        var slot = slots.indices.contains(row) ? Int(slots[row]) : 0
        var next = parent(of: row)
        while let folder = next, folders[folder].stale.insert(slot / Self.block).inserted {
            slot = folders[folder].slot
            next = folders[folder].parent
        }
    }

    /// Makes the stale sums of a folder again.
    mutating func refresh(_ number: Int, _ rows: [Row]) {
        let stale = folders[number].stale
        guard !stale.isEmpty else { return }
        folders[number].stale = []
        let count = folders[number].rows.count
        for block in stale {
            let inner = max(block * Self.block, count)..<max((block + 1) * Self.block, count)
            for member in inner.clamped(to: count..<count + folders[number].folders.count) {
                refresh(folders[number].folders[member - count], rows)
            }
            if !folders[number].blocks.isEmpty {
                folders[number].blocks[block] = sums(of: block, in: number, rows)
            }
        }
        folders[number].sums = sums(of: number, rows)
    }

    /// Returns the shown rows in a folder, in no particular order.
    func rows(in number: Int) -> [Int] {
        var found: [Int] = []
        add(number, to: &found, limit: .max)
        return found
    }

    /// Returns some of the shown rows in a folder.
    func rows(in number: Int, limit: Int) -> [Int] {
        var found: [Int] = []
        add(number, to: &found, limit: limit)
        return found
    }

    private func add(_ number: Int, to found: inout [Int], limit: Int) {
        found += folders[number].rows.prefix(limit - found.count)
        for inner in folders[number].folders where found.count < limit { add(inner, to: &found, limit: limit) }
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
