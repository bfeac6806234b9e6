import AdminCore
import Synchronization
import Testing

/// One promise of the protocols, tested on an empty store.
struct ConformanceCase: Sendable, CustomTestStringConvertible {
    let name: String
    /// True if the case plants objects that no verb creates or removes.
    let leavesDamage: Bool
    let body: @Sendable (StoreUnderTest) async throws -> Void

    init(_ name: String, leavesDamage: Bool = false, _ body: @escaping @Sendable (StoreUnderTest) async throws -> Void)
    {
        self.name = name
        self.leavesDamage = leavesDamage
        self.body = body
    }

    var testDescription: String { name }

    /// All cases.
    static let all = guards + guardFailures + mutations + data + omap + names + enumeration + concurrency
}

/// Counts the cases that were executed on each kind of store.
final class ConformanceTally: Sendable {
    /// The tally of the object stores' cases.
    static let stores = ConformanceTally(of: ConformanceCase.all.count)

    /// The tally of the storage driver's cases.
    static let driver = ConformanceTally(of: ConformanceCase.driver.count)

    private let cases: Int
    private let executed = Mutex<[StoreKind: Set<String>]>([:])

    /// A tally of a suite with this number of cases.
    init(of cases: Int) {
        self.cases = cases
    }

    /// Notes the end of a case. Prints a line after the last one of a backend.
    func note(_ testCase: ConformanceCase, on kind: StoreKind) {
        let line: String? = executed.withLock { executed in
            executed[kind, default: []].insert(testCase.name)
            let kinds = StoreKind.allCases.filter { $0.backend == kind.backend }
            let counts = kinds.map { executed[$0]?.count ?? 0 }
            guard let count = counts.first, counts.allSatisfy({ $0 == cases }) else { return nil }
            return "conformance: \(kind.backend.rawValue) \(count) cases"
        }
        if let line { print("\n\(line)") }
    }
}

/// Runs every case on every kind of store, one at a time, since the cluster has one pool for all.
@Suite(.serialized)
struct ObjectStoreConformance {
    @Test(arguments: StoreKind.allCases, ConformanceCase.all)
    func conforms(_ kind: StoreKind, _ testCase: ConformanceCase) async throws {
        try await StoreUnderTest.with(kind) { try await testCase.body($0) }
        ConformanceTally.stores.note(testCase, on: kind)
    }

    @Test(arguments: ConformanceCase.all)
    func theTestStoreConformsAsWell(_ testCase: ConformanceCase) async throws {
        try await testCase.body(MemoryStore().underTest)
    }

    @Test func everyCaseHasItsOwnName() {
        #expect(Set(ConformanceCase.all.map(\.name)).count == ConformanceCase.all.count)
    }
}
