/// Changes a store in an SQLite file or in memory. Not an `ObjectReader`.
///
/// An operation is one part of an IMMEDIATE transaction: its guards hold against every other process as well. The outcome is
/// given after the commit; `.unknown` happens only if the disk fails within it. A cancelled operation is `.failed` with
/// `.cancelled` if it had not begun, and otherwise ends as if nobody had cancelled.
public final class SQLiteWriter: ObjectWriter {
    private let connection: SQLiteConnection

    init(_ connection: SQLiteConnection) {
        self.connection = connection
    }

    /// Executes one operation in one transaction. See `ObjectWriter`.
    public func apply(_ operation: WriteOperation, to object: ObjectID) async -> WriteOutcome {
        if let reason = object.violation ?? operation.violation {
            return .failed(StoreError(.invalid, operation: "write", object: object, reason: reason))
        }
        return await connection.write(operation, to: object)
    }
}
