import ObjectStore
import Foundation
import GRDB

/// Pages of object names, in the order of namespace and name.
struct SQLiteListing: Sendable {
    /// A place between two pages.
    struct Position: Sendable {
        /// The last object before the place; nil at the beginning.
        let after: ObjectID?
    }

    /// The most objects in a page.
    static let pageSize = 1024

    let scope: NamespaceScope

    /// The last object of each slice but the last one; fewer if there are not enough objects.
    func bounds(slices: Int, in db: Database) throws -> [ObjectID] {
        let count =
            try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM objects WHERE \(filter)", arguments: filterArguments) ?? 0
        let offsets = Set((1..<max(slices, 1)).map { count * $0 / slices }).subtracting([0]).sorted()
        return try offsets.flatMap { offset in
            try fetch("\(filter)", filterArguments, limit: 1, offset: offset - 1, in: db)
        }
    }

    /// The objects after `after`, up to and including `through`.
    func page(after: ObjectID?, through: ObjectID?, in db: Database) throws -> [ObjectID] {
        var conditions = [filter]
        var arguments = filterArguments
        for (bound, comparison) in [(after, ">"), (through, "<=")] {
            guard let bound else { continue }
            conditions.append("(namespace, name) \(comparison) (?, ?)")
            arguments += [bound.namespace, Data(bound.name.bytes)]
        }
        return try fetch(conditions.joined(separator: " AND "), arguments, limit: Self.pageSize, offset: 0, in: db)
    }

    private var filter: String {
        scope == .all ? "TRUE" : "namespace = ?"
    }

    private var filterArguments: StatementArguments {
        if case .namespace(let namespace) = scope { [namespace] } else { [] }
    }

    private func fetch(
        _ condition: String, _ arguments: StatementArguments, limit: Int, offset: Int, in db: Database
    ) throws -> [ObjectID] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT namespace, name FROM objects WHERE \(condition)
                ORDER BY namespace, name LIMIT \(limit) OFFSET ?
                """)
        var objects: [ObjectID] = []
        let rows = try Row.fetchCursor(statement, arguments: arguments + [offset])
        while let row = try rows.next() {
            objects.append(ObjectID(ByteString(bytes: try row.bytes(at: 1)), namespace: row[0]))
        }
        return objects
    }
}
