/// One enumeration of a store's objects: the only loop over an `ObjectCursor`.
///
/// A scan finds each object of its scope once, in no particular order, in slices that are followed
/// side by side; in one slice if the store executes one operation at a time. An object that is
/// created or removed meanwhile may or may not be found. Cancelling the task ends the scan.
///
/// Every method throws the first error of the store or of the closure: an incomplete scan proves
/// nothing. It throws `StoreError` of kind `.incomplete` if the store cannot list all of its
/// objects, unless the scan is a sample.
package struct PoolScan: Sendable {
    /// The part of the store that a scan has to cover.
    package enum Extent: Hashable, Sendable {
        /// Every object.
        case whole
        /// The first pages of each slice. Proves nothing.
        case sample(pages: Int)
    }

    /// The answer of a visitor.
    package enum Answer: Hashable, Sendable {
        /// The scan goes on.
        case goOn
        /// The scan has found its answer.
        case stop
    }

    /// The number of slices that are followed side by side.
    static let slices = 8

    let reader: any ObjectReader
    let scope: NamespaceScope
    let extent: Extent
    /// Counts the objects of each page after they were visited.
    let counter: ProgressCounter?

    package init(
        _ reader: any ObjectReader, _ scope: NamespaceScope = .all, extent: Extent = .whole,
        counter: ProgressCounter? = nil
    ) {
        self.reader = reader
        self.scope = scope
        self.extent = extent
        self.counter = counter
    }

    /// A scan of the whole scope that reports its progress as `phase`, of the number of objects in
    /// the store.
    package init(
        _ reader: any ObjectReader, _ scope: NamespaceScope = .all, phase: String, progress: ProgressHandler?
    ) async throws {
        let total = try await reader.status().objects
        self.init(reader, scope, counter: ProgressCounter(phase: phase, total: total, handler: progress))
    }

    /// Reads something of each page by `read`, in parallel, and folds it into `result` by `take`,
    /// one page after the other.
    package func fold<Finding: Sendable, Result>(
        into result: Result, read: @escaping @Sendable ([ObjectID]) async throws -> Finding,
        take: (inout Result, Finding) throws -> Answer
    ) async throws -> Result {
        var result = result
        var answer = Answer.goOn
        var pending = try await cursors().map { (cursor: $0, page: 1) }
        try await concurrentWork(window: pending.count, until: answer == .stop) { _ in
            pending.popLast()
        } perform: { (cursor: ObjectCursor, number: Int) -> (ObjectCursor, Int, Finding)? in
            guard let page = try await cursor.next() else { return nil }
            let part = try await read(page)
            counter?.advance(by: UInt64(page.count))
            return (cursor, number, part)
        } take: { found in
            guard let (cursor, number, part) = found else { return }
            answer = try take(&result, part)
            if case .sample(let pages) = extent, number >= pages { return }
            pending.append((cursor, number + 1))
        }
        return result
    }

    /// Calls `visit` with each page, in parallel.
    package func forEachPage(_ visit: @escaping @Sendable ([ObjectID]) async throws -> Void) async throws {
        try await fold(into: (), read: visit) { _, _ in .goOn }
    }

    /// Calls `visit` with each object, in parallel.
    package func forEach(_ visit: @escaping @Sendable (ObjectID) async throws -> Void) async throws {
        try await forEachPage { page in _ = try await concurrentMap(page, window: window, visit) }
    }

    /// The results of `transform` for all objects, without nil.
    package func compactMap<Value: Sendable>(
        _ transform: @escaping @Sendable (ObjectID) -> Value?
    ) async throws -> [Value] {
        try await fold(into: []) {
            $0.compactMap(transform)
        } take: { values, part in
            values += part
            return .goOn
        }
    }

    /// Any object; nil if there is none.
    package func first() async throws -> ObjectID? {
        try await fold(into: nil, read: \.first) { first, object in
            first = first ?? object
            return first == nil ? .goOn : .stop
        }
    }

    /// The number of objects of a page that are visited at once: enough to use all operations that
    /// the store allows from one slice, since the others may have ended.
    package var window: Int { reader.load.limit == 1 ? 1 : max(16, reader.load.limit) }

    private func cursors() async throws -> [ObjectCursor] {
        let slices = reader.load.limit == 1 ? 1 : PoolScan.slices
        return switch extent {
        case .whole: try await reader.enumerate(scope, slices: slices)
        case .sample: try await reader.sample(scope, slices: slices)
        }
    }
}
